"""Diagnosis of values that no network made: odd types and shapes, small tensors, wording."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
import torch

from grader.diagnosis import CODES, Context, diagnose
from grader.diagnosis.wording import dims, off_by, shape, spoken, ticked
from grader.records.scorecard import Diagnosis


def drawn(*shape_: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape_, generator=torch.Generator().manual_seed(seed))


def square(student: torch.Tensor, x: torch.Tensor | None = None) -> Diagnosis:
    """Diagnosis of a step dX through Y = X², with a random dY."""
    x = drawn(6, 5) if x is None else x
    dy = drawn(*x.shape, seed=1)
    right = 2 * x * dy
    context = Context(
        target="X",
        student=student,
        expected=right,
        cotangents={"Y": dy},
        paths={"Y": right},
        consumers={},
        tensors={"X": x, "Y": x * x, "n": torch.tensor(6)},
        accumulates=False,
        index={},
    )
    return diagnose(context)


X, DY = drawn(6, 5), drawn(6, 5, seed=1)


@pytest.mark.parametrize(
    ("student", "code"),
    [
        (X * DY, "constant_factor"),
        (2 * DY, "wrong_factor"),
        (2 * X, "upstream_missing"),
        ((2 * X * DY).T, "transposed"),
        ((2 * X * DY).flatten(), "wrong_shape"),
        ((2 * X * DY).double(), "unexplained"),  # it is right
        (2 * X * DY + 1, "ones_start"),
        (4 * X * DY, "constant_factor"),
        (2 * X * DY + X, "accumulated"),
        ((2 * X * DY).sum(0), "wrong_dim"),
        ((2 * X * DY).sum(), "wrong_dim"),
        (torch.zeros(6, 5, dtype=torch.int64), "constant"),
        (torch.ones(6, 5, dtype=torch.bool), "upstream_missing"),
    ],
)
def test_a_square_is_derived_wrongly(student: torch.Tensor, code: str) -> None:
    assert square(student).code == code


@pytest.mark.parametrize(
    "student",
    [
        torch.full((6, 5), torch.nan),
        torch.full((6, 5), torch.inf),
        torch.empty(0),
        torch.empty(6, 0),
        drawn(2, 3, 4, 5, 6),
        drawn(30, seed=3),
        torch.tensor(3.0),
        torch.ones(6, 5).to_sparse(),
        torch.ones(6, 5, device="meta"),
    ],
)
def test_odd_values_are_unexplained_and_never_raise(student: torch.Tensor) -> None:
    found = square(student)
    assert found.code == "unexplained"
    msgspec.json.encode(found)


def test_infinite_values_are_counted() -> None:
    student = 2 * X * DY
    student[0, :2] = torch.inf
    found = square(student)
    assert found.evidence["non_finite"] == 2
    assert found.why.startswith("2 of 30 elements")


def test_what_nothing_explains_is_described() -> None:
    found = square(drawn(6, 5, seed=7))
    assert found.code == "unexplained"
    assert found.evidence["fraction"] == 1.0
    assert abs(found.evidence["correlation"]) < 0.6
    assert found.evidence["norm_ratio"] > 0
    assert found.evidence["first"][0] == [0, 0]


def test_a_scalar_has_no_telling_ratio() -> None:
    x = torch.tensor([3.0])
    assert square(torch.tensor([17.0]), x).code == "unexplained"
    assert square(-2 * x * drawn(1, seed=1), x).code == "sign"


def test_paths_that_do_not_fit_the_target_do_no_harm() -> None:
    context = Context(
        target="X",
        student=drawn(6, 5, seed=4),
        expected=drawn(6, 5, seed=5),
        cotangents={"Y": drawn(4), "Z": torch.empty(0)},
        paths={"Y": drawn(2, 2)},
        consumers={"Z": drawn(9)},
        tensors={},
        accumulates=True,
        index={"I": torch.empty(0, dtype=torch.int64), "J": torch.tensor([[99, -1]])},
    )
    assert diagnose(context).code == "unexplained"


def test_a_column_that_met_a_row_is_a_missing_keepdim() -> None:
    x, dy = drawn(8, 1), drawn(8, 1, seed=1)
    for student in (2 * x * dy.T, 2 * x.T * dy):
        assert square(student, x).code == "missing_keepdim"


def test_every_code_is_explained_in_one_sentence() -> None:
    for code, meaning in CODES.items():
        assert code == code.lower()
        assert meaning[0].isupper()
        assert meaning.endswith(".")


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (31 / 32, "n−1 over n"),
        (32 / 31, "n over n−1"),
        (1 / 31, "1/(n−1)"),
        (32, "n"),
        (-1 / 32, "−1/n"),
        (1 / 1024, "1/n²"),
        (27, "27"),
        (2, "2"),
        (-0.5, "−½"),
        (0.7, "0.7"),
        (-1.234567e-9, "−1.235e−09"),
    ],
)
def test_factors_have_names(factor: float, words: str) -> None:
    assert spoken(factor, {"n": 32, "27": 27}) == words


def test_a_plain_number_is_not_the_neighbour_of_a_size() -> None:
    assert spoken(2.0, {"n": 3}) == "2"
    assert spoken(0.25, {"n": 5}) == "¼"
    assert spoken(3.0, {"n": 3}) == "n"


def test_shapes_and_lists_read_well() -> None:
    assert (shape([32, 1]), shape([32]), shape([])) == ("(32, 1)", "(32,)", "()")
    assert (dims([1]), dims([0, 1])) == ("dimension 1", "dimensions 0 and 1")
    assert ticked(["a", "b", "c"]) == "`a`, `b` and `c`"
    assert off_by(-0.5, {}) == "−½ times what it should be"


def test_no_diagnosis_imports_a_library_of_symbols() -> None:
    """It takes longer than to grade ten submissions; torch's own `broadcast_shapes` wants it."""
    code = (
        "import sys, torch\nfrom grader.diagnosis.layout import Layout\n"
        "layout = Layout.of((27, 1), (32, 27, 10))\n"
        "assert layout is not None and layout.shape == (32, 27, 10)\n"
        "assert Layout.of((3,), (4,)) is None\n"
        "assert 'sympy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
