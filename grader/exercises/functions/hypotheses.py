"""Mistakes to be tried one after the other: changes of the oracle's ways back, with their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from grader.diagnosis.codes import diagnosis
from grader.exercises.functions import ways
from grader.exercises.functions.ways import Change, Way, WaysBack
from grader.records.scorecard import Diagnosis

CONSTANTS = (2.0, 0.5, -2.0, -0.5)
Again = Callable[[WaysBack], dict[str, torch.Tensor] | None]
"""Differentiates again, with a mistake."""
Told = Callable[[str], Diagnosis]


def hypotheses(target: str, back: WaysBack) -> Iterator[tuple[Again, Told]]:
    """The simplest first. Ways go by their position, which is the same in every case of one
    forward function; then all ways of a kind at once, as every step of a sequence has them.
    """
    found = back.ways
    yield lambda other: other.gradients({}, upstream=False), _upstream
    yield from _scaled(back)
    if len(back.consumers(target)) > 1:
        yield _only(target, 0), _not_carried_on  # of a sequence, from its end
        yield from ((_only(target, position), _overwritten) for position in (-1, -2, 1))
    for number, way in enumerate(found):
        if way.forks:
            yield _one(number, ways.dropped), _missing(way)
    for kind, way in {way.kind: way for way in found}.items():
        if way.forks:
            yield _kind(kind, ways.dropped), _missing(way)
        if way.operation in ways.ELEMENTWISE:
            yield _kind(kind, ways.passed_on), _local(way)
        yield from ((_kind(kind, change), _otherwise(way)) for change in ways.mistaken(way))
    for number, way in enumerate(found):
        if way.operation in ways.ELEMENTWISE:
            yield _one(number, ways.passed_on), _local(way)
        yield from ((_one(number, change), _otherwise(way)) for change in ways.mistaken(way))
        yield _one(number, ways.turned), _sign(way)
        yield _one(number, ways.doubled), _factor(way, "twice")
        yield _one(number, ways.halved), _factor(way, "half")


def _one(number: int, change: Change) -> Again:
    return lambda back: (
        back.gradients({back.ways[number]: change}) if number < len(back.ways) else None
    )


def _kind(kind: tuple[str, int], change: Change) -> Again:
    return lambda back: back.gradients(
        {way: change for way in back.ways if way.kind == kind and way.forks}
        or {way: change for way in back.ways if way.kind == kind}
    )


def _scaled(back: WaysBack) -> Iterator[tuple[Again, Told]]:
    """A factor that one number cannot tell: the same in every case, or the size of a dimension."""
    for factor in CONSTANTS:
        yield _times(factor), _whole(f"{factor:g} times what it should be")
    for number, (leaf, dim, _) in enumerate(back.sizes):
        size = f"the size of `{leaf}` along dimension {dim}"
        yield _by_size(number, 1), _whole(f"what it should be, times {size}")
        yield _by_size(number, -1), _whole(f"what it should be, divided by {size}")


def _times(factor: float) -> Again:
    return lambda back: {name: factor * each for name, each in back.gradients({}).items()}


def _by_size(number: int, power: int) -> Again:
    return lambda back: _times(float(back.sizes[number][2]) ** power)(back)


def _whole(words: str) -> Told:
    return lambda name: diagnosis(
        "constant_factor",
        f"`{name}` is {words}.",
        "Where does a mean divide, and is it divided once?",
    )


def _only(target: str, position: int) -> Again:
    """One of a leaf's uses alone."""

    def again(back: WaysBack) -> dict[str, torch.Tensor] | None:
        used = back.consumers(target)
        if not -len(used) <= position < len(used):
            return None
        return back.gradients({way: ways.dropped for way in used if way != used[position]})

    return again


def _upstream(name: str) -> Diagnosis:
    return diagnosis(
        "upstream_missing",
        f"`{name}` is a local derivative alone: no incoming gradient is in it.",
        "What does the gradient that flows in have to do with the result?",
    )


def _not_carried_on(name: str) -> Diagnosis:
    return diagnosis(
        "missing_path",
        f"`{name}` holds what the last use of it gives alone: nothing flows back to those before.",
        "What does each step hand on to the one before it?",
    )


def _overwritten(name: str) -> Diagnosis:
    return diagnosis(
        "overwritten",
        f"`{name}` holds what one use of it gives alone: what comes from the others is not there.",
        "What is to happen to what the steps before have left?",
    )


def _otherwise(way: Way) -> Told:
    return lambda name: diagnosis(
        "wrong_factor",
        f"On the way to `{name}` the derivative of {way.words} is taken wrongly.",
        "What is the derivative of this function, and at which value is it taken?",
        through=way.operation,
    )


def _missing(way: Way) -> Told:
    return lambda name: diagnosis(
        "missing_path",
        f"`{name}` lacks a contribution: the one that comes back through {way.words}.",
        "In how many places of the forward pass is each of its values read?",
        through=way.operation,
    )


def _local(way: Way) -> Told:
    return lambda name: diagnosis(
        "wrong_factor",
        f"On the way to `{name}` the derivative of {way.words} is not multiplied in.",
        "What is the derivative of this function, and at which value is it taken?",
        through=way.operation,
    )


def _sign(way: Way) -> Told:
    return lambda name: diagnosis(
        "sign",
        f"On the way to `{name}` one contribution has the wrong sign: the one through {way.words}.",
        "Which of the values enters the forward pass with a minus?",
        through=way.operation,
    )


def _factor(way: Way, much: str) -> Told:
    return lambda name: diagnosis(
        "constant_factor",
        f"On the way to `{name}` one contribution is {much} what it should be: the one through "
        f"{way.words}.",
        "Which exponent, mean or regularisation has a factor of its own?",
        through=way.operation,
    )
