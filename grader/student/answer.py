"""The answer of `check()`: a scorecard that a notebook or a terminal can show."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import PurePath, PureWindowsPath

from grader.errors import GraderError
from grader.printable import printable
from grader.records.scorecard import Scorecard
from grader.report import values_html, values_text
from grader.student.assignments import named, recognise
from grader.student.function_check import FunctionCheck, exercise_named
from grader.student.judging import scorecard
from grader.student.namespace_check import NamespaceCheck
from grader.student.own_network import fits, own_card
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


class Check:
    """What the gradients of a notebook are worth by their values, as they are now."""

    def __init__(self, card: Scorecard | None, problem: str | None, command: str) -> None:
        self.card = card
        """The scorecard record; None where nothing could be judged."""
        self.problem = problem
        """Why not, in one line."""
        self.command = command
        """The command that does the full job."""

    def __repr__(self) -> str:
        return values_text(self.card, self.problem, command=self.command, beyond=BEYOND)

    def _repr_html_(self) -> str:
        return values_html(self.card, self.problem, command=self.command, beyond=BEYOND)


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
            known = named(assignment) if assignment else recognise(names)
            if not assignment and (known is None or not fits(known.assignment, names)):
                own = own_card(names, notebook)
                if own is not None:
                    return Check(own, None, command)
            if known is None:
                return Check(None, UNKNOWN, command)
            return Check(scorecard(NamespaceCheck(known, names), notebook), None, command)
    except GraderError as error:
        return Check(None, printable(str(error)), command)
    except Exception as error:  # noqa: BLE001 - a student's notebook goes on, whatever is in it
        reason = f"check() failed ({type(error).__name__}: {error}): please report this"
        return Check(None, printable(reason), command)


def _notebook(names: Mapping[str, object]) -> str:
    """File name of the running notebook, where the front end tells it."""
    told = names.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    if type(told) is not str:
        return "my.ipynb"
    path = PureWindowsPath(told) if "\\" in told else PurePath(told)
    return printable(path.name, limit=120) if path.suffix == ".ipynb" else "my.ipynb"
