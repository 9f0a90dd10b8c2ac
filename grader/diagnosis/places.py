"""Hypotheses about places: padding not cut off, a neighbour in time, another's gradient."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import multiple, same
from grader.diagnosis.wording import shape
from grader.records.scorecard import Diagnosis

MAX_SHIFT = 3
LEAST = 4
"""One of so many elements has to be left: fewer may agree by accident."""


def padding_kept(case: Case) -> Diagnosis | None:
    """The right numbers with a border around them, or cut out at another place."""
    if case.raw.dim() != case.expected.dim() or case.expected.dim() < 3:
        return None
    wider = [a - b for a, b in zip(case.raw.shape, case.expected.shape, strict=True)]
    if any(wider) and min(wider) >= 0 and any(_cut_out(case, wider)):
        return diagnosis(
            "padding_kept",
            f"`d{case.target}` still has its padding: its shape is {shape(case.raw.shape)}, "
            f"`{case.target}` has {shape(case.expected.shape)}.",
            "The forward pass puts a border around the image. What is the gradient of that border "
            "good for?",
            **case.shapes,
        )
    # Only an image has a border at sides that move: (examples, channels, height, width).
    if case.expected.dim() > 3 and not any(wider) and (moved := _moved(case)):
        return diagnosis(
            "padding_kept",
            f"`d{case.target}` is moved by {shape(moved)} against `{case.target}`: the border was "
            "cut off at the wrong sides.",
            f"Where in the padded image does the first pixel of `{case.target}` lie?",
            moved=list(moved),
        )
    return None


def _cut_out(case: Case, wider: list[int]) -> Iterator[bool]:
    for offsets in product(*(range(each + 1) for each in wider)):
        index = tuple(
            slice(at, at + size) for at, size in zip(offsets, case.expected.shape, strict=True)
        )
        yield same(case.raw[index], case.expected)


def _moved(case: Case) -> tuple[int, int] | None:
    """By how much the last two dimensions are moved, where everything that is left agrees."""
    assert case.student is not None
    height, width = case.expected.shape[-2:]
    steps = range(-MAX_SHIFT, MAX_SHIFT + 1)
    for down, right in product(steps, steps):
        if (down, right) == (0, 0) or abs(down) >= height or abs(right) >= width:
            continue
        mine = case.student[(..., *_window(-down, height), *_window(-right, width))]
        theirs = case.expected[(..., *_window(down, height), *_window(right, width))]
        if (
            mine.numel() >= case.expected.numel() / LEAST
            and bool(theirs.any())
            and same(mine, theirs, case.floor)
        ):
            return down, right
    return None


def _window(by: int, size: int) -> tuple[slice]:
    return (slice(max(by, 0), size + min(by, 0)),)


def flipped(case: Case) -> Diagnosis | None:
    """The right numbers, turned round in height or width."""
    if case.student is None or case.expected.dim() < 3:
        return None
    for dims in ((-1, -2), (-1,), (-2,)):
        if same(case.student.flip(dims), case.expected, case.floor):
            return diagnosis(
                "unflipped_kernel",
                f"`d{case.target}` has the right numbers, turned the wrong way round.",
                "Follow one window over the image: which of its elements meets which of "
                f"`{case.target}`?",
                dims=list(dims),
            )
    return None


def step_off(case: Case) -> Diagnosis | None:
    """A slice of what flows in where another one belongs, or steps of time in another order."""
    if case.student is None:
        return None
    for name, g in case.cotangents.items():
        slices = list(g) if g.dim() > case.expected.dim() else []
        if any(same(each, case.expected) for each in slices):
            if any(same(each, case.student) for each in slices):
                return _step(case, name)
            if multiple(case.student, g.sum(0)) is not None:
                return _summed(case, name)
    size = len(case.expected) if case.expected.dim() > 2 else 0
    orders = [case.expected.flip(0), *(case.expected.roll(by, 0) for by in (1, -1))]
    if size > 1 and any(same(case.student, each, case.floor) for each in orders):
        return _step(case, case.target)
    return None


def _step(case: Case, name: str) -> Diagnosis:
    return diagnosis(
        "step_off",
        f"`d{case.target}` has the right numbers of another step of time.",
        f"Which place of `{name}` along time is that of `{case.target}`, counted from either end?",
        path=name,
    )


def _summed(case: Case, name: str) -> Diagnosis:
    return diagnosis(
        "wrong_dim",
        f"`d{case.target}` adds up all steps of `d{name}`, but `{case.target}` is one of them.",
        f"Which part of `{name}` is made from `{case.target}`?",
        path=name,
    )


def exchanged(case: Case) -> Diagnosis | None:
    """The right gradient of another tensor."""
    if case.student is None:
        return None
    for name, value in case.context.others.items():
        right = value.double()
        if right.any() and same(case.student, right, case.floor):
            if name.partition("[")[0] != name:
                return _step(case, name.partition("[")[0])
            return diagnosis(
                "exchanged",
                f"`d{case.target}` holds the gradient of `{name}`: the two are exchanged, or what "
                "they are made with is.",
                f"Which of `{case.target}` and `{name}` does each factor of your line belong to, "
                "and on which side does it stand in the forward pass?",
                of=name,
            )
    return None
