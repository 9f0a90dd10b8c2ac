"""The proof: every mutant graded by the real pipeline, held against what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from grader.model import RIGHT, Scorecard, TargetScore
from grader.mutants.mutant import Mutant


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One mutant's scorecard against its truth; None where a question does not arise."""

    id: str
    kind: str
    marked_down: list[str]
    """Steps called wrong, or points lost, where nothing is wrong."""
    missed: list[str]
    """Wrong steps that were called right."""
    undecided: list[str]
    """Wrong steps that were called unknown."""
    value: bool | None
    """The value's verdict is as known."""
    localised: bool | None
    """The mutated step, and no other, is called wrong."""
    caught: bool | None
    """A copied gradient earned nothing."""
    expected_codes: list[str]
    code: str | None
    """Code of the diagnosis on the mutated step."""

    @property
    def diagnosed(self) -> bool | None:
        """The code is one of those that tell the truth."""
        return self.code in self.expected_codes if self.expected_codes else None


def verdict(mutant: Mutant, card: Scorecard) -> Verdict:
    """Hold a scorecard against the truth about its mutant."""
    rows = {(e.id, row.of): row for e in card.exercises for row in e.targets}
    guilty = {(mutant.exercise, name) for name in mutant.wrong}
    called = {key for key, row in rows.items() if row.step == "wrong"}
    own = rows.get((mutant.exercise, mutant.target or ""))
    single = mutant.kind not in {"rewrite", "copied"} and not mutant.raises
    return Verdict(
        id=mutant.id,
        kind=mutant.kind,
        marked_down=sorted(
            _name(key)
            for key, row in rows.items()
            if key not in guilty and _marked_down(mutant, row)
        ),
        missed=sorted(_name(key) for key in guilty if rows[key].step == "right"),
        undecided=sorted(_name(key) for key in guilty if rows[key].step == "unknown"),
        value=_value(mutant, own),
        localised=called == guilty if single else None,
        caught=_caught(mutant, card),
        expected_codes=list(mutant.codes) if single else [],
        code=_code(rows, guilty, own),
    )


def _code(
    rows: dict[tuple[str, str], TargetScore],
    guilty: set[tuple[str, str]],
    own: TargetScore | None,
) -> str | None:
    """The diagnosis on the wrong step; on the target itself where no step is wrong (alias)."""
    row = rows[next(iter(guilty))] if len(guilty) == 1 else own
    return row.diagnosis.code if row is not None and row.diagnosis is not None else None


def _name(key: tuple[str, str]) -> str:
    return f"{key[0]}:d{key[1]}"


def _marked_down(mutant: Mutant, row: TargetScore) -> bool:
    """Whether a row lost points, or is called wrong, through no fault of its own."""
    if mutant.kind == "copied":
        return False
    missing = row.verdict == "missing" and mutant.raises
    return (row.step == "wrong" or row.score < row.max_score) and not missing


def _value(mutant: Mutant, own: TargetScore | None) -> bool | None:
    if own is None or mutant.value == "unknown":
        return None
    return (own.verdict in RIGHT) == (mutant.value == "right")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a trial."""

    mutants: int
    rewrites: int
    marked_down: int
    """Right answers marked wrong: must be 0."""
    missed: int
    """Wrong steps called right: must be 0."""
    undecided: int
    values_right: int
    values_asked: int
    localised: int
    localisable: int
    diagnosed: int
    diagnosable: int
    copied_caught: int
    copied: int
    confusion: dict[str, dict[str, int]]
    """Expected code (the first that is true) → code given → how often."""


def summary(verdicts: Sequence[Verdict]) -> Summary:
    """Add up the verdicts of a trial."""
    confusion: dict[str, Counter[str]] = {}
    for each in verdicts:
        if each.expected_codes:
            given = each.code or "none"
            expected = given if given in each.expected_codes else each.expected_codes[0]
            confusion.setdefault(expected, Counter())[given] += 1
    copies = [v.caught for v in verdicts if v.caught is not None]
    return Summary(
        mutants=sum(v.kind != "rewrite" for v in verdicts),
        rewrites=sum(v.kind == "rewrite" for v in verdicts),
        marked_down=sum(bool(v.marked_down) for v in verdicts),
        missed=sum(bool(v.missed) for v in verdicts if v.kind != "copied"),
        undecided=sum(bool(v.undecided) for v in verdicts if v.kind != "copied"),
        values_right=_true(v.value for v in verdicts),
        values_asked=_asked(v.value for v in verdicts),
        localised=_true(v.localised for v in verdicts),
        localisable=_asked(v.localised for v in verdicts),
        diagnosed=_true(v.diagnosed for v in verdicts),
        diagnosable=_asked(v.diagnosed for v in verdicts),
        copied_caught=sum(copies),
        copied=len(copies),
        confusion={code: dict(counts) for code, counts in sorted(confusion.items())},
    )


def _caught(mutant: Mutant, card: Scorecard) -> bool | None:
    """Whether what was copied is seen to be: one target's value, or every right one."""
    if mutant.kind != "copied":
        return None
    rows = [row for e in card.exercises if e.id == mutant.exercise for row in e.targets]
    about = [row for row in rows if mutant.target in (None, row.of) and row.verdict in RIGHT]
    return bool(about) and all(row.basis == "copied" for row in about)


def _true(values: Iterable[bool | None]) -> int:
    return sum(value is True for value in values)


def _asked(values: Iterable[bool | None]) -> int:
    return sum(value is not None for value in values)
