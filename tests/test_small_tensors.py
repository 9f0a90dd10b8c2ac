"""Tensors without elements, without dimensions and of one element, everywhere a value goes."""

from __future__ import annotations

import contextlib
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import BACKWARD, FORWARD, SETUP, Grade, exercise, row
from msgspec.structs import replace

from grader.assignment import Assignment, Tolerance
from grader.marking.comparison import close, compare, greatest, vanishes
from grader.protocol import Value
from grader.student.answer import checked
from grader.student.comparing import compared

NETWORKS = {
    "no hidden units": SETUP.replace("64", "0"),
    "one hidden unit": SETUP.replace("64", "1"),
    "no embedding": SETUP.replace("(27, 10)", "(27, 0)").replace("(30, 64)", "(0, 64)"),
    "an embedding of one": SETUP.replace("(27, 10)", "(27, 1)").replace("(30, 64)", "(3, 64)"),
    "no context": SETUP.replace("X[ix], Y", "X[ix][:, :0], Y").replace("(30, 64)", "(0, 64)"),
    "two examples": SETUP.replace("n = 32", "n = 2"),
}
MISTAKES = {
    "dh = dlogits @ W2.T": "dh = -dlogits @ W2.T",
    "dbnraw = bngain * dhpreact": "dbnraw = dhpreact",
    "dbngain = (bnraw * dhpreact).sum(0, keepdim=True)": "dbngain = (bnraw * dhpreact).sum(0)*2",
    "dlogits = dnorm_logits.clone()": "dlogits = 2*dnorm_logits",
    "dC[Xb[k, j]] += demb[k, j]": "dC[Xb[k, j]] = demb[k, j]",
}
WRONG = BACKWARD
for line, mistake in MISTAKES.items():
    assert line in WRONG
    WRONG = WRONG.replace(line, mistake)
TARGETS = list(dict.fromkeys(re.findall(r"^(d\w+) = ", BACKWARD, re.MULTILINE)))
ODD = [
    "torch.zeros(0)",
    "torch.zeros(0, 3, dtype=torch.long)",
    "torch.zeros(27, 0)",
    "torch.tensor(1.0)",
    "torch.tensor(True)",
    "torch.ones(1)",
    "torch.ones(1, 1, 1) / 0",
    "torch.zeros(0).numpy()",
    "torch.ones(()).numpy()",
]


@pytest.mark.parametrize("network", NETWORKS)
def test_right_lines_are_right_in_a_network_of_any_size(grade: Grade, network: str) -> None:
    part = exercise(grade(NETWORKS[network], FORWARD, BACKWARD), "exercise-1")
    assert {row.name for row in part.targets if row.score != 1} == set()
    assert {row.step for row in part.targets} <= {"right", "unknown"}


@pytest.mark.parametrize("network", NETWORKS)
def test_wrong_lines_are_graded_in_a_network_of_any_size(grade: Grade, network: str) -> None:
    card = grade(NETWORKS[network], FORWARD, WRONG)
    assert (card.status, card.run) == ("graded", "completed")
    assert card.score < 26 or network == "no hidden units"


@pytest.mark.parametrize("value", ODD)
def test_a_value_of_any_size_is_a_verdict(grade: Grade, value: str) -> None:
    lines = "\n".join(f"{name} = {value}" for name in TARGETS)
    card = grade(SETUP, FORWARD, lines)
    assert (card.status, card.run, card.score) == ("graded", "completed", 0)
    rows = exercise(card, "exercise-1").targets
    # `dlogits` straight from nothing is an attempt at exercise 2.
    assert {row.verdict for row in rows if row.name != "dlogits"} == {"wrong_shape"}


def ran(data: Path, *cells: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with contextlib.chdir(data), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec("\n".join(cells), names)
    return names


@pytest.mark.parametrize("network", NETWORKS)
def test_the_students_own_check_answers_in_a_network_of_any_size(data: Path, network: str) -> None:
    answers = {}
    for lines in (BACKWARD, WRONG):
        names = ran(data, NETWORKS[network], FORWARD, lines)
        card = checked(names).card
        assert card is not None
        answers[lines] = {row.name: row.verdict for row in exercise(card, "exercise-1").targets}
        for name in TARGETS:
            (first, *_) = compared(name[1:], names[name], names[name[1:]], names)
            assert "maxdiff" in first or "wrong shape" in first
    assert set(answers[BACKWARD].values()) <= {"exact", "close"}
    assert answers[WRONG] != answers[BACKWARD]


@pytest.mark.parametrize("value", ODD)
def test_the_students_own_check_takes_a_value_of_any_size(data: Path, value: str) -> None:
    names = ran(data, SETUP, FORWARD, BACKWARD, *(f"{name} = {value}" for name in TARGETS))
    card = checked(names).card
    assert card is not None
    verdicts = [row.verdict for row in exercise(card, "exercise-1").targets]
    assert set(verdicts) == {"wrong_shape"}
    for name in TARGETS:
        assert "wrong shape" in "\n".join(compared(name[1:], names[name], names[name[1:]], names))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (0, 3), (1, 1), (2, 0, 1)])
def test_every_shape_equals_itself(shape: tuple[int, ...]) -> None:
    tensor = torch.ones(shape)
    tolerance = Tolerance()
    said = compare(Value(kind="tensor", dtype="float32"), tensor, tensor, tolerance)
    assert (said.verdict, said.max_diff) == ("exact", 0.0)
    nearly = tensor + 1e-6
    found = compare(Value(kind="tensor", dtype="float32"), nearly, tensor, tolerance)
    assert found.verdict == ("close" if tensor.numel() else "exact")
    assert bool(close(nearly, tensor, tolerance).all())
    assert greatest(-tensor) == (1.0 if tensor.numel() else 0.0)
    assert vanishes(tensor, tolerance) == (not tensor.numel())


def test_what_is_more_than_a_run_may_send_costs_the_rest_nothing(
    grade: Grade, assignment: Assignment
) -> None:
    limits = replace(assignment.spec.limits, results_mb=1)
    by = replace(assignment, spec=replace(assignment.spec, limits=limits))
    huge = "dlogprobs = torch.zeros(1000, 1000)"
    assert row(grade(SETUP, FORWARD, huge, by=by), "dlogprobs").verdict == "wrong_shape"
    assert exercise(grade(SETUP, FORWARD, huge, BACKWARD, by=by), "exercise-1").score == 26
