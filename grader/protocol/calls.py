"""Exercises of functions on the wire: what is to be called with what, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

Role = Literal["student", "otherwise", "own_forward", "differences"]
"""student: the exercise's own way to call; otherwise: another way, for caches of another form;
own_forward: the forward value alone; differences: its slopes, by central differences."""
Splice = tuple[int, int, str]
"""First character of a source that is replaced, the one after the last, what takes its place."""
SWITCH = "__edit__"
"""A global name of the student's that picks an edit; with 0 the function is as it was written."""
Former = Literal["", "numpy", "python2"]
"""How code is understood: as it stands; as NumPy before 2.4 took it; as that and Python 2 did."""
Tree = list[Any]
"""A value as JSON: ["array", key], ["dict", [[key, tree], …]], ["list", …], ["tuple", …], or
["plain", number, text or nothing]."""


class Editable(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A function of the student's that may be edited."""

    path: str
    """With dots."""
    source: str
    """From its `def` on, as if it stood at the top of a file."""
    switched: str = ""
    """The same with many edits, of which the global SWITCH picks one."""


class Edit(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A change of one function's source."""

    function: int
    """Which of the exercise's editable ones."""
    number: int = 0
    """What the switch is to be."""
    splices: list[Splice] = []
    """Where it has no switch: what is replaced in the source."""


class Call(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One call of the harness's own function of that role."""

    role: Role
    arguments: dict[str, Tree]
    """Name of the parameter → value; arrays lie in the blob."""
    targets: list[str]
    """student: keys of the result that are looked at."""
    cotangents: dict[str, str] = {}
    """differences: key of own_forward's result, "" for the result itself → blob key."""
    directions: dict[str, str] = {}
    """differences: argument to move → blob key of its directions, along the first axis."""
    edits: list[Edit] = []
    """student, otherwise: made in the student's functions for this call alone."""
    watched: int | None = None
    """student, otherwise: answer with what this function's variables are, without their numbers."""


class CalledExercise(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One exercise: how the student's code is called."""

    id: str
    source: str
    """The harness's functions of this exercise, run over the student's names."""
    calls: list[Call]
    counted: list[str] = []
    """Student's functions, with dots, whose calls are counted: those of the forward pass."""
    references: dict[str, str] = {}
    """Student's function, with dots → source that defines `reference` to put in its place."""
    editable: list[Editable] = []
    budget: float | None = None
    """CPU seconds of all calls together, after which no more are made."""
    patience: float | None = None
    """CPU seconds of one of them, which then has raised an error."""


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is to call once the definitions of a submission stand."""

    exercises: list[CalledExercise]
    seconds: float
    """CPU seconds of one call."""
    package: str = ""
    """What relative imports of the file start from."""
    engine: bool = False
    """Arrays are torch tensors to the student's code."""
    former: Former = ""


def packed(value: Any, keep: Callable[[Any], str]) -> Tree:
    """A value as a tree; `keep` takes an array and gives its key."""
    if isinstance(value, dict):
        return ["dict", [[packed(k, keep), packed(v, keep)] for k, v in value.items()]]
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return [kind, [packed(each, keep) for each in value]]
    if value is None or isinstance(value, bool | int | float | str):
        return ["plain", value]
    return ["array", keep(value)]


def unpacked(tree: Tree, fetch: Callable[[str], Any]) -> Any:
    """The value of a tree; `fetch` gives the array of a key, each time a new one."""
    kind, content = tree
    if kind == "dict":
        return {unpacked(k, fetch): unpacked(v, fetch) for k, v in content}
    if kind in {"list", "tuple"}:
        values = [unpacked(each, fetch) for each in content]
        return values if kind == "list" else tuple(values)
    return fetch(content) if kind == "array" else content
