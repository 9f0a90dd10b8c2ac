"""A class of modules of functions, graded, beside what students do today: a notebook that checks
each backward function by a numerical gradient, executed in a Jupyter kernel.

Prints JSON: `python tests/benchmarks/modules.py HOW_MANY NOTEBOOKS`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from command import Command
from timing import Times, timed

ROOT = Path(__file__).parents[2]
ASSIGNMENT = ROOT / "assignments" / "cs231n_layers"
MODULE = ROOT / "solutions" / "cs231n_layers" / "cs231n" / "layers.py"

CHECK = """
import numpy as np
from layers import *

rng = np.random.default_rng(0)


def numerical(f, x, dout, h=1e-5):
    grad = np.zeros_like(x)
    places = np.nditer(x, flags=["multi_index"])
    while not places.finished:
        at = places.multi_index
        old = x[at]
        x[at] = old + h
        above = f().copy()
        x[at] = old - h
        below = f().copy()
        x[at] = old
        grad[at] = np.sum((above - below) * dout) / (2 * h)
        places.iternext()
    return grad


def check(name, forward, backward, *arrays):
    out, cache = forward()
    dout = rng.standard_normal(out.shape)
    gradients = backward(dout, cache)
    if not isinstance(gradients, tuple):
        gradients = (gradients,)
    for number, (x, dx) in enumerate(zip(arrays, gradients)):
        error = np.abs(numerical(lambda: forward()[0], x, dout) - dx).max()
        assert error < 1e-5, (name, number, error)
        print(name, number, error)


# %%
x, w, b = (rng.standard_normal(s) for s in ((10, 2, 3), (6, 5), (5,)))
check("affine", lambda: affine_forward(x, w, b), affine_backward, x, w, b)

# %%
x = rng.standard_normal((10, 10))
check("relu", lambda: relu_forward(x), relu_backward, x)

# %%
x, gamma, beta = rng.standard_normal((4, 5)), rng.standard_normal(5), rng.standard_normal(5)
run = lambda: batchnorm_forward(x, gamma, beta, {"mode": "train"})
check("batchnorm", run, batchnorm_backward, x, gamma, beta)
check("batchnorm_alt", run, batchnorm_backward_alt, x, gamma, beta)
check(
    "layernorm", lambda: layernorm_forward(x, gamma, beta, {}), layernorm_backward, x, gamma, beta
)

# %%
x = rng.standard_normal((10, 10)) + 10
param = {"mode": "train", "p": 0.2, "seed": 123}
check("dropout", lambda: dropout_forward(x, param), dropout_backward, x)

# %%
x, w, b = (rng.standard_normal(s) for s in ((4, 3, 5, 5), (2, 3, 3, 3), (2,)))
param = {"stride": 1, "pad": 1}
check("conv", lambda: conv_forward_naive(x, w, b, param), conv_backward_naive, x, w, b)

# %%
x = rng.standard_normal((3, 2, 8, 8))
param = {"pool_height": 2, "pool_width": 2, "stride": 2}
check("pool", lambda: max_pool_forward_naive(x, param), max_pool_backward_naive, x)

# %%
x, gamma, beta = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal(3), rng.standard_normal(3)
run = lambda: spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
check("spatial batchnorm", run, spatial_batchnorm_backward, x, gamma, beta)

# %%
x = rng.standard_normal((2, 6, 4, 5))
gamma, beta = (rng.standard_normal((1, 6, 1, 1)) for _ in range(2))
run = lambda: spatial_groupnorm_forward(x, gamma, beta, 2, {})
check("spatial groupnorm", run, spatial_groupnorm_backward, x, gamma, beta)

# %%
x, y = rng.standard_normal((50, 10)), rng.integers(10, size=50)
for name, loss in (("svm", svm_loss), ("softmax", softmax_loss)):
    error = np.abs(numerical(lambda: np.array(loss(x, y)[0]), x, 1.0) - loss(x, y)[1]).max()
    assert error < 1e-5, (name, error)
"""
"""A notebook in cells: all twelve functions at the sizes that a course gives its checks."""


def main() -> None:
    count, notebooks = map(int, sys.argv[1:])
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measured(Path(name), count, notebooks)))


def measured(folder: Path, count: int, notebooks: int) -> dict[str, Any]:
    """Seconds of the whole class, by two jobs and by one, and of single notebooks with one job."""
    students = folder / "class"
    _write_class(students, count)
    command = Command(ASSIGNMENT, folder)
    found: dict[str, Any] = {"submissions": count}
    for word, jobs in (("two", 2), ("one", 1)):
        found[word] = Times((command.seconds(students, jobs=jobs),)).each(count).record()
    checks = folder / "checks"
    checks.mkdir()
    shutil.copy(MODULE, checks)
    nbformat.write(_check_notebook(), checks / "check.ipynb")
    execute = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook"]
    line = [*execute, "--output", "done.ipynb", "check.ipynb"]
    found["check"] = Times(tuple(timed(line, checks) for _ in range(notebooks))).record()
    return found


def _write_class(folder: Path, count: int) -> None:
    """No two modules are alike, or the second would be graded by looking up the first."""
    source = MODULE.read_text(encoding="utf-8")
    for number in range(count):
        place = folder / f"student{number:03}"
        place.mkdir(parents=True)
        text = source.replace("examples", f"examples_{number}")
        (place / "layers.py").write_text(text, encoding="utf-8")


def _check_notebook() -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(text.strip()) for text in CHECK.split("# %%")]
    return nbformat.v4.new_notebook(cells=cells)


if __name__ == "__main__":
    main()
