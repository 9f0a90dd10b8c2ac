from __future__ import annotations

import math

import pytest
import torch

from grader.assignment import Tolerance
from grader.cleanroom.readings import agrees
from grader.marking.comparison import close, compare, finite, vanishes
from grader.protocol import TOO_LARGE, Value
from grader.records.comparison import Comparison

GRADIENT = torch.randn(8, 5, generator=torch.Generator().manual_seed(0)) * 1e-3


def against(numbers: torch.Tensor | None, expected: torch.Tensor = GRADIENT) -> Comparison:
    if numbers is None:
        return compare(Value(kind="none"), None, expected, Tolerance())
    dtype = str(numbers.dtype).removeprefix("torch.")
    value = Value(kind="tensor", dtype=dtype, shape=list(numbers.shape))
    return compare(value, numbers, expected, Tolerance())


def test_the_same_bits_are_exact() -> None:
    result = against(GRADIENT.clone())
    assert (result.verdict, result.exact, result.allclose, result.max_diff) == (
        "exact",
        True,
        True,
        0,
    )


def test_of_a_tensor_too_large_to_be_looked_at_the_shape_is_judged() -> None:
    value = Value(kind="other", dtype="float32", shape=[8, 5], note=TOO_LARGE)
    assert compare(value, None, GRADIENT, Tolerance()).verdict == "unjudged"
    assert compare(value, None, GRADIENT.T, Tolerance()).verdict == "wrong_shape"


def test_a_rounding_error_is_close() -> None:
    result = against(GRADIENT + 1e-9)
    assert (result.verdict, result.exact) == ("close", False)
    assert result.max_diff == pytest.approx(1e-9, rel=0.2)


def test_an_error_of_two_percent_is_a_mismatch_however_small_the_gradient() -> None:
    small = GRADIENT * 1e-2
    assert against(small * 1.02, small).verdict == "mismatch"


def test_below_the_absolute_tolerance_nothing_definite_can_be_said() -> None:
    assert against(torch.full((3,), 5e-8), torch.zeros(3)).verdict == "close"
    assert against(torch.full((3,), 5e-7), torch.zeros(3)).verdict == "mismatch"


def test_a_mismatch_says_where_and_how_much() -> None:
    wrong = GRADIENT.clone()
    wrong[3, 2] += 1
    result = against(wrong)
    assert result.verdict == "mismatch"
    assert result.at == [3, 2]
    assert result.off == pytest.approx(1 / 40)


def test_size_one_dimensions_are_forgiven_with_a_note() -> None:
    result = against(GRADIENT.reshape(1, 8, 5))
    assert result.verdict == "exact"
    assert result.note is not None
    assert "(1, 8, 5) where (8, 5) was expected" in result.note


def test_a_shape_that_only_broadcasts_is_wrong() -> None:
    result = against(torch.zeros(8, 5), torch.zeros(8, 1))
    assert result.verdict == "wrong_shape"
    assert "only match by broadcasting" in (result.note or "")


def test_a_transposed_shape_is_wrong_without_talk_of_broadcasting() -> None:
    result = against(GRADIENT.T)
    assert result.verdict == "wrong_shape"
    assert "broadcasting" not in (result.note or "")


def test_another_dtype_with_the_right_values_is_right() -> None:
    result = against(GRADIENT.double())
    assert result.verdict == "close"
    assert "float64" in (result.note or "")


def test_a_numpy_array_with_the_right_values_is_right() -> None:
    value = Value(kind="array", dtype="float32", shape=[8, 5])
    result = compare(value, GRADIENT.clone(), GRADIENT, Tolerance())
    assert result.right
    assert "numpy" in (result.note or "")


def test_a_nan_is_non_finite() -> None:
    wrong = GRADIENT.clone()
    wrong[0, 0] = torch.nan
    result = against(wrong)
    assert result.verdict == "non_finite"
    assert "1 of 40" in (result.note or "")


def test_a_reference_that_is_not_finite_judges_nobody() -> None:
    assert against(GRADIENT, GRADIENT / 0).verdict == "unjudged"


def test_none_is_missing() -> None:
    assert against(None).verdict == "missing"


def test_what_is_no_tensor_is_named() -> None:
    value = Value(kind="other", note="builtins.list")
    result = compare(value, None, GRADIENT, Tolerance())
    assert result.verdict == "wrong_type"
    assert "builtins.list" in (result.note or "")


def test_integer_zeros_for_a_zero_gradient_are_right() -> None:
    assert against(torch.zeros(8, 5, dtype=torch.int64), torch.zeros(8, 5)).right


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-8, 1e-9, 0.0, float("nan"), float("inf")])
def test_a_tensor_vanishes_where_zeros_would_be_close_to_it(size: float) -> None:
    tensor = GRADIENT / GRADIENT.abs().max() * size
    zeros = close(torch.zeros_like(tensor), tensor, Tolerance())
    assert vanishes(tensor, Tolerance()) == bool(zeros.all())


def test_both_kinds_of_sizes_are_tried_above() -> None:
    assert vanishes(torch.full((2,), 1e-9), Tolerance())
    assert not vanishes(torch.full((2,), 1e-3), Tolerance())
    assert vanishes(torch.zeros(0), Tolerance())


def test_infinities_in_common_are_no_difference() -> None:
    """Masked scores: minus infinity minus itself is no number."""
    mine = torch.tensor([1.0, -math.inf, 2.0, math.inf])
    assert finite(mine, mine.clone()) is not None
    both = finite(mine + 1e-9, mine)
    assert both is not None
    assert bool(close(*both, Tolerance()).all())
    both = finite(torch.tensor([1.0, -math.inf, 3.0, math.inf]), mine)
    assert both is not None
    assert close(*both, Tolerance()).tolist() == [True, True, False, True]


@pytest.mark.parametrize("other", [5.0, math.inf, math.nan])
def test_an_infinity_where_another_number_stands_is_a_difference(other: float) -> None:
    expected = torch.tensor([1.0, -math.inf])
    assert finite(torch.tensor([1.0, other]), expected) is None
    assert not agrees(torch.tensor([1.0, other]), expected, Tolerance())
    both = finite(expected, torch.tensor([1.0, 5.0]))
    assert both is not None
    assert not close(*both, Tolerance()).all()
    assert agrees(expected, expected, Tolerance())
