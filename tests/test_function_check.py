"""`check("affine_backward")` in a student's kernel."""

from __future__ import annotations

import numpy as np
import pytest
from function_assignments import AFFINE, RIGHT, assignment

from grader.student.answer import checked


@pytest.fixture
def check(tmp_path, monkeypatch):
    assignment(tmp_path / "assignments" / "layers")
    monkeypatch.chdir(tmp_path)

    def of(source: str, name: str):
        names: dict[str, object] = {}
        exec(source, names)
        return checked(names, name)

    return of


def test_a_function_is_called_as_the_grader_does(check):
    answer = check(RIGHT, "affine_backward")
    assert answer.problem is None
    assert answer.card.score == answer.card.max_score == 3


def test_a_wrong_one_is_told_why(check):
    answer = check(RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"), "affine_backward")
    rows = {row.name: row for row in answer.card.exercises[0].targets}
    assert (rows["dx"].score, rows["db"].score) == (1, 0)
    assert rows["db"].diagnosis.code == "constant_factor"
    assert "times what it should be" in repr(answer)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return None", "returns None"),
        ("return dout.nothing", "raises an error"),
        ("return dout, dout", "2 of 3"),
    ],
)
def test_what_is_unfinished_is_told(check, body, told):
    source = RIGHT + f"\ndef affine_backward(dout, cache):\n    {body}\n"
    rows = check(source, "affine_backward").card.exercises[0].targets
    assert all(told in row.diagnosis.why for row in rows)


def test_nothing_of_the_kernel_is_changed(check):
    source = RIGHT + "\nkept = np.ones(3)\n"
    names: dict[str, object] = {}
    exec(source, names)
    before = dict(names)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    checked(names, "affine_backward")
    assert names == before
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def test_a_name_that_is_no_exercise_is_said_as_ever(check):
    assert "was not found" in check(RIGHT, "no_such_backward").problem


def test_a_cache_of_ones_own_form_is_right_here_too(tmp_path, monkeypatch):
    other = """
def otherwise(x, w, b, dout):
    dx, dw, db = affine_backward(dout, affine_forward(x, w, b)[1])
    return {"x": dx, "w": dw, "b": db}
"""
    one = {"affine_backward": (AFFINE + other, ["x", "w", "b"])}
    assignment(tmp_path / "assignments" / "layers", one)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    source = RIGHT.replace("(x, w, b)\n\ndef affine_b", "(w, b, x)\n\ndef affine_b")
    exec(source.replace("x, w, b = cache", "w, b, x = cache"), names)
    assert checked(names, "affine_backward").card.score == 3
