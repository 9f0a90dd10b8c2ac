"""`grader diff`: whose marks moved, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from grader.cli.place import ReportsPlace, of_gradebook, opened
from grader.printable import printable

if TYPE_CHECKING:
    from grader.gradebook.comparison import Move, TargetMove

SHOWN = 6
"""Gradients that are named a student."""


@click.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@of_gradebook
def diff(old: str | None, new: str | None, style: str, **place: Any) -> None:
    """Show whose marks moved, and at which gradients.

    Without arguments: every student's marks against those of the attempt before, and final marks
    that a changed deadline has moved. With OLD, or
    OLD and NEW: two folders of reports or two gradebooks against each other; NEW is the folder
    of --out unless given.
    """
    where = ReportsPlace(**place)
    moves = _since_last(where) if old is None else _between(old, new, where)
    if style == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(moves), indent=1).decode())
    else:
        _print(moves)


def _since_last(where: ReportsPlace) -> list[Move]:
    with opened(where) as (book, assignment):
        return book.moves(assignment)


def _between(old: str, new: str | None, where: ReportsPlace) -> list[Move]:
    from grader.gradebook.comparison_sources import between, open_side

    after = new or where.gradebook or where.out
    with open_side(old, where.assignment) as before, open_side(after, where.assignment) as now:
        return list(between(before, now))


def _print(moves: Sequence[Move]) -> None:
    for move in moves:
        before, after = _points(move.before, move.max_before), _points(move.after, move.max_after)
        why = f"  ({', '.join(move.why)})" if move.why else ""
        marks = f"  {before} → {after}" if before != after or move.targets else ""
        final = _final(move)
        click.echo(f"{printable(move.id)}{marks}{final}{why}")
        for line in _lines(move.targets):
            click.echo(f"    {line}")
    click.echo(f"marks of {len(moves)} moved" if moves else "no marks moved")


def _final(move: Move) -> str:
    if move.final_after is None:
        return ""
    return f"  final {_one(move.final_before)} → {_one(move.final_after)}"


def _points(score: float | None, of: float | None) -> str:
    return "–" if score is None else f"{score:g} / {of:g}"


def _lines(targets: Sequence[TargetMove]) -> Iterator[str]:
    """exercise-1: dW1 1 → 0, db1 0 → 1 and 3 more"""
    by_exercise: dict[str, list[TargetMove]] = {}
    for target in targets:
        by_exercise.setdefault(target.exercise, []).append(target)
    for exercise, group in by_exercise.items():
        named = [f"{printable(t.name)} {_one(t.before)} → {_one(t.after)}" for t in group[:SHOWN]]
        more = f" and {len(group) - SHOWN} more" if len(group) > SHOWN else ""
        yield f"{printable(exercise)}: {', '.join(named)}{more}"


def _one(score: float | None) -> str:
    return "–" if score is None else f"{score:g}"
