"""`grader new --functions`: assignments made of modules of functions, with nothing edited."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.authoring.functions.translate import translated
from grader.cli.main import cli
from grader.errors import UsageError

LAYERS = '''
"""Layers of a small network."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def affine_forward(x, w, b):
    """Affine layer."""
    out = x.dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw = dout.dot(w.T), x.T.dot(dout)
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, x):
    return dout * (x > 0)


def gate_forward(x, w, u):
    gate = sigmoid(x @ w)
    return gate * u, (x, w, u, gate)


def gate_backward(dout, cache):
    x, w, u, gate = cache
    dz = dout * u * gate * (1 - gate)
    return dz @ w.T, x.T @ dz, dout * gate


def norm_forward(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(axis=0), x.var(axis=0)
    hat = (x - mean) / np.sqrt(var + eps)
    return gamma * hat + beta, (hat, gamma, var, eps)


def norm_backward(dout, cache):
    hat, gamma, var, eps = cache
    n, d = dout.shape[0], dout * gamma
    dgamma, dbeta = (dout * hat).sum(axis=0), dout.sum(axis=0)
    dx = (n * d - d.sum(axis=0) - hat * (d * hat).sum(axis=0)) / (n * np.sqrt(var + eps))
    return dx, dgamma, dbeta


def softmax_forward(z):
    """z: (N, C)"""
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return p, p


def softmax_backward(dout, p):
    return p * (dout - np.sum(dout * p, axis=1, keepdims=True))


def loss_grad(x, y):
    dx = x - y
    return dx


if __name__ == "__main__":
    x, w, b = np.random.randn(4, 6), np.random.randn(6, 3), np.random.randn(3)
    out, cache = affine_forward(x, w, b)
    assert affine_backward(np.ones_like(out), cache)[0].shape == x.shape
    raise SystemExit(0)
'''
TORCH = """
import torch


def scale_forward(x, s):
    return x.tanh() * s, (x, s)


def scale_backward(dout, cache):
    x, s = cache
    return dout * s * (1 - x.tanh() ** 2), dout * x.tanh()


print(scale_forward(torch.ones(2, 3), torch.ones(2, 3)))
"""


def command(*args: str | Path) -> Result:
    found = CliRunner().invoke(cli, [str(each) for each in args])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def new(text: str) -> str:
    Path("layers.py").write_text(text)
    found = command("new", "mine", "--functions", "layers.py")
    assert found.exit_code == 0, found.output
    return found.output


def test_a_module_becomes_an_assignment_that_grades_a_class() -> None:
    said = new(LAYERS)
    assert "affine_backward: dx, dw, db (shapes by its call)" in said
    assert "gate_backward: dx, dw, du (shapes by trial)" in said
    assert "softmax_backward: dz (shapes by its docstring)" in said
    assert "no exercise was made of `loss_grad`" in said
    assert "FILL IN" not in said
    checked = command("assignment", "check", "mine")
    assert checked.exit_code == 0, checked.output
    assert "5 exercises, 11 gradients, 11 points" in checked.output
    for who, text in (
        ("ada", LAYERS),
        ("ben", LAYERS.replace("db = dout.sum(axis=0)", "db = dout.mean(axis=0)")),
        ("chen", Path("assignments/mine/starter/layers.py").read_text()),
    ):
        path = Path("class", who, "layers.py")
        path.parent.mkdir(parents=True)
        path.write_text(text)
    command("grade", "class", "--assignment", "mine", "--out", "out")
    cards = [
        json.loads(Path("out", who, "scorecard.json").read_text()) for who in ("ada", "ben", "chen")
    ]
    assert [card["score"] for card in cards] == [11, 10, 0]


def test_the_starter_keeps_signatures_and_docstrings_and_no_body() -> None:
    new(LAYERS)
    starter = Path("assignments/mine/starter/layers.py").read_text()
    functions = {n.name: n for n in ast.parse(starter).body if isinstance(n, ast.FunctionDef)}
    assert ast.get_docstring(functions["affine_forward"]) == "Affine layer."
    assert [a.arg for a in functions["norm_forward"].args.args] == ["x", "gamma", "beta", "eps"]
    assert "dout.dot" not in starter
    assert "np.exp(-z)" in starter  # a helper is no exercise


def test_what_a_definition_calls_stands_within_it() -> None:
    """Beside it, a function of NumPy's that students wrote would have one of PyTorch before it."""
    new(LAYERS)
    tree = ast.parse(Path("assignments/mine/exercises/gate_backward.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert names == ["inputs", "forward", "student", "own_forward"]


def test_a_module_of_torch_keeps_its_own_definition() -> None:
    said = new(TORCH)
    assert "to fill in" not in said
    assert 'engine = "torch"' in Path("assignments/mine/assignment.toml").read_text()
    assert command("assignment", "check", "mine").exit_code == 0


def test_what_cannot_be_found_out_is_marked_and_said() -> None:
    said = new(
        "import numpy as np\n\n\ndef solve_forward(a, q):\n"
        "    out = np.linalg.solve(a + 9 * np.eye(len(a)), q['right'])\n    return out, (a, out)\n\n\n"
        "def solve_backward(dout, cache):\n    return None\n"
    )
    assert "no call of it is in the file, and no shapes that were tried fit it" in said
    assert "to fill in: the shapes of its arguments, in `inputs`" in said
    assert "to fill in: its definition in PyTorch, in `forward`" in said
    text = Path("assignments/mine/exercises/solve_backward.py").read_text()
    assert text.count("# FILL IN") >= 2
    checked = command("assignment", "check", "mine")
    assert checked.exit_code == 2
    assert "write inputs of solve_backward" in checked.output


def test_a_gradient_of_the_file_s_own_that_is_wrong_is_said() -> None:
    wrong = LAYERS.replace("db = dout.sum(axis=0)", "db = 2 * dout.sum(axis=0)")
    assert "its db is not the gradient that autograd finds" in new(wrong)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(x):\n    return x\n", "no pair of functions"),
        ("def f(:\n", "it is no Python"),
    ],
)
def test_a_file_without_pairs_leaves_nothing_behind(text: str, says: str) -> None:
    Path("layers.py").write_text(text)
    with pytest.raises(UsageError, match=says):
        command("new", "mine", "--functions", "layers.py")
    assert not Path("assignments").exists()


def test_one_file_has_to_be_named() -> None:
    with pytest.raises(UsageError, match="name one file"):
        command("new", "mine")


@pytest.mark.parametrize(
    ("numpy", "torch"),
    [
        ("np.maximum(0, x)", "torch.maximum(torch.as_tensor(0), torch.as_tensor(x))"),
        ("x.max()", "x.max()"),
        ("x.max(axis=1)", "x.amax(axis=1)"),
        ("np.var(x, axis=0)", "torch.var(x, axis=0, correction=0)"),
        ("x[:, np.newaxis]", "x[:, None]"),
        ("np.clip(x, 0, 1)", "torch.clamp(x, 0, 1)"),
    ],
)
def test_numpy_is_put_into_the_words_of_torch(numpy: str, torch: str) -> None:
    node = ast.parse(f"def f_forward(x):\n    return {numpy}, x").body[0]
    assert isinstance(node, ast.FunctionDef)
    assert ast.unparse(translated(node, {}, ["np"])) == f"def forward(x):\n    return {torch}"


STEP = '''
import numpy as np


def step_forward(h, x, Wx, Wh):
    """One step: two gates side by side.

    h: hidden state, shape (N, H)
    x: (N, D)
    Wx: of shape (D, {product})
    Wh: (H, {product})
    """
    H = h.shape[1]
    a = (x @ Wx + h @ Wh) / np.sqrt(H)
    return np.tanh(a[:, :H]) * a[:, H:], (h, x, Wx, Wh, a)


def step_backward(dout, cache):
    h, x, Wx, Wh, a = cache
    H = h.shape[1]
    left = dout * a[:, H:] * (1 - np.tanh(a[:, :H]) ** 2)
    da = np.concatenate([left, dout * np.tanh(a[:, :H])], axis=1) / np.sqrt(H)
    return da @ Wh.T, da @ Wx.T, x.T @ da, h.T @ da


if __name__ == "__main__":
    step_forward(np.ones((4, 3)), np.ones((4, 2)), np.ones((2, 6)), np.ones((3, 6)))
'''


@pytest.mark.parametrize("product", ["2H", "2*H", "H * 2"])
def test_a_docstring_names_the_sizes_of_a_call(product: str) -> None:
    said = new(STEP.format(product=product))
    assert "step_backward: dh, dx, dWx, dWh (shapes by its call and its docstring)" in said
    text = Path("assignments/mine/exercises/step_backward.py").read_text()
    assert "N, (H, D) = draw.batch(), draw.sizes(2)" in text
    assert (
        f'"Wh": draw(H, {" * ".join(product.replace("2H", "2*H").replace(" ", "").split("*"))})'
        in text
    )
    assert "FILL IN" not in text
    assert command("assignment", "check", "mine").exit_code == 0


def test_a_docstring_that_is_not_so_is_left_to_the_call() -> None:
    said = new(STEP.format(product="3H"))
    assert "(shapes by its call)" in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("y = np.lexsort(x)", "line 6, `y = np.lexsort(x)`: PyTorch has no `lexsort`"),
        ("y = x.repeat(2)", "line 6, `y = x.repeat(2)`: `y` is another"),
        ("y = half(x)", "line 12, `return np.lexsort(x)`: PyTorch has no `lexsort`"),
    ],
)
def test_what_is_not_the_same_in_pytorch_is_said_with_its_line(line: str, says: str) -> None:
    said = new(
        f"import numpy as np\n\n\ndef fold_forward(x):\n    k = 2 * x\n    {line}\n    return y * 1.0, x\n\n\n"
        "def half(x):\n    x = x / 2\n    return np.lexsort(x)\n\n\n"
        "def fold_backward(dout, x):\n    return np.ones_like(x)\n\n\n"
        "fold_forward(np.array([3.0, 1.0, 2.0]))\n"
    )
    assert f"its definition is not the same in PyTorch: {says}" in said
