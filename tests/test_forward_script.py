from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from grader.assignment import Assignment, load_assignment
from grader.reference import Network, Oracle
from grader.reference.examination import examined
from grader.reference.vjp import CutNetwork

INPUTS = """
[inputs.X]
kind = "data"
shape = [5, 3]
[inputs.W]
kind = "parameter"
shape = [3, 4]
[inputs.V]
kind = "parameter"
shape = [4, 4]
[inputs.b]
kind = "parameter"
shape = [4]
"""

Made = Callable[..., Oracle]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(forward: str, *targets: str, inputs: str = INPUTS) -> Oracle:
        return Oracle(assignment_of(tmp_path, forward, *targets, inputs=inputs))

    return make


def assignment_of(folder: Path, forward: str, *targets: str, inputs: str = INPUTS) -> Assignment:
    names = ", ".join(f'"{name}"' for name in targets)
    (folder / "assignment.toml").write_text(
        f'name = "mine"\ntitle = "Mine"\nstarter = "none"\n{inputs}'
        f'[[exercises]]\nid = "one"\ntitle = "One"\ntargets = [{names}]\n'
    )
    (folder / "forward.py").write_text(forward)
    return examined(load_assignment(folder))


def network(oracle: Oracle) -> Network:
    found = oracle.example_network
    assert isinstance(found, Network), found
    return found


def by_hand(oracle: Oracle, target: str, given: dict[str, torch.Tensor], flat: str) -> torch.Tensor:
    """The product by the book: a flat script, run up to each cut and from a fresh leaf on."""
    leaves = {
        name: value.detach().requires_grad_(name in oracle.assignment.parameters)
        for name, value in network(oracle).inputs.items()
    }
    scope: dict[str, torch.Tensor] = dict(leaves)
    total = torch.zeros(())
    for line in flat.strip().splitlines():
        exec(line, {"torch": torch}, scope)
        name = line.partition(" = ")[0]
        if name in given:
            total = total + (scope[name] * given[name]).sum()
            scope[name] = scope[name].detach()
        if name == target:
            scope[name] = scope[name].detach().requires_grad_()
            leaves[name] = scope[name]
            total = torch.zeros(())
    if scope["loss"].requires_grad:
        total = total + scope["loss"]
    found = torch.autograd.grad(total, leaves[target], allow_unused=True)[0]
    return torch.zeros_like(leaves[target]) if found is None else found


FLAT = """
z = X @ W + b
h = torch.tanh(z)
u = h @ V
a = torch.tanh(u)
r = a + h
loss = (r**2).mean()
"""
WAYS = {
    "flat": "import torch\n" + FLAT,
    "function": """
import torch
def layer(x, w):
    y = x @ w
    return y
act = lambda x: torch.tanh(x)
z = layer(X, W) + b
h = act(z)
u = layer(h, V)
a = act(u)
r = a + h
loss = (r**2).mean()
""",
    "all in one function": """
import torch
def forward(X, W, b, V):
    z = X @ W + b
    h = torch.tanh(z)
    u: torch.Tensor = h @ V
    a = torch.tanh(u)
    r = a
    r = r + h
    return (r**2).mean()
loss = forward(X, W, b, V)
""",
    "module": """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Tanh()
    def forward(self, x):
        z = x @ W + b
        h = self.act(z)
        u = h @ V
        a = self.act(u)
        r = a + h
        return nn.functional.mse_loss(r, torch.zeros_like(r))
net = Net()
loss = net(X)
""",
    "in place, tuples, branches": """
import torch
eps, n = 1e-5, X.shape[0]
z = X @ W
z += b
if n > 3:
    h, unused = torch.tanh(z), None
with torch.no_grad():
    greatest = h.max()
u = torch.empty(5, 4)
u[:, :2], u[:, 2:] = h @ V[:, :2], h @ V[:, 2:]
a = u.clone().tanh_()
parts = torch.chunk(a + h, 2, 1)
r = torch.cat(parts, 1)
total = 0.0
for row in r:
    total = total + (row**2).sum()
loss = total / (n * r.shape[1])
""",
    "a seeded generator": "import torch\ntorch.manual_seed(3)\nnoise = torch.rand(2)\n" + FLAT,
}
CASES = [
    ("W", {"h": 1}),
    ("z", {"h": 1}),
    ("h", {"u": 1}),
    ("h", {"u": 1, "r": 1}),
    ("h", {"a": 1, "r": 1}),
    ("u", {"r": 1}),
    ("h", {"a": 1}),
    ("V", {}),
]


@pytest.mark.parametrize("way", WAYS)
def test_products_do_not_depend_on_how_the_script_is_written(made: Made, way: str) -> None:
    oracle = made(WAYS[way], "W", "V", "b", "z", "h", "u", "a", "r")
    found = network(oracle)
    assert set(found.gradients) >= {"W", "V", "b", "z", "h", "u", "a", "r", "loss"}
    run = oracle.run(found.leaves())
    generator = torch.Generator().manual_seed(9)
    for target, names in CASES:
        given = {n: torch.randn(found.tensors[n].shape, generator=generator) for n in names}
        expected = by_hand(oracle, target, given, FLAT)
        cut = CutNetwork(run, given, "loss").expected(target, given)
        assert torch.allclose(cut, expected, atol=1e-6), (way, target, names)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_computed_from_what_is_found_out_by_running(made: Made, way: str) -> None:
    forward = made(WAYS[way], "W", "V", "b", "z", "h", "u", "a", "r").assignment.forward
    assert forward.tensors[-1] == "loss"
    assert "h" in forward.consumers("z")
    assert {"u", "r"} == forward.consumers("h") - {"total", "parts", "row"}
    assert forward.consumers("W") == {"z"}
    assert {"z", "loss"} <= forward.consumers("X")  # that rest on it, near or far


@pytest.mark.parametrize("way", WAYS)
def test_all_steps_in_one_pass_are_each_one_alone(made: Made, way: str) -> None:
    oracle = made(WAYS[way], "W", "V", "b", "z", "h", "u", "a", "r")
    found = network(oracle)
    names = [name for name in oracle.assignment.forward.tensors if name != "loss"]
    given = {name: torch.randn(found.tensors[name].shape) for name in names}
    cut = CutNetwork(oracle.run(found.leaves()), names, "loss")
    together = cut.all_expected([*names, "W", "V", "b"], given)
    for name, gradient in together.items():
        assert torch.allclose(gradient, cut.expected(name, given), atol=1e-6), name


def test_names_that_stand_for_no_tensor_are_none(made: Made) -> None:
    script = """
import torch
eps = 1e-5
n = X.shape[0]
act = torch.nn.Tanh()
square = lambda x: x * x
h = act(X @ W)
parts = h.chunk(2, 1)
left, right = parts
keep = h > 0
loss = square(left + eps).sum() / n + right.sum()
"""
    assert made(script, "h", "W").assignment.forward.tensors == ("h", "left", "right", "loss")


def test_a_name_bound_several_times_counts_only_where_it_is_asked_for(made: Made) -> None:
    script = "h = X @ W\nfor t in range(3):\n    h = (h @ V).tanh()\nloss = h.sum()\n"
    assert made(script, "W").assignment.forward.tensors == ("loss",)
    found = network(made(script, "h", "h[0]", "h[2]"))
    assert torch.equal(found.gradients["h"], torch.ones(5, 4))  # the last
    run = (made(script, "h[0]", "h[3]")).run(network(made(script, "h[0]", "h[3]")).leaves())
    assert torch.equal(run.tensor("h[0]"), run.inputs["X"] @ run.inputs["W"])
    assert torch.equal(run.tensor("h[3]"), run.tensor("h"))


def test_elements_of_a_list_over_time_are_cut_by_their_index(made: Made) -> None:
    script = """
h = [X[:, :1] @ W[:1]]
for t in range(1, 3):
    h.append((h[-1] @ V + X[:, t:t + 1] @ W[t:t + 1]).tanh())
loss = sum((each**2).sum() for each in h)
"""
    oracle = made(script, "h[0]", "h[1]", "h[2]", "V")
    assert oracle.assignment.forward.consumers("h[1]") == {"h[2]", "loss"}
    assert oracle.assignment.gradient_names["dh_2"] == "dh[2]"
    found = network(oracle)
    given = {"h[2]": torch.randn(5, 4)}
    cut = CutNetwork(oracle.run(found.leaves()), given, "loss").expected("h[1]", given)
    local = 1 - found.tensors["h[2]"] ** 2
    V = found.inputs["V"]
    assert torch.allclose(cut, (given["h[2]"] * local) @ V.T + 2 * found.tensors["h[1]"])


def test_data_have_no_gradient_and_stay_as_they_are(made: Made) -> None:
    oracle = made("h = X @ W\nloss = h.sum()\n", "W")
    found = network(oracle)
    assert "X" not in found.gradients
    assert "X" in found.inputs


def test_what_a_script_does_to_its_data_is_not_done_to_the_next_run(made: Made) -> None:
    oracle = made("x = X\nx *= 2\nh = x @ W\nloss = h.sum()\n", "W")
    example = oracle.example()
    assert torch.equal(network(oracle).inputs["X"], example["X"])


def test_random_numbers_of_a_script_leave_those_of_the_grader_alone(made: Made) -> None:
    oracle = made(WAYS["a seeded generator"], "W")
    torch.manual_seed(1)
    wanted = torch.rand(1)
    torch.manual_seed(1)
    oracle.network(oracle.example())
    assert torch.equal(torch.rand(1), wanted)
