"""Layer objects of other courses' interfaces: a right derivation is right wherever its results are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from grader.assignment import load_assignment
from grader.execution.session import GradingSession
from grader.records.scorecard import ExerciseScore, Scorecard
from grader.submission import discover

TURNED = """
class Linear:
    def __init__(self, fan_in, fan_out):
        self.params = {"weight": np.random.randn(fan_in, fan_out), "bias": np.zeros((1, fan_out))}
        self.grads = {name: np.zeros_like(each) for name, each in self.params.items()}

    def forward(self, x):
        self.x = x
        return x @ self.params["weight"] + self.params["bias"]

    def backward(self, dout):
        self.grads["weight"] = self.x.T @ dout
        self.grads["bias"] = dout.sum(axis=0)
        return dout @ self.params["weight"].T
"""
ATTRIBUTES = """
class Linear_Layer:
    def __init__(self, fan_in, fan_out, debug=False):
        self.W, self.b = np.zeros((fan_out, fan_in)), np.zeros((fan_out, 1))

    def forward(self, x):
        self.x = x
        return (self.W @ x.T + self.b).T

    def backward(self, dout):
        self.dW = dout.T @ self.x
        self.db = dout.sum(axis=0).reshape(-1, 1)
        return dout @ self.W
"""
ADDED_UP = """
class Kept:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)

class LinearModule:
    def __init__(self, fan_in, fan_out):
        self.kernel = Kept(np.random.randn(fan_in, fan_out))
        self.shift = Kept(np.random.randn(fan_out))

    def forward(self, x):
        return x.dot(self.kernel.value) + self.shift.value

    def backward(self, x, dout):
        self.kernel.grad += x.T.dot(dout)
        self.shift.grad += dout.sum(axis=0)
        return dout.dot(self.kernel.value.T)
"""
RETURNED = """
class linear:
    def __init__(self, fan_in, fan_out):
        self.w, self.c = np.random.randn(fan_out, fan_in), np.random.randn(1, fan_out)

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.seen = x
        return x @ self.w.T + self.c

    def backward(self, dout):
        return dout @ self.w, dout.T @ self.seen, dout.sum(axis=0, keepdims=True)
"""
LINEAR = {"turned": TURNED, "attributes": ATTRIBUTES, "added up": ADDED_UP, "returned": RETURNED}
SUMS = ("dout.sum(axis=0", "-dout.sum(axis=0")
PRODUCTS = {
    "turned": ("self.x.T @ dout", "self.x.T @ dout / len(dout)"),
    "attributes": ("dout.T @ self.x", "(dout > 0).T @ self.x"),
    "added up": ("x.T.dot(dout)", "np.abs(x.T.dot(dout))"),
    "returned": ("dout.T @ self.seen", "self.seen.T @ self.seen"),
}
REST = """
class BatchNorm:
    def __init__(self, width):
        self.my_gamma, self.my_beta = np.ones((1, width)), np.zeros((1, width))

    def forward(self, x):
        self.std = np.sqrt(x.var(0) + 1e-5)
        self.normal = (x - x.mean(0)) / self.std
        return self.my_gamma * self.normal + self.my_beta

    def backward(self, dout):
        self.d_gamma, self.d_beta = (dout * self.normal).sum(0), dout.sum(0)
        inner = dout * self.my_gamma
        return (inner - inner.mean(0) - self.normal * (inner * self.normal).mean(0)) / self.std

class Relu:
    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, x, dout):
        return dout * (x > 0)

class SoftMax:
    def __init__(self, axis):
        self.axis = axis

    def forward(self, x):
        raised = np.exp(x - x.max(self.axis, keepdims=True))
        self.out = raised / raised.sum(self.axis, keepdims=True)
        return self.out

    def backward(self, dout):
        return self.out * (dout - (dout * self.out).sum(self.axis, keepdims=True))
"""

CONVOLUTION = """
from .interfaces import Base
from no_such_compiler import quick
import no_such_tools as tools

@quick
def places(images, kernel, stride):
    rows = range(0, images.shape[2] - kernel + 1, stride)
    columns = range(0, images.shape[3] - kernel + 1, stride)
    return [(i, r, j, c) for i, r in enumerate(rows) for j, c in enumerate(columns)]

@tools.registered("layer")
def shown(layer):
    return "a layer"

class Convolution2DLayer(Base):
    def __init__(self, kernel_size, in_channels, out_channels, padding=0, stride=1):
        super().__init__()
        self.w = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.bias, self.padding, self.stride = np.zeros(out_channels), padding, stride

    def forward(self, x):
        p, self.k = self.padding, self.w.shape[-1]
        self.x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        found = places(self.x, self.k, self.stride)
        out = np.zeros((len(x), len(self.bias), found[-1][0] + 1, found[-1][2] + 1))
        for i, r, j, c in found:
            window = self.x[:, :, r : r + self.k, c : c + self.k]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, self.w) + self.bias
        return out

    def backward(self, dout):
        p, dx, self.dw = self.padding, np.zeros_like(self.x), np.zeros_like(self.w)
        for i, r, j, c in places(self.x, self.k, self.stride):
            at = np.s_[:, :, r : r + self.k, c : c + self.k]
            self.dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], self.x[at])
            dx[at] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], self.w)
        self.dbias = dout.sum((0, 2, 3))
        return dx[:, :, p:-p, p:-p] if p else dx
"""


@pytest.fixture(scope="module")
def session() -> Iterator[GradingSession]:
    with GradingSession(load_assignment(ROOT / "assignments" / "layer_objects")) as opened:
        yield opened


def card_of(session: GradingSession, folder: Path, source: str) -> Scorecard:
    (folder / "layers.py").write_text(f"import numpy as np\n{source}", "utf-8")
    (found,) = discover([folder / "layers.py"], folder / "unpacked").submissions
    return session.grade(found).card


def points(card: Scorecard, exercise: str) -> list[float]:
    """Of each gradient of one exercise."""
    found: ExerciseScore = next(each for each in card.exercises if each.id == exercise)
    return [target.score for target in found.targets]


@pytest.mark.parametrize("name", LINEAR)
def test_parameters_and_gradients_are_found_wherever_they_are_kept(
    session: GradingSession, tmp_path: Path, name: str
) -> None:
    card = card_of(session, tmp_path, LINEAR[name])
    assert points(card, "Linear.backward") == [1, 1, 1]
    assert card.integrity == []
    assert card.notes == []


@pytest.mark.parametrize("name", LINEAR)
def test_mistakes_are_none_the_righter_for_it(
    session: GradingSession, tmp_path: Path, name: str
) -> None:
    for number, (edit, left) in enumerate([(SUMS, [1, 1, 0]), (PRODUCTS[name], [1, 0, 1])]):
        assert edit[0] in LINEAR[name]
        folder = tmp_path / str(number)
        folder.mkdir()
        card = card_of(session, folder, LINEAR[name].replace(*edit))
        assert points(card, "Linear.backward") == left


def test_gradients_that_add_up_are_wrong_in_the_interface_that_overwrites(
    session: GradingSession, tmp_path: Path
) -> None:
    source = TURNED.replace('"] = ', '"] += ').replace(
        "np.zeros((1, fan_out))", "np.zeros(fan_out)"
    )
    card = card_of(session, tmp_path, source)
    assert points(card, "Linear.backward") == [1, 0, 0]


def test_other_layers_by_other_names_and_ways_to_call(
    session: GradingSession, tmp_path: Path
) -> None:
    card = card_of(session, tmp_path, REST)
    assert points(card, "BatchNorm.backward") == [3, 1, 1]
    assert points(card, "ReLU.backward") == [1]
    assert points(card, "Softmax.backward") == [2]
    assert card.exercises[1].targets[0].lines[-1].text.strip() == "return dout * (x > 0)"


def test_a_class_of_almost_the_name_is_taken_where_there_is_one_only(
    session: GradingSession, tmp_path: Path
) -> None:
    other = "class ReLULayer:\n    pass\n"
    card = card_of(session, tmp_path, REST + other)
    assert points(card, "ReLU.backward") == [0]
    (tmp_path / "own").mkdir()
    exact = REST.replace("class Relu:", "class ReLU:")
    assert points(card_of(session, tmp_path / "own", exact + other), "ReLU.backward") == [1]


@pytest.mark.parametrize("name", ["FullyConnectedLayer", "Dense", "Affine_Module"])
def test_the_same_layer_by_another_name_of_the_field(
    session: GradingSession, tmp_path: Path, name: str
) -> None:
    renamed = TURNED.replace("class Linear", f"class {name}")
    assert points(card_of(session, tmp_path, renamed), "Linear.backward") == [1, 1, 1]
    (tmp_path / "two").mkdir()
    two = renamed + renamed.replace(name, "FC")
    assert points(card_of(session, tmp_path / "two", two), "Linear.backward") == [0, 0, 0]


TOLD = """
import torch

def both(params, X, y, reg):
    hidden = (X @ params["W1"] + params["b1"]).clamp(min=0)
    probabilities = (hidden @ params["W2"] + params["b2"]).softmax(1)
    rows = torch.arange(len(y))
    squares = sum((params[name] ** 2).sum() for name in ("W1", "W2"))
    loss = -probabilities[rows, y].log().mean() + reg * squares
    dscores = probabilities.clone()
    dscores[rows, y] -= 1
    dscores /= len(y)
    dhidden = dscores @ params["W2"].T * (hidden > 0)
    grads = {"W2": hidden.T @ dscores + 2 * reg * params["W2"], "b2": dscores.sum(0)}
    grads |= {"W1": X.T @ dhidden + 2 * reg * params["W1"], "b1": dhidden.sum(0)}
    return loss, grads

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, dtype=None, device=None, std=1e-4):
        sizes = (input_size, hidden_size), (hidden_size, output_size)
        self.params = {f"W{k}": std * torch.randn(*size) for k, size in enumerate(sizes, 1)}
        self.params |= {f"b{k}": torch.zeros(size[1]) for k, size in enumerate(sizes, 1)}

    def loss(self, X, y=None, reg=0.0):
        return both(self.params, X, y, reg)
"""


def test_a_net_that_is_told_the_regularisation_by_each_call(tmp_path: Path) -> None:
    with GradingSession(load_assignment(ROOT / "assignments" / "eecs498_layers")) as session:
        card = card_of(session, tmp_path, TOLD)
        assert points(card, "TwoLayerNet.loss") == [0.5] * 4
        assert card.integrity == []
        (tmp_path / "wrong").mkdir()
        wrong = TOLD.replace('hidden.T @ dscores + 2 * reg * params["W2"]', "hidden.T @ dscores")
        card = card_of(session, tmp_path / "wrong", wrong)
        assert points(card, "TwoLayerNet.loss") == [0.5, 0.5, 0, 0.5]


def test_a_base_or_a_decorator_that_was_not_handed_in_takes_no_definition_along(
    session: GradingSession, tmp_path: Path
) -> None:
    card = card_of(session, tmp_path, CONVOLUTION)
    assert points(card, "Conv2d.backward") == [2, 2, 2]
    assert card.integrity == []
    (cell,) = card.cells
    assert "ImportError" in (cell.error or "")  # it is said all the same
    # called, not there: what was not handed in computes nothing
    (tmp_path / "called").mkdir()
    called = CONVOLUTION.replace("dx[at] += ", "dx[at] += tools.own * ")
    card = card_of(session, tmp_path / "called", called)
    assert points(card, "Conv2d.backward") == [0, 0, 0]
    why = card.exercises[-1].targets[0].diagnosis
    assert why is not None
    assert "name 'tools' is not defined" in why.why
