"""Every edit that is worth a trial, in the order in which they are tried."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count, pairwise

from grader.diagnosis.edits import arithmetic, names, products, steps
from grader.diagnosis.edits.arithmetic import Found
from grader.diagnosis.edits.scene import Proposal, Scene

Operator = Callable[[Scene, ast.AST], Found]
OPERATORS: tuple[Operator, ...] = (
    arithmetic.sign,
    products.transposed,
    arithmetic.grouping,
    steps.adding,
    arithmetic.factor,
    products.axis,
    products.reduction,
    steps.index,
    steps.place,
    names.operand,
    steps.loop,
    arithmetic.operator,
    arithmetic.comparison,
    arithmetic.term,
    arithmetic.power,
    arithmetic.number,
    arithmetic.negated,
    names.size,
    steps.bounds,
    names.word,
    names.missing_size,
    names.missing_factor,
    names.missing_term,
    names.applied,
    names.order,
    names.arguments,
    products.exchanged,
    products.no_sum,
    steps.superfluous,
    names.missing_derivative,
)
"""The simplest and most frequent mistakes first."""
MISPLACED, LATER = 10, 4
"""Rank of lines that stand in the wrong place; what mistakes that are made twice are behind."""
TWICE = {names.operand, names.size, steps.index, steps.place, steps.bounds, names.missing_size}
"""Mistakes that are made in the same way once more, for height and for width."""
MAX_TWINS = 6


def proposals(scene: Scene, statements: Collection[ast.stmt]) -> Iterator[Proposal]:
    """Edits of these statements of a function, each once. They are no more than text: that a line
    with it can be compiled, and runs, is for whoever tries it.
    """
    seen: set[str] = set()
    for each in _every(scene, [s for s in scene.statements if s in statements]):
        key = repr(each.moved or [(id(node), new) for node, new in each.changes])
        if key not in seen and all(scene.text.of(node) != new for node, new in each.changes):
            seen.add(key)
            yield each


def _every(scene: Scene, statements: Collection[ast.stmt]) -> Iterator[Proposal]:
    for rank, operator in zip(count(), OPERATORS, strict=False):
        if rank == MISPLACED:
            yield from _moved(scene, statements, rank)
        made = list(_by(operator, rank, scene, statements))
        yield from made
        yield from _alike(scene, made)
        if operator in TWICE:
            yield from _twins(scene, made)


def _by(
    operator: Operator, rank: int, scene: Scene, statements: Collection[ast.stmt]
) -> Iterator[Proposal]:
    for statement in statements:
        for part in scene.parts(statement):
            for node, new, words in operator(scene, part):
                line = getattr(node, "lineno", statement.lineno)
                yield Proposal(
                    changes=[(node, new)],
                    statement=statement,
                    line=line,
                    words=words,
                    rank=rank,
                )


def _alike(scene: Scene, made: Sequence[Proposal]) -> Iterator[Proposal]:
    """The same edit wherever the same stands in the same: a mistake that was copied."""
    groups: dict[tuple[str, str, str], list[Proposal]] = {}
    for each in made:
        ((node, new),) = each.changes
        around = scene.text.parents[node]
        if isinstance(node, ast.expr) and isinstance(around, ast.expr):
            key = scene.text.of(node), new, scene.text.of(around)
            groups.setdefault(key, []).append(each)
    whole = (group for group in groups.values() if 2 <= len(group) <= MAX_TWINS)
    yield from (_together(group) for group in whole if _apart(scene, group))


def _twins(scene: Scene, made: Sequence[Proposal]) -> Iterator[Proposal]:
    """The same behind two names that follow each other, or behind all; the same name for all of
    one name.
    """
    groups: dict[tuple[str, str], list[Proposal]] = {}
    for each in made:
        ((node, new),) = each.changes
        own = scene.text.of(node)
        groups.setdefault((own, new), []).append(each)
        if new.startswith(own):
            groups.setdefault(("", new.removeprefix(own)), []).append(each)
    for (own, _), group in groups.items():
        # for rows and columns: next to each other, or every other one, as in `x[i + k, j + l]`
        apart = () if own else (1, 2)
        pairs = [[a, b] for by in apart for a, b in zip(group, group[by:], strict=False)]
        for several in [*pairs, *([group] if 2 <= len(group) <= MAX_TWINS else [])]:
            if _apart(scene, several):
                yield _together(several)


def _apart(scene: Scene, several: Sequence[Proposal]) -> bool:
    """Whether no place is part of another."""
    spans = sorted(scene.text.span(node) for each in several for node, _ in each.changes)
    return all(first[1] <= second[0] for first, second in pairwise(spans))


def _together(several: Sequence[Proposal]) -> Proposal:
    return replace(
        several[0], changes=[each.changes[0] for each in several], rank=several[0].rank + LATER
    )


def _moved(scene: Scene, statements: Collection[ast.stmt], rank: int) -> Iterator[Proposal]:
    for statement in scene.statements:
        for splices, moved, words in steps.misplaced(scene, statement):
            if moved in statements:
                yield Proposal(
                    moved=splices, statement=moved, line=moved.lineno, words=words, rank=rank
                )
