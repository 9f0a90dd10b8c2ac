"""One notebook's scorecard, held against what is known of the notebook by construction."""

from __future__ import annotations

import msgspec

from grader.proof.mutant import Family, Mutant
from grader.records.comparison import RIGHT
from grader.records.scorecard import Scorecard, TargetScore

Key = tuple[str, str]
"""Exercise and target."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One mutant's scorecard against its truth; None where a question does not arise."""

    id: str
    kind: str
    family: Family
    habits: list[str]
    """Names of the habits around it."""
    called: list[str]
    """Right steps that were called wrong."""
    lost: list[str]
    """Right answers that lost points; of a mistake that is to cost once, all that it cost
    besides."""
    missed: list[str]
    """Wrong steps that were called right."""
    free: list[str]
    """Wrong steps with full points."""
    undecided: list[str]
    """Wrong steps that were called unknown."""
    notes: list[str]
    """Codes of the integrity notes."""
    value: bool | None
    """The value's verdict is as known."""
    localised: bool | None
    """The mutated step, and no other, is called wrong."""
    caught: bool | None
    """A copied gradient earned nothing."""
    unnoted: list[str]
    """Copied gradients with full points where no note tells the instructor."""
    expected_codes: list[str]
    code: str | None
    """Code of the diagnosis on the mutated step."""

    @property
    def diagnosed(self) -> bool | None:
        """The code is one of those that tell the truth."""
        return self.code in self.expected_codes if self.expected_codes else None

    @property
    def marked_down(self) -> list[str]:
        """Right steps that were called wrong, or lost points."""
        return sorted({*self.called, *self.lost})


def verdict(mutant: Mutant, card: Scorecard) -> Verdict:
    """Hold a scorecard against the truth about its mutant."""
    rows = {(e.id, row.of): row for e in card.exercises for row in e.targets}
    guilty = {(mutant.exercise, name) for name in mutant.wrong}
    called = {key for key, row in rows.items() if row.step == "wrong"}
    own = rows.get((mutant.exercise, mutant.target or ""))
    single = mutant.family in {"mutant", "burdened"} and not mutant.raises
    innocent = {} if mutant.family == "copy" else _without(rows, guilty)
    guilty_rows = {key: rows[key] for key in guilty & rows.keys()}
    full = [_name(key) for key, row in guilty_rows.items() if row.score >= row.max_score]
    return Verdict(
        id=mutant.id,
        kind=mutant.kind,
        family=mutant.family,
        habits=list(mutant.habits),
        called=sorted(_name(key) for key in called & innocent.keys()),
        lost=_lost(mutant, innocent) if rows else ["everything: ungraded"],
        missed=sorted(_name(key) for key, row in guilty_rows.items() if row.step == "right"),
        free=sorted(full) if mutant.family != "copy" else [],
        undecided=sorted(_name(key) for key, row in guilty_rows.items() if row.step == "unknown"),
        notes=sorted(note.code for note in card.integrity),
        value=_value(mutant, own),
        localised=called == guilty if single and mutant.family == "mutant" else None,
        caught=_caught(mutant, card),
        unnoted=sorted(full) if mutant.family == "copy" and not _noted(mutant, card) else [],
        expected_codes=list(mutant.codes) if single else [],
        code=_code(rows, guilty, own),
    )


def _without(rows: dict[Key, TargetScore], guilty: set[Key]) -> dict[Key, TargetScore]:
    return {key: row for key, row in rows.items() if key not in guilty}


def _lost(mutant: Mutant, innocent: dict[Key, TargetScore]) -> list[str]:
    """Rows that lost points through no fault of their own."""
    return sorted(
        _name(key)
        for key, row in innocent.items()
        if row.score < row.max_score
        and not (mutant.raises and row.verdict == "missing")
        # Nobody can tell which name a wrong gradient has where the names are the student's own.
        and (mutant.once or not mutant.wrong or key[0] != mutant.exercise)
    )


def _code(
    rows: dict[Key, TargetScore],
    guilty: set[Key],
    own: TargetScore | None,
) -> str | None:
    """The diagnosis on the wrong step; on the target itself where no step is wrong (alias)."""
    row = rows.get(next(iter(guilty))) if len(guilty) == 1 else own
    return row.diagnosis.code if row is not None and row.diagnosis is not None else None


def _name(key: Key) -> str:
    return f"{key[0]}:d{key[1]}"


def _value(mutant: Mutant, own: TargetScore | None) -> bool | None:
    if own is None or mutant.value == "unknown":
        return None
    return (own.verdict in RIGHT) == (mutant.value == "right")


def _caught(mutant: Mutant, card: Scorecard) -> bool | None:
    """Whether what was copied is seen to be: one target's value, or every right one.

    Asked of plain copies only; of other routes, that somebody is told.
    """
    if mutant.kind != "copied":
        return None
    rows = [row for e in card.exercises if e.id == mutant.exercise for row in e.targets]
    about = [row for row in rows if mutant.target in (None, row.of) and row.verdict in RIGHT]
    return bool(about) and all(row.basis == "copied" for row in about)


def _noted(mutant: Mutant, card: Scorecard) -> bool:
    """Whether any note speaks of the exercise, or of the submission."""
    return any(note.exercise in {None, mutant.exercise} for note in card.integrity)
