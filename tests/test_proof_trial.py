"""Scorecards made up for notebooks whose truth is known: what a proof says of them."""

from __future__ import annotations

import msgspec
import pytest

from grader.proof.figures import summary, table
from grader.proof.mutant import Mutant
from grader.proof.proof import Proof
from grader.proof.trial import verdict
from grader.records.scorecard import ExerciseScore, IntegrityNote, Scorecard, Source, TargetScore

ROW = TargetScore(
    name="dh", of="h", verdict="close", step="right", basis="value", score=1.0, max_score=1.0
)


def row(of: str, **changes: object) -> TargetScore:
    return msgspec.structs.replace(ROW, name=f"d{of}", of=of, **changes)


def lost_row(of: str) -> TargetScore:
    return row(of, verdict="mismatch", step="wrong", basis="none", score=0.0)


def card(*rows: TargetScore, notes: tuple[str, ...] = (), exercise: str = "one") -> Scorecard:
    return Scorecard(
        id="x",
        source=Source(path="x.ipynb", sha256="", format="ipynb"),
        assignment="a",
        status="graded",
        run="completed",
        score=0.0,
        max_score=0.0,
        exercises=[
            ExerciseScore(id=exercise, title="", score=0.0, max_score=0.0, targets=list(rows))
        ],
        integrity=[IntegrityNote(code=code, exercise=exercise, text="") for code in notes],
    )


def mutant(kind: str, *wrong: str, habits: tuple[str, ...] = (), once: bool = True) -> Mutant:
    return Mutant(
        id="x", kind=kind, exercise="one", wrong=wrong, habits=habits, once=once, notebook={}
    )


HONEST = mutant("habit", habits=("prints",))
BURDENED = mutant("sign", "h", habits=("prints",))


def test_full_marks_without_a_note_are_as_they_should_be() -> None:
    figures = summary([verdict(HONEST, card(row("h"), row("b")))])
    assert figures.honest == 1
    assert figures.broken_promises == 0


@pytest.mark.parametrize(
    ("graded", "figure"),
    [
        (card(row("h", score=0.5)), "honest_lost"),
        (card(row("h"), notes=("unproven",)), "honest_noted"),
        (card(row("h", step="wrong")), "honest_called"),
    ],
)
def test_what_an_honest_notebook_suffers_is_counted_apart(graded: Scorecard, figure: str) -> None:
    figures = summary([verdict(HONEST, graded)])
    assert getattr(figures, figure) == figures.broken_promises == 1


def test_an_honest_notebook_that_is_not_graded_has_lost_its_points() -> None:
    graded = msgspec.structs.replace(card(), exercises=[])
    assert summary([verdict(HONEST, graded)]).honest_lost == 1


def test_a_mistake_that_costs_once_is_as_it_should_be() -> None:
    figures = summary([verdict(BURDENED, card(lost_row("h"), row("b")))])
    assert (figures.burdened, figures.broken_promises) == (1, 0)


@pytest.mark.parametrize(
    ("graded", "figure"),
    [
        (card(row("h"), row("b")), "burdened_free"),
        (card(row("h", step="unknown"), row("b")), "burdened_free"),
        (card(lost_row("h"), row("b", score=0.0, step="unknown")), "burdened_twice"),
        (card(lost_row("h"), row("b", step="wrong")), "burdened_called"),
    ],
)
def test_what_a_mistake_must_not_do_is_counted_apart(graded: Scorecard, figure: str) -> None:
    figures = summary([verdict(BURDENED, graded)])
    assert getattr(figures, figure) == figures.broken_promises == 1


def test_under_unknown_names_a_mistake_may_cost_what_was_made_with_it() -> None:
    graded = card(lost_row("h"), row("b", verdict="missing", score=0.0, step="unknown"))
    assert verdict(mutant("sign", "h", habits=("d_x",), once=False), graded).lost == []
    assert verdict(mutant("sign", "h", habits=("prints",)), graded).lost == ["one:db"]


def test_of_a_right_notebook_unknown_names_excuse_nothing() -> None:
    graded = card(row("h", verdict="missing", score=0.0))
    assert verdict(mutant("habit", habits=("d_x",), once=False), graded).lost == ["one:dh"]


def test_a_wrong_temporary_is_free_where_all_marks_are_given() -> None:
    temporary = mutant("temporary", "h")
    assert summary([verdict(temporary, card(row("h"), row("b")))]).temporaries_free == 1
    assert summary([verdict(temporary, card(lost_row("h"), row("b")))]).broken_promises == 0
    both = card(lost_row("h"), lost_row("b"))
    assert summary([verdict(temporary, both)]).temporaries_marked_down == 1


def test_copies_must_not_have_full_marks_unless_somebody_is_told() -> None:
    copy = mutant("route", "h")
    assert verdict(copy, card(row("h"))).unnoted == ["one:dh"]
    assert verdict(copy, card(row("h"), notes=("copied",))).unnoted == []
    assert verdict(copy, card(row("h", score=0.0, basis="copied"))).unnoted == []
    assert summary([verdict(copy, card(row("h")))]).broken_promises == 1


def test_the_table_has_a_goal_for_each_figure_but_the_undecided() -> None:
    rows = table(summary([verdict(HONEST, card(row("h")))]))
    assert [name for name, _, goal in rows if not goal] == ["wrong steps left unknown"]


def test_failures_are_told_in_words() -> None:
    verdicts = [verdict(HONEST, card(row("h", step="wrong", score=0.0), notes=("hidden",)))]
    proof = Proof(summary=summary(verdicts), failures=verdicts, equivalent=0)
    assert "  x: called wrong: one:dh; lost points: one:dh; notes: hidden" in proof.text()


def test_the_habits_that_honest_students_suffer_from_are_named_the_worst_first() -> None:
    fine, hurt = card(row("h")), card(row("h", score=0.5))
    verdicts = [
        verdict(mutant("habit", habits=("prints",)), fine),
        verdict(mutant("habit", habits=("prints", "gc")), hurt),
        verdict(mutant("habit", habits=("clock",)), fine),
    ]
    figures = summary(verdicts)
    assert figures.habits == {"gc": "1 of 1", "prints": "1 of 2"}
    assert list(figures.habits) == ["gc", "prints"]
    text = Proof(summary=figures, failures=[], equivalent=0).text()
    assert "  prints             1 of 2" in text
