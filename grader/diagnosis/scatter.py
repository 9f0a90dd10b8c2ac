"""Hypotheses about indices: repeated ones that overwrite each other, and wrong ones."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import RELATIVE, SIGNIFICANT, multiple, same
from grader.records.scorecard import Diagnosis

DENSE = 0.5
"""Of the elements that are not zero: more were not picked by an index."""


def overwritten(case: Case) -> Diagnosis | None:
    """Rows that several places share hold the contribution of one of them."""
    for name, index, rows in _gathers(case):
        assert case.student is not None
        size = RELATIVE * rows.abs().amax(1, keepdim=True)
        kept = ((case.student[index] - rows).abs() <= size).all(1)
        counts = torch.bincount(index, minlength=len(case.expected))
        right = torch.zeros(len(counts)).index_add_(0, index, kept.float()) > 0
        repeated = counts > 1
        if bool(repeated.any()) and bool(right[counts > 0].all()):
            return diagnosis(
                "overwritten",
                f"Where `{name}` names the same row of `{case.target}` several times, only one of "
                "the contributions is there.",
                f"A row that was used {int(counts.max())} times in the forward pass: what happens "
                "to the first contributions when the last one is written?",
                index=name,
                rows=repeated.nonzero().flatten().tolist(),
                most_often=int(counts.max()),
            )
    return None


def wrong_index(case: Case) -> Diagnosis | None:
    """The right numbers at other positions."""
    for term in case.terms:
        if float(term.student.abs().max()) <= SIGNIFICANT * case.floor:
            continue
        mine, right = term.student.flatten().sort().values, term.right.flatten().sort().values
        if same(mine, right, case.floor) and not same(term.student, term.right, case.floor):
            moved = (term.student - term.right).abs() > RELATIVE * float(right.abs().max())
            if float((right != 0).double().mean()) > DENSE:
                return _other_order(case, int(moved.sum()))
            return _wrong_index(case, int(moved.sum()), None if term.whole else term.name)
    for _, index, rows in _gathers(case):
        for other in _other_indices(case, index):
            if same(case.expected * 0 + _scattered(case, other, rows), _student(case)):
                return _wrong_index(case, None, None)
    return None


def counted(case: Case) -> str | None:
    """What the value is, if it is how often an index names each row of X: ones, scattered."""
    if case.expected.dim() < 1 or case.raw.shape != case.expected.shape:
        return None
    for name, index in case.index.items():
        if 0 <= int(index.min()) <= int(index.max()) < len(case.expected):
            rows = torch.ones(index.numel(), *case.expected.shape[1:], dtype=torch.float64)
            if multiple(case.raw, _scattered(case, index.flatten().long(), rows)) is not None:
                return f"how often {name} names each row"
    return None


def _other_order(case: Case, moved: int) -> Diagnosis:
    return diagnosis(
        "transposed",
        f"`d{case.target}` has the right numbers, but they were read in another order.",
        "Follow one number through your line, and its place in memory through the forward line: "
        "do both go through the dimensions in the same order?",
        what="order",
        elements=moved,
    )


def _wrong_index(case: Case, moved: int | None, path: str | None) -> Diagnosis:
    part = "" if path is None else f" that come through `{path}`"
    return diagnosis(
        "wrong_index",
        f"The numbers{part} are right, but they stand at other positions of `d{case.target}`.",
        f"Which positions of `{case.target}` did the forward pass use, and in which order does "
        "your index name them?",
        elements=moved,
        path=path,
    )


def _gathers(case: Case) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Index, flat, and the cotangent's rows, wherever expected is their scattered sum."""
    if case.student is None or case.expected.dim() < 1:
        return
    for name, index in case.index.items():
        flat = index.flatten().long()
        if not 0 <= int(flat.min()) <= int(flat.max()) < len(case.expected):
            continue
        for cotangent in case.cotangents.values():
            if cotangent.numel() == flat.numel() * case.expected[0].numel():
                rows = cotangent.reshape(flat.numel(), -1)
                if same(_scattered(case, flat, rows), case.expected):
                    yield name, flat, rows.reshape(-1, *case.expected.shape[1:])


def _scattered(case: Case, index: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    shaped = rows.reshape(-1, *case.expected.shape[1:])
    return torch.zeros_like(case.expected).index_add_(0, index, shaped)


def _other_indices(case: Case, index: torch.Tensor) -> Iterator[torch.Tensor]:
    """The same numbers in other orders, and other integer inputs repeated to their length."""
    high = len(case.expected)
    for other in case.index.values():
        if index.numel() % other.numel() or not 0 <= int(other.min()) <= int(other.max()) < high:
            continue
        times = index.numel() // other.numel()
        orders = [other, other.T if other.dim() == 2 else other]
        orders += [other.flip(d) for d in range(other.dim())]
        orders += [other.roll(by, d) for d in range(other.dim()) for by in (1, -1)]
        columns = [other[:, j] for j in range(other.shape[1])] if other.dim() == 2 else []
        yield from (order.flatten().long().repeat_interleave(times) for order in orders)
        yield from (order.flatten().long().repeat(times) for order in orders if times > 1)
        yield from (column.long().repeat_interleave(other.shape[1]) for column in columns)
        rows = [other[0], other[-1]] if other.dim() == 2 else []
        yield from (row.long().repeat(len(other)) for row in rows)


def _student(case: Case) -> torch.Tensor:
    assert case.student is not None
    return case.student
