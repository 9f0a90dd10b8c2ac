"""What students call. Torch and the rest of the grader are imported by the first call.

(The order matters: a notebook may set up torch's environment below `from grader import cmp`.)
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader.printable import printable
from grader.protocol.gradient import gradient_name
from grader.student.memory import remember

if TYPE_CHECKING:
    from grader.student.answer import Check

_ABSENT: Any = object()


def cmp(s: str, dt: object = _ABSENT, t: object = _ABSENT) -> None:
    """Print whether `dt` is the gradient of `t`, which autograd has put into `t.grad`.

    `cmp("logprobs")` alone takes `dlogprobs` and `logprobs` of the caller. Never raises: what
    keeps the two from being compared is said in the same line.
    """
    try:
        names = _caller()
        mine = names.get(gradient_name(s)) if dt is _ABSENT else dt
        tensor = names.get(str(s)) if t is _ABSENT else t
        from grader.student.comparing import compared

        lines = compared(str(s), mine, tensor, names)
    except Exception as error:  # noqa: BLE001 - a helper for looking must not stop the cell
        label = s if type(s) is str else "cmp"
        lines = [printable(f"{label:15s} | could not be compared ({type(error).__name__})")]
    _print("\n".join(lines))


def check(assignment: str | None = None) -> Check:
    """Judge the gradients that the caller's variables hold now; show the result in a notebook
    by making this the last line of a cell.

    assignment: name or folder; else the one whose gradients are there. Nothing is run and
    nothing is changed. The name of an exercise of functions, `check("affine_backward")`, calls
    the function of that name as the grader does. Never raises.
    """
    return _check(_caller(), assignment)


def start(name: str, folder: str = ".") -> None:
    """Lay the starter of an assignment, and the data that it opens, into a folder.

    Nothing that is there is written over. What keeps it from doing so is said in one line.
    """
    from grader.errors import GraderError
    from grader.student.starting import start as begin

    try:
        written = begin(name, folder)
    except (GraderError, OSError) as error:
        _print(printable(f"not started: {error}"))
        return
    _print("\n".join(f"wrote {path}" for path in written))


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext grader`: adds `%grade`, which is `check()` with the assignment as its line."""

    def grade(line: str = "") -> Check:
        """Judge the gradients that the notebook's variables hold now."""
        return _check(shell.user_ns, line.strip() or None)

    shell.register_magic_function(grade, "line", "grade")


remember()  # from the import on: each cell's variables


def _check(names: Mapping[str, object], assignment: str | None) -> Check:
    from grader.student.answer import checked

    return checked(names, assignment)


def _caller() -> Mapping[str, object]:
    """The namespace in which the student's call stands."""
    frame = sys._getframe(2)  # noqa: SLF001 - the only way to see it
    # Only ever read: a write would go to the student's own variables.
    return ChainMap(frame.f_locals, frame.f_globals)


def _print(text: str) -> None:
    try:
        print(text)
    except UnicodeError:  # a terminal that knows few letters
        print(text.encode("ascii", "replace").decode())
