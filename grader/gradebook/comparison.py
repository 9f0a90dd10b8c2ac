"""Whose marks moved, and at which gradients: two scorecards of one student side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import msgspec

from grader.records.grade import Grade
from grader.records.scorecard import Scorecard, TargetScore


class TargetMove(msgspec.Struct, frozen=True, kw_only=True):
    """One gradient whose points or verdict changed; None where it does not exist."""

    exercise: str
    name: str
    before: float | None
    after: float | None
    verdict_before: str | None
    verdict_after: str | None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A student whose marks moved."""

    id: str
    before: float | None
    """Points; None where nothing was graded."""
    after: float | None
    max_before: float | None = None
    max_after: float | None = None
    final_before: float | None = None
    """Where lateness is counted otherwise than before: what counted then, and what counts now."""
    final_after: float | None = None
    targets: list[TargetMove] = []
    why: list[str] = []
    """What is not the same any more; empty where that is not recorded."""


def moved(
    student: str, before: Scorecard | None, after: Scorecard | None, why: tuple[str, ...] = ()
) -> Move | None:
    """None where every mark is where it was."""
    move = Move(
        id=student,
        before=_points(before),
        after=_points(after),
        max_before=before.max_score if before else None,
        max_after=after.max_score if after else None,
        targets=list(_targets(before, after)),
        why=list(why),
    )
    same = (move.before, move.max_before) == (move.after, move.max_after)
    return None if same and not move.targets else move


def relate(grade: Grade, share: float, moves: Mapping[str, Move]) -> Move | None:
    """A student's move with what the lateness before, a share of the score, has made of the
    final mark; None where that is the same.
    """
    earned = (grade.score or 0.0) + grade.integrity
    before = max(0.0, earned + grade.adjustments - share * max(earned, 0.0))
    if grade.status != "graded" or grade.final is None or math.isclose(before, grade.final):
        return moves.get(grade.id)
    found = moves.get(grade.id) or Move(
        id=grade.id,
        before=grade.score,
        after=grade.score,
        max_before=grade.max_score,
        max_after=grade.max_score,
    )
    why = [*found.why, "lateness counted anew"]
    return msgspec.structs.replace(found, final_before=before, final_after=grade.final, why=why)


def _points(card: Scorecard | None) -> float | None:
    return card.score if card is not None and card.status == "graded" else None


def _targets(before: Scorecard | None, after: Scorecard | None) -> Iterator[TargetMove]:
    """Where both were graded; else every target would seem to have moved."""
    if before is None or after is None or "ungraded" in (before.status, after.status):
        return
    old, new = _by_name(before), _by_name(after)
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was.score != now.score:
            yield TargetMove(
                exercise=key[0],
                name=key[1],
                before=was.score if was else None,
                after=now.score if now else None,
                verdict_before=was.verdict if was else None,
                verdict_after=now.verdict if now else None,
            )


def _by_name(card: Scorecard) -> dict[tuple[str, str], TargetScore]:
    return {(part.id, row.name): row for part in card.exercises for row in part.targets}
