"""The figures of a whole trial, and what each of them should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from grader.proof.trial import Verdict


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a trial; for their goals see `table`."""

    mutants: int
    """Broken solutions, copies by plain spellings among them."""
    rewrites: int
    marked_down: int
    """Of these two: right answers marked wrong."""
    missed: int
    """Of the broken ones: wrong steps called right."""
    undecided: int
    values_right: int
    values_asked: int
    localised: int
    localisable: int
    diagnosed: int
    diagnosable: int
    copied_caught: int
    copied: int
    honest: int
    """Right notebooks with habits around the answers."""
    honest_lost: int
    """Of these: with points lost."""
    honest_noted: int
    """With an integrity note."""
    honest_called: int
    """With a step called wrong."""
    burdened: int
    """Broken notebooks with habits around the mistake."""
    burdened_called: int
    """Of these: with a right step called wrong."""
    burdened_free: int
    """With a wrong step called right, or with full points for it."""
    burdened_twice: int
    """With a mistake that cost points more than once."""
    temporaries: int
    """Notebooks with a mistake in an unmarked gradient."""
    temporaries_free: int
    """Of these: with full points for a marked gradient that was made with it."""
    temporaries_marked_down: int
    """With points lost, or a step called wrong, where it had no influence."""
    copies: int
    """Notebooks with gradients of the engine's, by whatever route."""
    copies_unnoted: int
    """Of these: with full points for one, and no integrity note."""
    habits: dict[str, str]
    """Habit → of how many honest notebooks with it something was lost, noted or called wrong;
    the worst first, without those of which there was none."""
    confusion: dict[str, dict[str, int]]
    """Expected code (the first that is true) → code given → how often."""

    @property
    def broken_promises(self) -> int:
        """The sum of all figures that must be 0."""
        return (
            self.marked_down
            + self.missed
            + self.honest_lost
            + self.honest_noted
            + self.honest_called
            + self.burdened_called
            + self.burdened_free
            + self.burdened_twice
            + self.temporaries_free
            + self.temporaries_marked_down
            + self.copies_unnoted
        )


def summary(verdicts: Sequence[Verdict]) -> Summary:
    """Add up the verdicts of a trial."""
    mutants = [v for v in verdicts if v.family == "mutant" or v.kind == "copied"]
    rewrites = _family(verdicts, "rewrite")
    copied = [v.caught for v in mutants if v.caught is not None]
    honest, burdened, temporaries, copies = (
        _family(verdicts, family) for family in ("honest", "burdened", "temporary", "copy")
    )
    return Summary(
        mutants=len(mutants),
        rewrites=len(rewrites),
        marked_down=_count(v.marked_down for v in [*mutants, *rewrites]),
        missed=_count(v.missed for v in mutants if v.kind != "copied"),
        undecided=_count(v.undecided for v in mutants if v.kind != "copied"),
        values_right=_count(v.value for v in verdicts),
        values_asked=_asked(v.value for v in verdicts),
        localised=_count(v.localised for v in verdicts),
        localisable=_asked(v.localised for v in verdicts),
        diagnosed=_count(v.diagnosed for v in verdicts),
        diagnosable=_asked(v.diagnosed for v in verdicts),
        copied_caught=sum(copied),
        copied=len(copied),
        honest=len(honest),
        honest_lost=_count(v.lost for v in honest),
        honest_noted=_count(v.notes for v in honest),
        honest_called=_count(v.called for v in honest),
        burdened=len(burdened),
        burdened_called=_count(v.called for v in burdened),
        burdened_free=_count(v.missed or v.free for v in burdened),
        burdened_twice=_count(v.lost for v in burdened),
        temporaries=len(temporaries),
        temporaries_free=_count(v.missed or v.free for v in temporaries),
        temporaries_marked_down=_count(v.marked_down for v in temporaries),
        copies=len(copies),
        copies_unnoted=_count(v.unnoted for v in copies),
        habits=_by_habit(honest),
        confusion=_confusion(verdicts),
    )


def table(figures: Summary) -> list[tuple[str, str, str]]:
    """What is counted, the figure, the goal."""
    s = figures
    return [
        ("mutants", f"{s.mutants}", "≥ 400"),
        ("correct rewrites", f"{s.rewrites}", "≥ 100"),
        ("right answers marked wrong", f"{s.marked_down}", "0"),
        ("wrong steps called right", f"{s.missed}", "0"),
        ("wrong steps left unknown", f"{s.undecided}", ""),
        ("value verdicts as known", _share(s.values_right, s.values_asked), "100 %"),
        ("only the mutated step is wrong", _share(s.localised, s.localisable), "≥ 99 %"),
        ("diagnosis names the mistake", _share(s.diagnosed, s.diagnosable), "≥ 95 %"),
        ("copied gradients earn nothing", _share(s.copied_caught, s.copied), "100 %"),
        ("honest, with habits", f"{s.honest}", "≥ 1000"),
        ("  points lost", f"{s.honest_lost}", "0"),
        ("  integrity notes", f"{s.honest_noted}", "0"),
        ("  steps called wrong", f"{s.honest_called}", "0"),
        ("broken, with habits", f"{s.burdened}", "≥ 1000"),
        ("  right steps called wrong", f"{s.burdened_called}", "0"),
        ("  wrong called right or free", f"{s.burdened_free}", "0"),
        ("  mistakes that cost twice", f"{s.burdened_twice}", "0"),
        ("wrong temporaries", f"{s.temporaries}", "≥ 50"),
        ("  free", f"{s.temporaries_free}", "0"),
        ("  right answers marked wrong", f"{s.temporaries_marked_down}", "0"),
        ("copies by every route", f"{s.copies}", "≥ 100"),
        ("  full marks without a note", f"{s.copies_unnoted}", "0"),
    ]


def _by_habit(honest: Sequence[Verdict]) -> dict[str, str]:
    there = Counter(habit for each in honest for habit in each.habits)
    failed = Counter(
        habit for each in honest if each.lost or each.notes or each.called for habit in each.habits
    )
    worst = sorted(failed, key=lambda habit: (-failed[habit] / there[habit], habit))
    return {habit: f"{failed[habit]} of {there[habit]}" for habit in worst}


def _confusion(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for each in verdicts:
        if each.expected_codes:
            given = each.code or "none"
            expected = given if given in each.expected_codes else each.expected_codes[0]
            found.setdefault(expected, Counter())[given] += 1
    return {code: dict(counts) for code, counts in sorted(found.items())}


def _family(verdicts: Sequence[Verdict], family: str) -> list[Verdict]:
    return [each for each in verdicts if each.family == family]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "–"


def _count(values: Iterable[object]) -> int:
    return sum(bool(value) for value in values)


def _asked(values: Iterable[bool | None]) -> int:
    return sum(value is not None for value in values)
