from __future__ import annotations

import pytest

from grader.assignment import Rates
from grader.marking.points import Judgement, basis_of, score_target
from grader.records.comparison import Comparison, Verdict
from grader.records.scorecard import Basis, Step


@pytest.mark.parametrize(
    ("verdict", "step", "copied", "basis"),
    [
        ("missing", "unknown", False, "none"),
        ("exact", "right", True, "copied"),
        ("exact", "unknown", True, "copied"),
        ("exact", "right", False, "value"),
        ("close", "unknown", False, "unproven"),
        ("exact", "wrong", False, "coincidence"),
        ("mismatch", "right", False, "follow_through"),
        ("missing", "right", False, "follow_through"),
        ("mismatch", "wrong", False, "none"),
        ("mismatch", "unknown", False, "none"),
        ("wrong_shape", "wrong", False, "none"),
        ("unjudged", "unknown", False, "none"),
    ],
)
def test_the_basis_of_marks(verdict: Verdict, step: Step, copied: bool, basis: Basis) -> None:
    judgement = Judgement(
        target="h",
        comparison=Comparison(verdict=verdict),
        step=step,
        copied=copied,
        unproven="exec",
    )
    assert basis_of(judgement) == basis


@pytest.mark.parametrize(
    ("step", "verdict", "score"),
    [
        ("right", "exact", 4.0),
        ("wrong", "exact", 2.0),
        ("unknown", "exact", 1.0),
        ("right", "mismatch", 3.0),
    ],
)
def test_rates_scale_the_points(step: Step, verdict: Verdict, score: float) -> None:
    rates = Rates(follow_through=0.75, coincidence=0.5, unproven=0.25)
    judgement = Judgement(
        target="h", comparison=Comparison(verdict=verdict), step=step, unproven="exec"
    )
    assert score_target(judgement, max_score=4.0, rates=rates).score == score


def test_a_slip_in_the_forward_pass_is_exempt_from_the_follow_through_rate() -> None:
    judgement = Judgement(
        target="h", comparison=Comparison(verdict="mismatch"), step="right", exempt=True
    )
    assert score_target(judgement, max_score=4.0, rates=Rates(follow_through=0.0)).score == 4.0


def test_unproven_values_keep_their_points_unless_the_assignment_says_otherwise() -> None:
    judgement = Judgement(
        target="h", comparison=Comparison(verdict="close"), unproven="`eval` cannot be followed"
    )
    found = score_target(judgement, max_score=4.0, rates=Rates())
    assert (found.score, found.basis, found.unproven) == (4.0, "unproven", judgement.unproven)


def test_a_constant_earns_nothing_however_right_it_is() -> None:
    judgement = Judgement(
        target="h", comparison=Comparison(verdict="exact"), step="wrong", constant=True
    )
    assert score_target(judgement, max_score=4.0, rates=Rates()).basis == "none"
