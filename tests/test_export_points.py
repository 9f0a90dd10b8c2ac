from __future__ import annotations

import msgspec
import pytest
import report_cards as cards
from consumers import exercise_of, reporter_totals
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.export import legacy
from grader.export.whole_points import whole_points

RATES = st.sampled_from([0.0, 0.25, 1 / 3, 0.37, 0.5, 1.0])
MAXIMA = st.sampled_from([0.0, 0.5, 1.0, 1.25, 2.0, 5.0, 1 / 3])
ROWS = st.lists(
    st.tuples(RATES, MAXIMA).map(lambda pair: (pair[0] * pair[1], pair[1])), min_size=1, max_size=30
)


@given(ROWS)
def test_whole_points_add_up_to_the_rounded_total_and_none_exceeds_its_maximum(rows) -> None:
    points = whole_points(rows)
    exact = sum(score for score, _ in rows) * points.factor
    assert abs(points.score - exact) <= 0.5 + 1e-6
    for score, most in zip(points.scores, points.maxima, strict=True):
        assert type(score) is type(most) is int
        assert 0 <= score <= most
    assert points.maximum >= sum(most for _, most in rows) * points.factor - 1e-6


def test_whole_points_of_whole_points_are_the_same() -> None:
    points = whole_points([(1.0, 1.0), (0.0, 5.0), (3.0, 3.0)])
    assert (points.factor, points.scores, points.maxima) == (1, [1, 0, 3], [1, 5, 3])


def test_a_half_is_rounded_up_and_goes_to_the_gradient_that_has_it() -> None:
    points = whole_points([(1.0, 1.0), (0.5, 1.0), (0.0, 1.0)])
    assert points.scores == [1, 1, 0]


def test_two_halves_make_one_point_for_the_earlier() -> None:
    assert whole_points([(0.5, 1.0), (0.5, 1.0)]).scores == [1, 0]


def test_maxima_with_fractions_multiply_all_points_alike() -> None:
    points = whole_points([(0.5, 0.5), (0.0, 0.5), (1.0, 1.0)])
    assert (points.factor, points.scores, points.maxima) == (2, [1, 0, 2], [1, 1, 2])
    nobody = whole_points([(0.0, 0.5), (0.0, 0.5), (0.0, 1.0)])
    assert nobody.maximum == points.maximum, "the maximum is the same for all students"


@given(ROWS)
def test_the_reporters_two_totals_agree_for_all_points(rows) -> None:
    exercise = exercise_of(*rows)
    if exercise.max_score == 0:
        return
    try:
        payload = legacy.payload(exercise)
    except UsageError:
        return  # too uneven: tested below
    table, notice, maximum = reporter_totals({"A_RESULTS": legacy.encoded(payload)})
    assert table == pytest.approx(notice)
    assert maximum == pytest.approx(exercise.max_score, rel=1e-3)


def test_halves_are_shown_exactly_by_tests_of_half_a_point() -> None:
    payload = legacy.payload(exercise_of((1.0, 1.0), (0.5, 1.0), (0.0, 1.0)))
    assert [test["status"] for test in payload["tests"]] == ["pass"] * 3 + ["fail"] * 3
    assert sum(test["score"] for test in payload["tests"]) == 1.5
    assert payload["tests"][3]["name"] == "dt2, part 2 of 2"


def test_gradients_that_earn_all_or_nothing_are_one_test_each() -> None:
    payload = legacy.payload(exercise_of((1.0, 1.0), (0.0, 1.0)))
    assert [test["name"] for test in payload["tests"]] == ["dt1", "dt2"]


def test_gradients_of_different_worth_weigh_as_much_as_they_are_worth() -> None:
    payload = legacy.payload(exercise_of((5.0, 5.0), (0.0, 1.0)))
    assert len(payload["tests"]) == 6
    assert payload["max_score"] == 6.0


def test_points_that_no_payload_can_count_out_are_refused() -> None:
    with pytest.raises(UsageError, match="rounder points"):
        legacy.payload(exercise_of((1.0, 1.0), (0.003, 0.003)))


def test_what_nobody_judged_is_an_error_not_a_failure() -> None:
    exercise = exercise_of((0.0, 1.0))
    unjudged = msgspec.structs.replace(exercise.targets[0], verdict="unjudged", score=0.0)
    payload = legacy.payload(msgspec.structs.replace(exercise, targets=[unjudged]))
    assert payload["status"] == payload["tests"][0]["status"] == "error"


def test_an_exercise_worth_nothing_is_not_reported() -> None:
    worthless = exercise_of((0.0, 0.0))
    card = msgspec.structs.replace(cards.right(), exercises=[worthless])
    assert legacy.variables(card) == {}


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("exercise-1", "exercise-1"),
        ("Übung 1: a/b", "bung-1-a-b"),
        ("\n::x", "x"),
        ("…", "exercise"),
    ],
)
def test_a_runner_is_named_by_letters_digits_and_dashes(identity: str, name: str) -> None:
    assert legacy.runner_name(identity) == name
