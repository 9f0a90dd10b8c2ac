"""Why a function earned nothing, where it returned nothing that could be wrong: one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
import torch

from grader.assignment import FunctionFile
from grader.diagnosis.codes import diagnosis
from grader.exercises.functions.returned import Outcome
from grader.exercises.functions.values import Valued
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Diagnosis

_TOO_FEW = re.compile(r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)\)")
_TOO_MANY = re.compile(r"too many values to unpack \(expected (\d+)")
_NO_KEY = re.compile(r"KeyError: (.+)")
_NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
NO_WHOLE = re.compile(
    r"'(?:numpy\.)?float(?:64)?' object cannot be interpreted as an integer"
    r"|slice indices must be integers"
)
_NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
_APART = (
    _TOO_FEW,
    _TOO_MANY,
    _NO_KEY,
    _NO_ATTRIBUTE,
    re.compile(
        "not subscriptable|cannot unpack non-iterable|index out of range|indices must be int"
    ),
)
"""What is raised where a cache is taken apart that has another form."""
OLD = {"xrange": "range", "unicode": "str", "raw_input": "input", "basestring": "str"}


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an exercise besides one target in one case."""

    exercise: str
    outcomes: Sequence[Outcome]
    """Of all cases."""
    raising: str | None = None
    """The student's function in which the error was raised."""
    unwritten: bool = False
    """The student's forward function gives nothing."""
    imported: Mapping[str, str] = MappingProxyType({})
    """Name → module, by the file's imports."""


def why(valued: Valued, target: str, roles: FunctionFile, known: Circumstances) -> Diagnosis | None:
    """The sentence; None where there is a value that is to be explained by its numbers."""
    outcome, exercise = valued.outcome, known.exercise
    if outcome.returned.kind == "stopped":
        return _stopped(outcome, exercise)
    if outcome.returned.kind == "harness":
        return _unusable(outcome, exercise, roles)
    if outcome.returned.kind == "raised":
        return _raised(outcome, roles, known)
    if valued.comparison.verdict == "missing":
        return _unfinished(f"`{exercise}` returns None for `{gradient_name(target)}`")
    if all(_zeros(each, target) for each in known.outcomes):
        return _unfinished(f"`{exercise}` returns zeros for `{gradient_name(target)}`")
    if valued.comparison.verdict == "wrong_type":
        found = (valued.comparison.note or "").removeprefix("expected a tensor, ")
        return diagnosis(
            "unfinished",
            f"`{exercise}` returns no array for `{gradient_name(target)}`: {found}.",
            "Which type has what the function returns there?",
        )
    return None


def of_another_form(outcome: Outcome) -> bool:
    """The function could not take apart what it was given: a cache of another form than its own."""
    error = outcome.returned.error or ""
    return outcome.returned.kind == "raised" and any(each.search(error) for each in _APART)


def lacking(outcome: Outcome) -> str | None:
    """The name that a function reads and nothing defines."""
    found = _NOT_DEFINED.search(outcome.returned.error or "")
    return found[1] if found and outcome.returned.kind == "raised" else None


def not_there(outcome: Outcome) -> bool:
    """What the harness calls is not defined: it tells nothing of what is."""
    error = outcome.returned.error or ""
    return outcome.returned.kind == "harness" and bool(_NOT_DEFINED.search(error))


def _zeros(outcome: Outcome, target: str) -> bool:
    value = outcome.returned.values.get(target)
    numbers = outcome.numbers.get(value.key or "") if value is not None else None
    return numbers is not None and bool(numbers.numel()) and not bool(torch.any(numbers != 0))


def _unfinished(text: str) -> Diagnosis:
    return diagnosis(
        "unfinished", f"unfinished: {text}.", "Which lines of the function are still to be written?"
    )


def _stopped(outcome: Outcome, exercise: str) -> Diagnosis:
    return diagnosis(
        "stopped",
        f"`{exercise}` did not come to its end{_case(outcome)}: {outcome.returned.error}.",
        "Does every loop of the function end, also for a batch of one?",
    )


def _unusable(outcome: Outcome, exercise: str, roles: FunctionFile) -> Diagnosis:
    """The harness could not go on with what a function returned."""
    error = outcome.returned.error or ""
    called = roles.call_at(outcome.returned.line) or exercise
    if "NoneType" in error:
        return _unfinished(f"`{called}` returns None")
    if few := _TOO_FEW.search(error):
        return _unfinished(f"`{called}` returns {few[2]} of {few[1]} values")
    if many := _TOO_MANY.search(error):
        return _unfinished(f"`{called}` returns more than {many[1]} values")
    if "cannot unpack non-iterable" in error or "not subscriptable" in error:
        return _unfinished(f"`{called}` returns one value where several are asked for")
    if missing := _NO_KEY.match(error):
        return _unfinished(f"`{called}` returns nothing under {missing[1]}")
    if name := _NOT_DEFINED.search(error):
        return _unfinished(f"`{name[1]}` is not defined")
    if attribute := _NO_ATTRIBUTE.search(error):
        return _unfinished(f"`{called}` leaves nothing under `{attribute[1]}`")
    return diagnosis(
        "raises",
        f"`{called}` could not be called as the exercise does{_case(outcome)}: {error}.",
        "Are the function's parameters and results those that the exercise asks for?",
    )


def _raised(outcome: Outcome, roles: FunctionFile, known: Circumstances) -> Diagnosis:
    error, function = outcome.returned.error or "", known.raising or known.exercise
    if error.startswith("NotImplementedError"):
        return _unfinished(f"`{function}` raises NotImplementedError")
    if known.unwritten:
        told = f"unfinished: the forward pass gives nothing, and `{function}` raises {error}."
    elif "NoneType" in error:
        told = f"unfinished: something is still None in `{function}`: {error}."
    else:
        told = f"`{function}` raises an error{_case(outcome)}: {error}{_hint(error, roles, known)}."
    return diagnosis(
        "unfinished" if told.startswith("unfinished") else "raises",
        told,
        "What do the values in this line hold when it is reached?",
        line=outcome.returned.line,
        cell=outcome.returned.cell,
    )


def _hint(error: str, roles: FunctionFile, known: Circumstances) -> str:
    """What an error means that is an old way of writing, or comes from elsewhere."""
    name = _NOT_DEFINED.search(error)
    if name and name[1] in known.imported:
        module = known.imported[name[1]]
        return (
            " (it could not be imported)"
            if module == name[1]
            else f" (it is imported from `{module}`, which is not there)"
        )
    of_cache = "otherwise" in roles.roles and known.raising == known.exercise
    if of_cache and (_TOO_FEW.search(error) or _TOO_MANY.search(error)):
        return " (its cache has another form than the exercise's)"
    if name and name[1] in OLD:
        return f" (this is Python 2: `{OLD[name[1]]}` in Python 3)"
    if NO_WHOLE.search(error):
        return " (in Python 3 `/` gives 2.0 for 4 / 2; `//` keeps it whole)"
    return ""


def _case(outcome: Outcome) -> str:
    number = outcome.asked.case.number
    return "" if number == 0 else f" in case {number + 1}, {_shapes(outcome)}"


def _shapes(outcome: Outcome) -> str:
    shapes = {name: tuple(leaf.shape) for name, leaf in outcome.asked.case.truth(0).leaves.items()}
    return "with " + ", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:4])
