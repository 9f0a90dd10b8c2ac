from __future__ import annotations

import pytest

from grader.assignment import Rates
from grader.model import Basis, Step, Verdict
from grader.scoring import Judgement, basis_of, score_target


@pytest.mark.parametrize(
    ("verdict", "step", "copied", "basis"),
    [
        ("missing", "unknown", False, "none"),
        ("exact", "right", True, "copied"),
        ("exact", "unknown", True, "copied"),
        ("exact", "right", False, "value"),
        ("close", "unknown", False, "value"),
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
    judgement = Judgement(target="h", verdict=verdict, step=step, copied=copied)
    assert basis_of(judgement) == basis


@pytest.mark.parametrize(
    ("step", "verdict", "score"),
    [("right", "exact", 4.0), ("wrong", "exact", 2.0), ("right", "mismatch", 3.0)],
)
def test_rates_scale_the_points(step: Step, verdict: Verdict, score: float) -> None:
    rates = Rates(follow_through=0.75, coincidence=0.5)
    judgement = Judgement(target="h", verdict=verdict, step=step)
    assert score_target(judgement, max_score=4.0, rates=rates).score == score
