"""Mistakes to be tried one after the other: changes of the oracle's ways back, with their words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch

from grader.diagnosis.codes import diagnosis
from grader.exercises.functions import changes, ways, windows
from grader.exercises.functions.ways import Change, Way, WaysBack
from grader.records.scorecard import Diagnosis

CONSTANTS = (2.0, 0.5, -2.0, -0.5)
MAX_TENSORS, MAX_SIZES, MAX_KINDS = 200, 3, 6
"""Trials with another tensor; sizes by which it may be divided; kinds that are tried in pairs."""
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
    if _again_and_again(back.consumers(target)):
        yield _only(target, 0), _not_carried_on  # of a sequence, from its end
        yield from ((_only(target, position), _overwritten) for position in (-1, -2, 1))
    for number, way in enumerate(found):
        if way.forks:
            yield _one(number, changes.dropped), _missing(way)
    kinds = {way.kind: way for way in found}
    kinds |= {way.kind: way for way in found if way.forks}  # not all: a sequence begins without
    for kind, way in kinds.items():
        if way.forks:
            yield _kind(kind, changes.dropped), _missing(way)
        if way.operation in changes.ELEMENTWISE:
            yield _kind(kind, changes.passed_on), _local(way)
        if way.operation in windows.WINDOWED:
            yield windows.without_stride, _without_stride(way)
            yield windows.last_one_left, _last_window
        yield from ((_kind(kind, change), _otherwise(way)) for change in changes.mistaken(way))
    inner = [way for way in reversed(kinds.values()) if way.forks and not _to_a_leaf(way)]
    for one, another in itertools.combinations(inner[:MAX_KINDS], 2):
        yield _kinds(one.kind, another.kind), _both_missing(one, another)
    for number, way in enumerate(found):
        if way.operation in changes.ELEMENTWISE:
            yield _one(number, changes.passed_on), _local(way)
        yield from ((_one(number, change), _otherwise(way)) for change in changes.mistaken(way))
        yield _one(number, changes.turned), _sign(way)
        yield _one(number, changes.doubled), _factor(way, "twice")
        yield _one(number, changes.halved), _factor(way, "half")
    yield from itertools.islice(_other_operands(back), MAX_TENSORS)
    yield from itertools.islice(_other_tensors(back), MAX_TENSORS)


def _again_and_again(used: Sequence[Way]) -> bool:
    """One operation of several reads it, as every step of a sequence does. Where each is another
    one, what is lacking has a name of its own.
    """
    return len({way.kind for way in used}) < len(used)


def _other_operands(back: WaysBack) -> Iterator[tuple[Again, Told]]:
    """A product with another tensor of the same shape."""
    for number, way in reversed([*enumerate(back.ways)]):
        operand = way.operand
        if operand is not None and operand.numel() > 1:
            for at, tensor in enumerate(_known(back)):
                if tensor.shape == operand.shape and not torch.equal(tensor, operand.to(tensor)):
                    yield _operand(number, at), _wrong_operand(way)


def _operand(number: int, at: int) -> Again:
    def again(back: WaysBack) -> dict[str, torch.Tensor] | None:
        known = _known(back)
        if number >= len(back.ways) or at >= len(known):
            return None
        way = back.ways[number]
        right = way.operand
        if right is None or known[at].shape != right.shape:
            return None
        return back.gradients({way: changes.Multiplied(way, at, known[at])})

    return again


def _wrong_operand(way: Way) -> Told:
    return lambda name: diagnosis(
        "wrong_operand",
        f"On the way to `{name}` another tensor stands where {way.words} needs its other operand.",
        "With what does the forward pass multiply here?",
    )


def _other_tensors(back: WaysBack) -> Iterator[tuple[Again, Told]]:
    """What flows into an operation is no gradient: another tensor of its shape, or nothing."""
    divided: list[int | None] = [None]
    if back.scalar:  # a mean over examples has its 1/m at the very beginning
        distinct = {size: n for n, (_, _, size) in reversed([*enumerate(back.sizes)]) if size > 1}
        divided += sorted(distinct.values())[:MAX_SIZES]
    for number, shape in reversed([*enumerate(back.incoming)]):  # near the leaves first
        several = math.prod(shape) > 1
        for at, tensor in enumerate([None, *_known(back)] if several else []):
            if tensor is None or tuple(tensor.shape) == shape:
                for sign, size in itertools.product((1.0, -1.0), divided):
                    yield _incoming(number, at, sign, size), _no_gradient(back, number, at)


def _known(back: WaysBack) -> list[torch.Tensor]:
    return [*back.arguments.values(), *back.tensors]


def _incoming(number: int, at: int, sign: float, size: int | None) -> Again:
    def again(back: WaysBack) -> dict[str, torch.Tensor] | None:
        known = [None, *_known(back)]
        if number >= len(back.nodes) or at >= len(known):
            return None
        factor = sign if size is None else sign / max(1, back.sizes[size][2])
        return back.with_incoming(number, known[at], factor, at)

    return again


def _no_gradient(back: WaysBack, number: int, at: int) -> Told:
    operation = ways.words(back.nodes[number])
    named = [None, *(f"`{name}`" for name in back.arguments)]
    if at == 0:
        return lambda name: diagnosis(
            "upstream_missing",
            f"On the way to `{name}` nothing flows into {operation}: its derivative is alone.",
            "What does the gradient that flows in have to do with the result?",
        )
    value = named[at] if at < len(named) else "a value of the forward pass"
    return lambda name: diagnosis(
        "wrong_operand",
        f"On the way to `{name}` {value} stands in the place of the gradient that flows into "
        f"{operation}.",
        "Which of the operands is a gradient, and of what?",
    )


def _one(number: int, change: Change) -> Again:
    return lambda back: (
        back.gradients({back.ways[number]: change}) if number < len(back.ways) else None
    )


def _kind(kind: tuple[str, int], change: Change) -> Again:
    return lambda back: back.gradients(
        {way: change for way in back.ways if way.kind == kind and way.forks}
        or {way: change for way in back.ways if way.kind == kind}
    )


def _kinds(*kinds: tuple[str, int]) -> Again:
    """Without the contributions of several kinds: an LSTM, say, carries two states."""
    return lambda back: back.gradients(
        {way: changes.dropped for way in back.ways if way.kind in kinds and way.forks}
    )


def _to_a_leaf(way: Way) -> bool:
    return hasattr(way.following, "variable")


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
        return back.gradients({way: changes.dropped for way in used if way != used[position]})

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


def _last_window(name: str) -> Diagnosis:
    return diagnosis(
        "overwritten",
        f"Where windows overlap, `{name}` holds what the last of them gives: it is assigned there.",
        "To how many windows does one element belong, and what does each of them send back?",
    )


def _without_stride(way: Way) -> Told:
    return lambda name: diagnosis(
        "wrong_index",
        f"`{name}` is right for a stride of 1: every window of {way.words} stands one place beside "
        "the one before it, whatever the stride is.",
        "Where does the window of one output begin, and what does the stride do there?",
        through=way.operation,
    )


def _missing(way: Way) -> Told:
    return lambda name: diagnosis(
        "missing_path",
        f"`{name}` lacks a contribution: the one that comes back through {way.words}.",
        "In how many places of the forward pass is each of its values read?",
        through=way.operation,
    )


def _both_missing(one: Way, another: Way) -> Told:
    return lambda name: diagnosis(
        "missing_path",
        f"`{name}` lacks two contributions: the one that comes back through {one.words} and the "
        f"one through {another.words}.",
        "Which values does each step hand on to the next one, and what comes back through each?",
        through=one.operation,
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
