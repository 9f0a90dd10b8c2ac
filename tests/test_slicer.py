"""What a value was computed from, read off the source; the clean room makes the same value of it."""

from __future__ import annotations

import ast
import math
import textwrap
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader import protocol
from grader.analysis.effort import Effort
from grader.analysis.formulas import Formulas
from grader.analysis.slicer import Definition, Slicer
from grader.cleanroom.room import CleanRoom, Question
from grader.records.scorecard import Isolation
from grader.sandbox.closing import Closing
from grader.sandbox.outcome import RunOutcome
from grader.worker.cleanroom import Slices

LEAVES = {
    "W": torch.arange(6.0).reshape(3, 2) + 1,
    "x": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]),
    "ix": torch.tensor([[0, 2], [2, 1]]),
    "h": torch.tensor([[0.5, -1.0], [2.0, 3.0]]),
}
GRADIENTS = frozenset({"dW", "dx", "dh", "dlogits"})
GIVEN = "\n".join(f"{name} = given()" for name in LEAVES)
IMPORTS = "import torch, math\nimport numpy as np\nimport torch.nn.functional as F"


class InProcess(Closing):
    """The clean room's own code, without a child around it."""

    def __init__(self) -> None:
        self.answers: list[tuple[protocol.Event, bytes]] = []
        self.rooms: list[protocol.Room] = []

    def open(self, request: protocol.RunRequest, blob: bytes = b"") -> InProcess:
        assert request.room is not None
        self.rooms.append(request.room)
        Slices(request.room, blob, self, limit=10_000).go()  # type: ignore[arg-type]
        return self

    def send(self, event: protocol.Event, blob: bytes = b"") -> None:
        self.answers.append((event, blob))

    def receive(self) -> None:
        return None

    @property
    def outcome(self) -> RunOutcome:
        return RunOutcome("completed", tuple(self.answers), Isolation(backend="none"), {})

    @outcome.setter
    def outcome(self, _: RunOutcome) -> None:
        """The same room answers every time."""

    def close(self) -> None:
        """There is nothing to end."""


REQUEST = protocol.RunRequest(
    cells=[], gradients={}, inputs={}, forward={}, limits=protocol.Limits(), data=""
)


def sliced(*cells: str) -> Slicer:
    slicer = Slicer(Effort(), GRADIENTS, LEAVES.keys())
    for index, source in enumerate((GIVEN, *cells)):
        slicer.add_cell(index, ast.parse(textwrap.dedent(source)))
    return slicer


def definition(name: str, *cells: str) -> Definition:
    found = (slicer := sliced(*cells)).reaching(name, slicer.end_of_cell(len(cells)))
    assert found is not None
    return found


def lines(name: str, *cells: str) -> str:
    """All that a slice says."""
    formulas = Formulas(Effort(), {leaf: leaf for leaf in LEAVES})
    found = formulas.closure(definition(name, *cells), formulas.bottom)
    steps = (step for each in found if formulas.leaf(each) is None for step in each.formula.steps)
    return "\n".join(ast.unparse(node) for step in steps for node in step.nodes)


def value(name: str, *cells: str) -> torch.Tensor | str:
    """What the clean room makes of a slice, or why it makes nothing of it."""
    formulas = Formulas(Effort(), {leaf: leaf for leaf in LEAVES})
    start = definition(name, *cells)
    bind = {each[0]: LEAVES[leaf] for leaf, each in formulas.leaves(start).items()}
    room = CleanRoom(InProcess(), formulas, REQUEST)  # type: ignore[arg-type]
    return room.ask([Question("0", bind, [start])])[0][start]


def expected(name: str, *cells: str) -> torch.Tensor:
    """What Python makes of the same lines."""
    scope: dict[str, Any] = {
        "__name__": "__main__",
        "torch": torch,
        "np": np,
        "F": functional,
        "math": math,
    }
    scope |= {leaf: tensor.clone() for leaf, tensor in LEAVES.items()}
    for source in cells:
        exec(textwrap.dedent(source), scope)
    return torch.as_tensor(scope[name])


FOLLOWED = {
    "a straight line": "t = h.T @ h\nu = t * 2\ndh = u + t",
    "the last of several": "dh = h\ndh = h * 2\ndh = h * 3",
    "augmented": "dh = h * 2\ndh += 1\ndh -= h",
    "augmented by what is read before": "t = h * 2\ndh = t * 1\nt = t + 5\ndh += t",
    "elements": "dh = torch.zeros_like(h)\ndh[range(2), 1] = -1.0 / 3\ndh[0] += h[1]",
    "tuple targets": "a, dh = h * 2, h * 3\na, dh = dh, a",
    "unpacked results": "dh, where = h.max(1, keepdim=True)",
    "a starred target": "dh, *rest = [h, h * 2, h * 3]\ndh = dh + rest[1]",
    "several targets": "a = dh = h * 4\na = a + 1",
    "loops": "dW = torch.zeros(3, 3)\nfor k in range(2):\n    for j in ix[k]:\n        dW[j] += x[k]",
    "zip and enumerate": "dh = h * 0\nfor i, (a, b) in enumerate(zip(h, x)):\n    dh[i] += a * b[0]",
    "a value carried by a loop that is taken whole": "t = h\nfor k in range(3):\n    t = t * 2 + k\ndh = t",
    "what a loop left": "for k in range(3):\n    t = h * k\n    u = t + 1\ndh = t * u",
    "what a loop left in a list": "l = []\nfor row in x:\n    t = row * 2\n    l.append(t)\ndh = l[0] + t",
    "while": "k = 0\ndh = h * 0\nwhile k < h.shape[0]:\n    dh[k] = h[k] * k\n    k += 1",
    "branches on sizes": "if x.shape[0] > 1:\n    dh = h * 2\nelse:\n    dh = h",
    "what was tried": "try:\n    dh = h * 2\nexcept ValueError:\n    dh = -h",
    "one branch": "dh = h\nif len(x) == 2:\n    dh = dh * 7",
    "a function": "def f(a, b=2):\n    c = a * b\n    return c + 1\ndh = f(h) + f(h, b=3)",
    "a function that reads globals": "s = 3\ndef f(a):\n    return a * s\ndh = f(h)\n",
    "functions in functions": "def f(a):\n    return a + 1\ndef g(a):\n    return f(a) * f(h)\ndh = g(h)",
    "a nested function": "def f(a):\n    def g(b):\n        return b * a\n    return g(a)\ndh = f(h)",
    "a function with several results": "def f(a):\n    return a * 2, a * 3\na, dh = f(h)",
    "lambdas": "f = lambda a: a * 2\ndh = f(h)",
    "walrus": "dh = (t := h * 2) + t",
    "comprehensions": "dh = torch.stack([row * k for k, row in enumerate(h)])",
    "a dictionary": 'G = {}\nG["t"] = h * 2\nG["dh"] = G["t"] + 1\ndh = G["dh"]',
    "a dictionary written as one": 'G = {"t": h * 2, "u": h * 3}\ndh = G["u"] - G["t"]',
    "a dictionary that goes on": 'G = {"t": h * 2}\nG["t"] += 1\nG["u"] = h\ndh = G["t"] * G["u"]',
    "a dictionary handed on": 'G = {"t": h * 2}\ndef f(A):\n    return A["t"] + 1\ndh = f(G)',
    "a dictionary read by a loop": "G = {}\nfor k in range(3):\n    G[k] = h * k\ndh = G[2]",
    "a list": "L = []\nfor k in range(3):\n    L.append(h * k)\ndh = L[-1] + L[1]",
    "attributes": (
        "class Layer:\n    def __init__(self, w):\n        self.w = w\n    def back(self, d):\n"
        "        self.dw = d * self.w\n        return d + 1\nl = Layer(h)\nt = l.back(h * 2)\ndh = l.dw + t"
    ),
    "attributes set from outside": "class N:\n    pass\nn = N()\nn.t = h * 2\ndh = n.t + 1",
    "modules under other names": "import torch as th\nfrom torch.nn import functional as fn\n"
    "from math import sqrt\ndh = fn.softmax(th.exp(h), 1) * sqrt(4)",
    "numpy": "a = h.numpy()\nb = np.zeros_like(a)\nnp.add.at(b, [0, 0], a)\ndh = torch.from_numpy(b)",
    "a loop that runs at least once": "for k in range(2):\n    dh = h * k\ndh += 1",
    "what runs as the main program": "if __name__ == '__main__':\n    dh = h * 2\ndh += 1",
    "a name of the module that a function writes": (
        "def f():\n    global t\n    t = h * 2\n    t += 1\nf()\ndh = t + 1"
    ),
    "out": "dh = torch.empty(2, 2)\ntorch.mul(h, h, out=dh)",
    "in place": "dW = torch.zeros(3, 2)\ndW.index_add_(0, ix[0], h)\ndW.mul_(2)",
    "in place on an element": "dW = torch.zeros(3, 2)\ndW[1].add_(h[0])\ndW.data[2] = h[1]",
    "through a view": "dW = torch.zeros(3, 2)\nflat = dW.view(-1)\nflat[0] = 5\nflat += 1",
    "contexts": "with torch.no_grad():\n    t = h * 2\n    with torch.no_grad():\n        dh = t + 1",
    "over cells": "t = h * 2<cell>u = t + 1<cell>dh = u * t",
    "prints, asserts and plots between": (
        "t = h * 2\nprint('t', t.grad)\nassert t is not None\nplt = None\ncmp = print\n"
        "def show(a):\n    print(a.grad)\n    plt.plot(a)\ndh = t + 1\ncmp('dh', dh, h)"
    ),
    "prints within a function and a loop": (
        "def f(a):\n    b = a * 2\n    print(b.grad_fn)\n    return b\ndh = h * 0\n"
        "for k in range(2):\n    print(open)\n    dh += f(h)"
    ),
    "a progress bar": "tqdm = list\ndh = h * 0\nfor k in tqdm(range(3)):\n    dh += h * k",
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_slice_gives_what_the_lines_give(name: str) -> None:
    cells = FOLLOWED[name].split("<cell>")
    target = "dW" if "dW" in FOLLOWED[name] else "dh"
    found = value(target, IMPORTS, *cells)
    assert isinstance(found, torch.Tensor), found
    assert torch.equal(found.float(), expected(target, *cells).float())


NOT_FOLLOWED = {
    "dh = eval('h * 2')": "eval",
    "dh = getattr(torch, 'tanh')(h)": "getattr",
    "dh = globals()['h'] * 2": "globals",
    "dh = torch.rand(2, 2) * h": "torch.rand",
    "dh = h.grad * 2": "autograd's own gradient",
    "dh = torch.autograd.grad(h.sum(), h)[0]": "torch.autograd.grad",
    "dh = h\nif h.sum() > 0:\n    dh = -h": "condition on a tensor",
    "if h.sum() > 0:\n    dh = h\nelse:\n    dh = -h": "",
    "import secret\ndh = secret.backward(h)": "import",
    "dh += h": "begun nowhere",
}


@pytest.mark.parametrize("source", NOT_FOLLOWED)
def test_what_cannot_be_followed_says_why(source: str) -> None:
    found = value("dh", source)
    assert isinstance(found, str)
    assert NOT_FOLLOWED[source] in found


OVERLOOKED = {
    "a helper that fills its argument": (
        "def add(out, rows):\n    out[0] += rows[0]\ndW = torch.zeros(3, 2)\nadd(dW, h)"
    ),
    "a view of a view": "dW = torch.zeros(3, 2)\na = dW.view(-1)\nb = a.view(2, 3)\nb[0] = h[0, 0]",
}


@pytest.mark.parametrize("name", OVERLOOKED)
def test_writes_that_the_source_hides_give_another_value_or_none(name: str) -> None:
    found = value("dW", OVERLOOKED[name])  # which is why a slice is held against the ordinary run
    assert isinstance(found, str) or not torch.equal(found, expected("dW", OVERLOOKED[name]))


def test_lines_that_decide_nothing_are_left_out() -> None:
    source = """
    t = h * 2
    other = h * 3
    print(other)
    torch.manual_seed(3)
    plt.plot(t)
    for k in range(3):
        other += k
    dh = t + 1
    dW = dh * 2
    """
    found = lines("dh", source)
    assert found.splitlines() == ["dh = t + 1", "t = h * 2"]


def test_a_value_that_was_overwritten_is_not_part_of_it() -> None:
    assert lines("dh", "t = h * 2\nt = x * 3\ndh = t") == "dh = t\nt = x * 3"


def test_a_read_before_a_later_write_is_what_stood_there() -> None:
    assert lines("dh", "t = h * 2\ndh = t\nt = x * 3").splitlines() == ["dh = t", "t = h * 2"]


def test_a_function_is_pruned_to_what_its_result_needs() -> None:
    source = "def f(a):\n    '''Words.'''\n    print(a)\n    b = a.grad_fn\n    c = a * 2\n    return c\ndh = f(h)"
    assert "grad_fn" not in lines("dh", source)
    assert "print" not in lines("dh", source)


def test_only_the_element_that_is_read_is_part_of_it() -> None:
    found = lines("dh", 'G = {}\nG["a"] = h * 2\nG["b"] = h.grad\ndh = G["a"]')
    assert "grad" not in found


def test_shapes_of_what_autograd_left_do_not_ask_it() -> None:
    for source in ("dh = torch.zeros_like(h.grad)", "dh = torch.zeros(h.grad.shape)"):
        assert "grad" not in lines("dh", source)


def test_gradients_are_not_taken_for_views_of_one_another() -> None:
    assert lines("dh", "dh = h * 2\ndx = dh\ndx += 1") == "dh = h * 2"


def test_names_stand_for_modules_only_where_nothing_else_was_assigned_to_them() -> None:
    assert torch.equal(torch.as_tensor(value("dh", "F = h * 2\ndh = F + 1")), LEAVES["h"] * 2 + 1)


def test_an_input_that_is_updated_and_read_again_is_none_any_more() -> None:
    formulas = Formulas(Effort(), {leaf: leaf for leaf in LEAVES})
    found = definition("dh", "W = W - 0.1 * W\ndh = W * 2")
    assert [each.name for each in formulas.leaves(found)["W"]] == ["W"]
    updated = next(iter(next(iter(found.formula.steps)).reads.values()))
    assert formulas.leaf(updated) is None


def test_parameters_of_a_function_are_what_its_call_hands_on() -> None:
    slicer = sliced("def back(dout, w):\n    dh = dout @ w\n    return dh\nout = back(x, W)")
    inside = slicer.at(1, (("body", 0), ("body", 0)))
    assert inside is not None
    found = slicer.reaching("dh", slicer.after(1, inside.path))  # type: ignore[arg-type]
    assert found is not None
    formulas = Formulas(Effort(), {leaf: leaf for leaf in LEAVES})
    assert set(formulas.leaves(found)) == {"x", "W"}


def test_a_function_that_is_called_nowhere_proves_nothing() -> None:
    slicer = sliced("def back(dout):\n    dh = dout * 2\n    return dh")
    inside = slicer.at(1, (("body", 0), ("body", 0)))
    assert inside is not None
    found = slicer.reaching("dh", slicer.after(1, inside.path))  # type: ignore[arg-type]
    assert found is not None
    (read,) = found.formula.inputs()
    assert read.formula.complaint == "`back` is called nowhere"
