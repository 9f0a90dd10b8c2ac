"""Each way in which an instructor's assignment may be broken, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from grader.assignment import load_assignment
from grader.cli.main import cli
from grader.errors import GraderError
from grader.reference.examination import examined

TOML = """
name = "mine"
title = "Mine"

[inputs.X]
kind = "index"
shape = [5, 2]
high = 7
[inputs.y]
kind = "data"
shape = [5, 3]
[inputs.C]
kind = "parameter"
shape = [7, 2]
[inputs.W]
kind = "parameter"
shape = [4, 3]
[inputs.n]
kind = "constant"
value = 5
size_of = "X"

[[exercises]]
id = "one"
title = "One"
targets = ["diff", "z", "W", "e", "C"]
"""
FORWARD = """import torch
e = C[X]
x = e.view(n, -1)
z = x @ W
diff = torch.tanh(z) - y
loss = (diff**2).mean()
"""
SETUP = """
import torch
X = torch.randint(0, 7, (5, 2)); y = torch.randn(5, 3); n = 5
C = torch.randn(7, 2, requires_grad=True); W = torch.randn(4, 3, requires_grad=True)
e = C[X]
x = e.view(n, -1)
z = x @ W
diff = torch.tanh(z) - y
loss = (diff**2).mean()
"""
ANSWERS = """
ddiff = 2 * diff / diff.numel()
dz = ddiff * (1 - torch.tanh(z)**2)
dW = x.T @ dz
de = (dz @ W.T).view(e.shape)
dC = torch.zeros_like(C)
dC.index_add_(0, X.view(-1), de.view(-1, 2))
"""


def notebook(*cells: str) -> str:
    made: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "source": cell,
            "outputs": [],
            "execution_count": None,
        }
        for i, cell in enumerate(cells)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "assignments" / "mine"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML)
    (folder / "forward.py").write_text(FORWARD)
    (folder / "starter.ipynb").write_text(notebook(SETUP, "ddiff = None"))
    solution = tmp_path / "solutions" / "mine"
    solution.mkdir(parents=True)
    (solution / "solution.ipynb").write_text(notebook(SETUP, ANSWERS))
    return folder


def check(folder: Path, *options: str) -> Result:
    def run() -> Result:
        return CliRunner().invoke(cli, ["assignment", "check", str(folder), *options])

    return run()


def test_an_assignment_without_faults_has_none(folder: Path) -> None:
    found = check(folder)
    assert found.exit_code == 0, found.output
    assert "mine: all right: 1 exercise, 5 gradients, 5 points" in found.output


Change = Callable[[Path], None]


def forward(old: str, new: str) -> Change:
    return _change("forward.py", old, new)


def toml(old: str, new: str) -> Change:
    return _change("assignment.toml", old, new)


def _change(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def without(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


BROKEN: dict[str, tuple[Change, str]] = {
    "no forward script": (without("forward.py"), "forward.py: cannot be read: No such file"),
    "bad syntax": (forward("z = x @ W", "z = x @ @ W"), "forward.py:4: invalid syntax"),
    "no text": (
        lambda folder: (folder / "forward.py").write_bytes(b"loss = '\xff'\n") and None,
        "forward.py: is not text in UTF-8: save it as that",
    ),
    "no loss": (forward("loss =", "lose ="), "forward.py: no line assigns `loss`: end it with"),
    "an input assigned": (
        forward("z =", "W = W * 2\nz ="),
        "forward.py:4: `W` is an input of the assignment, and may not be assigned here",
    ),
    "a typing mistake": (
        forward("torch.tanh(z)", "torch.tanh(zz)"),
        "forward.py:5: it raises NameError: name 'zz' is not defined: did you mean `z`?",
    ),
    "a name that is nowhere": (
        forward("x @ W", "x @ weights_1"),
        "forward.py:4: it raises NameError: name 'weights_1' is not defined: it is no input",
    ),
    "a function that torch has not": (
        forward("torch.tanh", "torch.tahn"),
        "forward.py:5: it raises AttributeError: module 'torch' has no attribute 'tahn': did you",
    ),
    "a module that is not there": (
        forward("import torch", "import torch, nonesuch"),
        "forward.py:1: it raises ModuleNotFoundError: No module named 'nonesuch': install it",
    ),
    "an end": (forward("z =", "exit()\nz ="), "forward.py:4: it raises SystemExit"),
    "shapes that do not fit": (
        toml("shape = [4, 3]", "shape = [3, 3]"),
        "3x3): do the inputs fit it, as assignment.toml has them? W [3, 3]",
    ),
    "an index out of range": (
        toml("high = 7", "high = 9"),
        "forward.py:2: it raises IndexError: index ",
    ),
    "a parameter changed in place": (
        forward("z =", "C[0] = 0\nz ="),
        "forward.py:4: it raises RuntimeError: a view of a leaf Variable that requires grad",
    ),
    "a loss that is no scalar": (
        forward(".mean()", ".mean(1)"),
        "forward.py:6: the loss `loss` has shape (5,), no single number: take its mean or its sum",
    ),
    "a loss that is a number": (
        forward(".mean()", ".mean().item()"),
        "forward.py:6: the loss `loss` is float, no tensor: leave out `.item()` or `float()`",
    ),
    "a loss without a gradient": (
        forward("(diff**2)", "(diff.detach()**2)"),
        "forward.py:6: the loss `loss` has no gradient: no parameter reaches it",
    ),
    "a loss that is not finite": (
        forward("(diff**2)", "(diff - 50).log()"),
        "forward.py:6: the loss `loss` is nan at drawn inputs: give `mean`, `scale` and `high`",
    ),
    "dropout": (
        forward("z =", "x = torch.nn.functional.dropout(x)\nz ="),
        "forward.py:4: `x` is another on the same inputs: make what is drawn an input",
    ),
    "random numbers": (
        forward("torch.tanh(z)", "torch.tanh(z + torch.rand(3))"),
        "forward.py:5: `diff` is another on the same inputs: make what is drawn an input",
    ),
    "numpy's random numbers": (
        forward("torch.tanh(z)", "torch.tanh(z + __import__('numpy').random.rand())"),
        "forward.py:5: `diff` is another on the same inputs",
    ),
    "a target that is no name": (
        toml('"diff"', '"dif"'),
        "exercises[0].targets: `dif` does not exist (did you mean `diff`?)",
    ),
    "a target that is no tensor": (
        forward("z =", "k = n + 1\nz ="),
        "forward.py:4: the target `k` is int, no tensor: take it out of `targets`",
    ),
    "a target without a gradient": (
        forward("z =", "with torch.no_grad():\n    k = x.max()\nz ="),
        "forward.py:5: the target `k` has no gradient: no parameter reaches it",
    ),
    "a target off the way to the loss": (
        forward("z =", "k = x.sum()\nz ="),
        "forward.py:4: the target `k` is not on the way to the loss `loss`",
    ),
    "a target whose gradient is infinite": (
        forward("z =", "k = (x - x.detach()).abs().sqrt()\nz = k.sum() +"),
        "forward.py:2: the gradient of `e` is not finite at drawn inputs: give `mean`",
    ),
    "two targets that are one tensor": (
        forward("diff =", "k = z.tanh_()\ndiff ="),
        "forward.py:4: the targets `k` and `z` are one tensor, changed in place",
    ),
    "an element that is not there": (
        forward("z =", "k = [x, x]\nz ="),
        "forward.py:4: the target `k[4]` is never assigned",
    ),
    "no toml": (without("assignment.toml"), "holds no assignment.toml: `grader new` writes one"),
    "toml that is none": (toml('name = "mine"', "name = mine"), "assignment.toml: is not valid"),
    "an unknown key": (
        toml("high = 7", "hihg = 7"),
        "assignment.toml: inputs[...]: unknown key `hihg` (did you mean `high`?)",
    ),
    "an unknown kind": (
        toml('kind = "data"', 'kind = "float"'),
        "assignment.toml: inputs[...].kind: invalid enum value 'float'",
    ),
    "a constant without a value": (
        toml("value = 5\n", ""),
        "assignment.toml: inputs.n: a constant without `value`: add `value`",
    ),
    "an index from nothing to nothing": (
        toml("high = 7", "low = 7\nhigh = 7"),
        "inputs.X: `low` is 7, and `high` is 7: `high` has to be greater than `low`",
    ),
    "a size that is none": (
        toml("value = 5\n", "value = 4\n"),
        "inputs.n: `value` is 4, the first size of `X` is 5: make them the same",
    ),
    "a spelling that stands for two": (
        toml("[[exercises]]", '[gradient_aliases]\ndz = ["g"]\ndW = ["g"]\n[[exercises]]'),
        "assignment.toml: gradient_aliases: `g` stands for `dz` and for `dW`: take it out of one",
    ),
    "an upstream that comes earlier": (
        toml('"C"]', '"C"]\nupstream.diff = ["z"]'),
        "assignment.toml: exercises[0].upstream.diff: `z` does not rest on `diff`",
    ),
    "a package that is missing": (
        toml("[[exercises]]", '[environment]\npackages = ["nonesuch"]\n[[exercises]]'),
        "environment.packages: nonesuch not installed here: pip install nonesuch",
    ),
    "data that are missing": (
        toml('title = "Mine"', 'title = "Mine"\ndata = ["words.txt"]'),
        "assignment.toml: data: there is no file",
    ),
    "a solution with a mistake": (
        lambda f: _write(_solution(f), notebook(SETUP, ANSWERS.replace("x.T @", "2 * x.T @"))),
        "solution.ipynb: one: dW earns 0 of 1",
    ),
    "a solution that asks autograd": (
        lambda f: _write(
            _solution(f),
            notebook(SETUP + "loss.backward()", ANSWERS.replace("x.T @ dz", "W.grad")),
        ),
        "solution.ipynb: one: dW earns 0 of 1",
    ),
    "a starter with an answer": (
        lambda f: _write(f / "starter.ipynb", notebook(SETUP, ANSWERS[:33])),
        "starter.ipynb: one: ddiff earn points as it is handed out: take their lines out",
    ),
    "a starter that does not run": (
        lambda f: _write(f / "starter.ipynb", notebook(SETUP + "shown = plot(loss)", "dz = 0")),
        "starter.ipynb: cell 0: line 10: NameError: name 'plot'",
    ),
    "a starter that is no notebook": (
        lambda f: _write(f / "starter.ipynb", "{"),
        "starter.ipynb: is no notebook",
    ),
}
ASKED = {
    "a target that is no tensor": "k",
    "a target without a gradient": "k",
    "a target off the way to the loss": "k",
    "a target whose gradient is infinite": "k",
    "two targets that are one tensor": "k",
    "an element that is not there": "k[4]",
}
RUN = {name for name in BROKEN if name.startswith(("a solution", "a starter", "no toml"))}


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _solution(folder: Path) -> Path:
    return folder.parents[1] / "solutions" / "mine" / "solution.ipynb"


def break_it(folder: Path, fault: str) -> str:
    change, says = BROKEN[fault]
    change(folder)
    if fault in ASKED:
        toml('"diff"', f'"diff", "{ASKED[fault]}"')(folder)
    return says


@pytest.mark.parametrize("fault", BROKEN)
def test_each_fault_is_said_with_its_place_and_cure(folder: Path, fault: str) -> None:
    says = break_it(folder, fault)
    found = check(folder, *([] if fault in RUN else ["--quick"]))
    said = found.output + (str(found.exception) if found.exception else "")
    assert says in said
    assert found.exit_code == 2 or isinstance(found.exception, GraderError)


@pytest.mark.parametrize("fault", sorted(BROKEN.keys() - RUN - {"a package that is missing"}))
def test_nothing_is_graded_by_a_broken_assignment(folder: Path, fault: str) -> None:
    says = break_it(folder, fault)
    with pytest.raises(GraderError) as caught:
        examined(load_assignment(folder))
    assert says in str(caught.value)


def test_all_faults_are_said_at_once_and_counted(folder: Path) -> None:
    toml("value = 5\n", "value = 4\n")(folder)
    forward("torch.tanh(z)", "torch.tanh(zz)")(folder)
    found = check(folder)
    assert found.exit_code == 2
    assert "mine: 2 faults, nothing can be graded by it" in found.output


def test_what_is_no_fault_is_a_note(folder: Path) -> None:
    forward("torch.tanh(z) - y", "torch.tanh(z) - torch.tanh(z) + e.sum() - y")(folder)
    found = check(folder, "--quick")
    assert found.exit_code == 0
    assert "note: the gradient of `z` is zero, whatever the parameters are" in found.output


def test_without_a_solution_or_a_starter_it_says_what_was_not_tried(folder: Path) -> None:
    _solution(folder).unlink()
    (folder / "starter.ipynb").unlink()
    found = check(folder)
    assert found.exit_code == 0
    assert "note: no solution to try: write it to" in found.output
    assert "note: no starter to try" in found.output
