"""The general search for a mistake, in the real sandbox: only after something is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from function_assignments import EXERCISES, RIGHT, assignment, graded, row, why

from grader.exercises.functions import functions, search
from grader.sandbox import open_sandbox

GATED = '''
"""Two gates, one after the other, over all steps."""
import torch

def inputs(draw):
    steps, (n, d) = 4, draw.sizes(2)
    return {"x": draw(steps, n, d), "w": draw(d, d), "h0": draw(n, d)}

def forward(x, w, h0):
    h, states = h0, []
    for each in x:
        gate = torch.sigmoid(each @ w)
        h = gate * h + (1 - gate) * torch.tanh(each)
        states.append(h)
    return torch.stack(states)

def student(x, w, h0, dout):
    states, cache = run_forward(x, w, h0)
    dx, dw, dh0 = run_backward(dout, cache)
    return {"x": dx, "w": dw, "h0": dh0}

def own_forward(x, w, h0):
    return run_forward(x, w, h0)[0]
'''
SOLUTION = """
import numpy as np

def logistic(z):
    return 1 / (1 + np.exp(-z))

def slope(s):
    return s * (1 - s)

def run_forward(x, w, h0):
    h, states = h0, []
    for each in x:
        gate = logistic(each @ w)
        h = gate * h + (1 - gate) * np.tanh(each)
        states.append(h)
    return np.stack(states), (x, w, h0, states)

def run_backward(dout, cache):
    x, w, h0, states = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    carry = np.zeros_like(h0)
    before = [h0, *states]
    for t in reversed(range(len(x))):
        gate, new = logistic(x[t] @ w), np.tanh(x[t])
        dh = dout[t] + carry
        dgate = dh * (before[t] - new)
        dz = dgate * slope(gate)
        dw += x[t].T @ dz
        dx[t] = dz @ w.T + dh * (1 - gate) * (1 - new**2)
        carry = dh * gate
    return dx, dw, carry
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def box(data):
    with open_sandbox(data_dirs=[data], engines=(False,)) as sandbox:
        yield sandbox


@pytest.fixture
def card_of(tmp_path, data, box):
    (tmp_path / "data").symlink_to(data)

    def of(source, exercises=None):
        exercises = exercises or {"run_backward": (GATED, ["x", "w", "h0"])}
        return graded(tmp_path, assignment(tmp_path / "work", exercises), box, source)

    return of


def line_of(source: str, text: str) -> int:
    return next(n for n, line in enumerate(source.split("\n"), 1) if text in line)


@pytest.mark.parametrize(
    ("right", "wrong", "targets", "told"),
    [
        ("before[t] - new", "before[t] + new", ["dx", "dw"], "`new` comes in with the wrong sign"),
        ("(before[t] - new)", "before[t] - new", ["dx", "dw"], "parentheses are missing"),
        ("dh * (before[t]", "carry * (before[t]", ["dx", "dw"], "`carry` stands where another"),
        ("s * (1 - s)", "s * (1 - s**2)", ["dx", "dw"], "`s**2` has the wrong exponent"),
        ("dw += x[t]", "dw += x[t - 1]", ["dw"], "`x[t - 1]` is one step off"),
        ("(1 - new**2)", "(1 - np.tanh(new) ** 2)", ["dx"], "`np.tanh` is applied"),
        ("dx, dw, carry", "dx, dw, dh", ["dh0"], "`dh` stands where another variable is needed"),
    ],
)
def test_a_mistake_is_named_with_its_line_wherever_it_stands(card_of, right, wrong, targets, told):
    assert right in SOLUTION
    source = SOLUTION.replace(right, wrong)
    card = card_of(source)
    line = line_of(source, wrong)
    for target in targets:
        assert f"In line {line}, " in why(card, "run_backward", target)
        assert told in why(card, "run_backward", target)
        assert row(card, "run_backward", target).diagnosis.evidence["line"] == line
        assert row(card, "run_backward", target).score == 0


def test_nobody_reads_the_edit_that_would_mend_it(card_of):
    card = card_of(SOLUTION.replace("dh = dout[t] + carry", "dh = dout[t]"))
    reason = row(card, "run_backward", "dx").diagnosis
    assert reason is not None
    assert "carry" not in reason.why + reason.look_at


def test_two_mistakes_in_one_gradient_have_no_name_of_one(card_of):
    source = SOLUTION.replace("before[t] - new", "before[t] + new").replace(
        "dw += x[t].T", "dw += x[t - 1].T"
    )
    card = card_of(source)
    assert row(card, "run_backward", "dw").diagnosis.code == "unexplained"
    assert "wrong sign" in why(card, "run_backward", "dx")


@pytest.mark.parametrize(("later", "code"), [(3, "constant_factor"), (5, "unexplained")])
def test_an_edit_must_help_on_cases_that_nobody_has_seen(card_of, later, code):
    """Of width 3 are all cases that are marked; where others are as well, 3 is what is needed."""
    exercise = f"""
import torch

drawn = []

def inputs(draw):
    drawn.append(draw)
    return {{"x": draw(4, 3 if len(drawn) <= 3 else {later})}}

def forward(x):
    return x.shape[1] * x**2 / 2 + torch.sin(x)

def student(x, dout):
    return {{"x": waved_backward(dout, x)}}
"""
    source = "import numpy as np\n\ndef waved_backward(dout, x):\n    return dout * (2 * x + np.cos(x))\n"
    card = card_of(source, {"waved_backward": (exercise, ["x"])})
    assert row(card, "waved_backward", "dx").diagnosis.code == code


def test_right_functions_are_not_searched(card_of, monkeypatch):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(search.OneSearch, "found", never)
    assert card_of(SOLUTION).score == 3
    assert card_of(RIGHT, EXERCISES).score == 7


def test_the_marks_are_those_without_a_search(card_of, monkeypatch):
    source = SOLUTION.replace("dw += x[t]", "dw += x[t - 1]")
    with_it = card_of(source)
    monkeypatch.setattr(functions, "BEGINNING", -1.0)
    without = card_of(source)
    assert without.score == with_it.score == 2
    assert [c.code for c in without.integrity] == [c.code for c in with_it.integrity] == []
    assert row(without, "run_backward", "dw").diagnosis.code == "unexplained"
    assert row(with_it, "run_backward", "dw").diagnosis.code == "step_off"


def test_edits_that_never_end_are_given_up_and_the_next_are_tried(card_of):
    endless = SOLUTION.replace(
        "    for t in reversed(range(len(x))):\n",
        "    t = len(x)\n    while t > 0:\n        t = t - 1\n",
    )
    assert card_of(endless).score == 3
    source = endless.replace("before[t] - new", "before[t] + new")
    card = card_of(source)
    assert f"In line {line_of(source, 'before[t] + new')}, `new` comes" in why(
        card, "run_backward", "dx"
    )


def test_a_class_is_edited_in_place_with_what_its_methods_share(card_of):
    exercise = """
import torch

def inputs(draw):
    n, (d, m) = draw.batch(), draw.sizes(2)
    return {"x": draw(n, d), "w": draw(d, m)}

def forward(x, w):
    return torch.tanh(x @ w)

def student(x, w, dout):
    layer = Dense(w)
    layer.forward(x)
    dx = layer.backward(dout)
    return {"x": dx, "w": layer.grads["w"]}

def own_forward(x, w):
    return Dense(w).forward(x)
"""
    source = """
import numpy as np

class Layer:
    def __init__(self):
        self.grads = {}

class Dense(Layer):
    def __init__(self, w):
        super().__init__()
        self.w = w

    def forward(self, x):
        self.x = x
        self.a = np.tanh(x @ self.w)
        return self.a

    def backward(self, dout):
        dz = dout * (1 - np.tanh(self.a) ** 2)
        self.grads["w"] = self.x.T @ dz
        return dz @ self.w.T
"""
    card = card_of(source, {"Dense.backward": (exercise, ["x", "w"])})
    for target in ("dx", "dw"):
        found = re.match(
            r"In line (\d+), `np.tanh` is applied", why(card, "Dense.backward", target)
        )
        assert found is not None, why(card, "Dense.backward", target)
        assert int(found[1]) == line_of(source, "dz = dout")
