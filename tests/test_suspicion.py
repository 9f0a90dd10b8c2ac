"""What a person is asked to look at, and what nobody should be bothered with."""

from __future__ import annotations

import ast

import pytest
from conftest import BACKWARD, FORWARD, SETUP

from grader.analysis.suspicion import suspicions


def found(source: str) -> set[tuple[str, str]]:
    return {(each.code, each.name) for each in suspicions(0, ast.parse(source))}


ENGINE = {
    "from torch.func import jvp as along": "jvp",
    "import torch.autograd.forward_ad as fw": "forward_ad",
    "x = torch.ops.aten.tanh_backward(g, y)": "tanh_backward",
    "x = torch._softmax_backward_data(g, y, 1, g.dtype)": "_softmax_backward_data",
    "with torch.autograd.graph.saved_tensors_hooks(a, b): pass": "saved_tensors_hooks",
    "e = getattr(torch.autograd.Variable, '_execution_engine')": "_execution_engine",
    "x = f'{torch.func.linearize(f, x)}'": "linearize",
    "match torch.autograd.Variable:\n    case type(_execution_engine=e): pass": "_execution_engine",
    "try: pass\nexcept torch.func.jacfwd: pass": "jacfwd",
    "def f(x=torch.func.hessian): pass": "hessian",
}
HIDDEN = {
    "import ctypes": "ctypes",
    "import torch.multiprocessing as mp": "torch.multiprocessing",
    "from os import write": "os.write",
    "import os as o": "os as o",
    "os.write(5, b'')": "os.write",
    "torch.os.dup2(3, 4)": "dup2",
    "m = sys.modules": "sys.modules",
    "exec(text)": "exec",
    "x = eval('1')": "eval",
    "y = list(map(eval, names))": "eval",
    "y = getattr(torch, 'ba' + 'ck')": "getattr",
    "g = getattr": "getattr",
    "d = vars(torch)": "vars",
    "d = torch.__dict__": "__dict__",
    "d = globals()['__builtins__']": "__builtins__",
    "open(5, 'wb')": "open",
    "torch.load('x', weights_only=False)": "weights_only",
    "class T(torch.Tensor):\n    def __torch_function__(self): pass": "__torch_function__",
    "x = f.__code__.co_consts": "__code__",
    "import grader.worker": "grader.worker",
}


@pytest.mark.parametrize("source", ENGINE)
def test_differentiation_that_no_audit_sees_is_noted(source: str) -> None:
    assert ("engine", ENGINE[source]) in found(source)


@pytest.mark.parametrize("source", HIDDEN)
def test_what_reaches_beyond_the_notebook_is_noted(source: str) -> None:
    assert ("hidden", HIDDEN[source]) in found(source)


@pytest.mark.parametrize(
    "source",
    [
        SETUP,
        FORWARD,
        BACKWARD,
        "import os, sys, random, time\nos.makedirs('x')\nprint(sys.version, os.path.exists('x'))",
        "def tanh_backward(g, y):\n    return g * (1 - y**2)\ndh = tanh_backward(dy, y)",
        "jacobian = torch.diag(p) - p.outer(p)",
        "class Value:\n    def __init__(self):\n        self._backward = lambda: None",
        "torch.load('weights.pt', weights_only=True)\nopen('names.txt')",
        "for name in names:\n    cmp(name, globals()['d' + name], globals()[name])",
        "x = getattr(module, 'weight')\nprint(vars())",
        "stoi = {" + ", ".join(f"'{chr(97 + i)}': {i + 1}" for i in range(26)) + "}",
        "print('" + "a long sentence " * 100 + "')",
        "plt.figure(figsize=(20, 4))\nW1 = torch.randn((30, 64), generator=g) * (5/3)/((30)**0.5)",
    ],
)
def test_ordinary_work_leaves_no_note(source: str) -> None:
    assert found(source) == set()


def test_numbers_and_dense_texts_written_out_are_noted() -> None:
    assert found(f"db2 = torch.tensor({[i / 1000 + 0.1234 for i in range(27)]})") == {
        ("numbers", "27 numbers")
    }
    assert found(f"x = '{'QUJD' * 300}'") == {("numbers", "a text of 1200 signs")}


def test_equal_cells_are_each_pointed_at() -> None:
    tree = ast.parse("1\nimport ctypes")
    places = [(each.cell, each.line) for cell in (3, 5) for each in suspicions(cell, tree)]
    assert places == [(3, 2), (5, 2)]
