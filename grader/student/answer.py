"""The answer of `check()`: a scorecard that a notebook or a terminal can show."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

from grader.errors import GraderError, InfrastructureError
from grader.notebook import Notebook
from grader.printable import printable
from grader.records.scorecard import Scorecard
from grader.report import values_html, values_text
from grader.student.assignments import Known, named, recognise
from grader.student.function_check import FunctionCheck, exercise_named
from grader.student.history import executed
from grader.student.judging import scorecard
from grader.student.namespace_check import NamespaceCheck
from grader.student.own_network import fits, own_card
from grader.student.steps_check import clean_room, steps_card
from grader.student.undisturbed import undisturbed

UNKNOWN = (
    "No gradient of an assignment is here yet. Is the `assignments` folder of your course beside "
    "the notebook, or above it? It can also be named: check('path/to/assignment')"
)
BEYOND = (
    "each step judged on its own: what only follows from an earlier mistake keeps its points",
    "the line of your code beside each mistake",
    "every exercise, also those that use a name again",
    "whether a gradient was derived or taken from autograd",
)
"""What the values in a kernel cannot show."""
NO_HISTORY = (
    "values alone were judged: no kernel is here that remembers the cells which it ran, as that of "
    "Jupyter does"
)
BEYOND_STEPS = (
    "whether your notebook runs from the top, as it will for your instructor",
    "values that are gone here: of training, and from before parameters or batch changed",
)
"""What values and lines together cannot show."""


class Check:
    """What the gradients of a notebook are worth by their values, as they are now."""

    def __init__(
        self,
        card: Scorecard | None,
        problem: str | None,
        command: str,
        *,
        steps: bool = False,
        unseen: str | None = None,
    ) -> None:
        self.card = card
        """The scorecard record; None where nothing could be judged."""
        self.problem = problem
        """Why not, in one line."""
        self.command = command
        """The command that does the full job."""
        self.steps = steps
        """Whether the lines that the kernel has run were judged, too."""
        self.unseen = unseen
        """Why they were not."""

    def __repr__(self) -> str:
        return values_text(self.card, self.problem, **self._more)

    def _repr_html_(self) -> str:
        return values_html(self.card, self.problem, **self._more)

    @property
    def _more(self) -> dict[str, Any]:
        beyond = BEYOND_STEPS if self.steps else BEYOND
        return {
            "command": self.command,
            "beyond": beyond,
            "steps": self.steps,
            "unseen": self.unseen,
        }


def checked(names: Mapping[str, object], assignment: str | None = None) -> Check:
    """Judge what stands under the d-names of a namespace, or the function of an exercise that
    `assignment` names. Never raises.
    """
    notebook = _notebook(names)
    command = f"grader check {shlex.quote(notebook)}"
    try:
        if assignment and (found := exercise_named(assignment)) is not None:
            card = FunctionCheck(*found, names).scorecard(notebook)
            return Check(card, None, command)
        with undisturbed():
            history = executed(names, _file(names))
            if history is not None:
                clean_room()  # takes a second to begin: now, beside what follows
            known = named(assignment) if assignment else recognise(names)
            if not assignment and (known is None or not fits(known.assignment, names)):
                own = own_card(names, notebook)
                if own is not None:
                    return Check(own, None, command)
            if known is None:
                return Check(None, UNKNOWN, command)
            unseen = NO_HISTORY
            if history is not None:
                steps = _steps(known, names, history, notebook)
                if isinstance(steps, Scorecard):
                    return Check(steps, None, command, steps=True)
                unseen = printable(steps)
            card = scorecard(NamespaceCheck(known, names), notebook)
            return Check(card, None, command, unseen=unseen)
    except GraderError as error:
        return Check(None, printable(str(error)), command)
    except Exception as error:  # noqa: BLE001 - a student's notebook goes on, whatever is in it
        reason = f"check() failed ({type(error).__name__}: {error}): please report this"
        return Check(None, printable(reason), command)


def _steps(
    known: Known, names: Mapping[str, object], history: Notebook, notebook: str
) -> Scorecard | str:
    """The card with steps; why there is none, where another process or the lines cannot be had."""
    try:
        return steps_card(known, names, history, notebook)
    except (InfrastructureError, OSError) as error:
        return f"values alone were judged: {error}"
    except Exception as error:  # noqa: BLE001 - values can be judged without it
        return f"values alone were judged ({type(error).__name__}: {error}): please report this"


def _notebook(names: Mapping[str, object]) -> str:
    """File name of the running notebook, where the front end tells it."""
    path = _told(names)
    return printable(path.name, limit=120) if path is not None else "my.ipynb"


def _file(names: Mapping[str, object]) -> Path | None:
    told = _told(names)
    return Path(told) if told is not None else None


def _told(names: Mapping[str, object]) -> PurePath | None:
    told = names.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    if type(told) is not str:
        return None
    path = PureWindowsPath(told) if "\\" in told else PurePath(told)
    return path if path.suffix == ".ipynb" else None
