"""Gradients and what they are made of in objects, records and dictionaries of the student's own."""

from __future__ import annotations

import pytest
from conftest import BACKWARD, FORWARD, SETUP, Grade

DIRECT = """
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
"""
FIRST = """
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
"""
assert DIRECT in BACKWARD
assert FIRST in BACKWARD

LAYERS = """
class Layer:
    def __init__(self):
        self.dW, self.db = None, None
    def __repr__(self):
        return type(self).__name__
class Linear(Layer):
    def __init__(self, W, b):
        super().__init__()
        self.W, self.b = W, b
    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T
class Through(Layer):
    def __call__(self, x):
        return x
    def backward(self, dout):
        return dout
net = [Through(), Linear(W2, b2)]
x = h
for layer in net:
    x = layer(x)
"""
BACK_THROUGH = """
d = dlogits
for layer in reversed(net):
    print(layer)
    d = layer.backward(d)
dh = d
dW2, db2 = net[1].dW, net[1].db
"""
RECORDS = """
from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple
@dataclass
class Node:
    value: torch.Tensor
    grad: torch.Tensor = None
nodes = {"h": Node(h), "W2": Node(W2), "b2": Node(b2)}
nodes["h"].grad = dlogits @ nodes["W2"].value.T
nodes["W2"].grad = nodes["h"].value.T @ dlogits
nodes["b2"].grad = dlogits.sum(0)
dh, dW2, db2 = nodes["h"].grad, nodes["W2"].grad, nodes["b2"].grad
class Cache(NamedTuple):
    x: torch.Tensor
    W: torch.Tensor
Both = namedtuple("Both", "x W")
def back(dout, c: Cache):
    return dout @ c.W.T, c.x.T @ dout, dout.sum(0)
"""
KEPT = """
from collections import defaultdict
dh = dlogits @ W2.T
"""
MADE = """
grads = defaultdict(float)
for number, (a, dz) in enumerate([(embcat, dhprebn), (h, dlogits)]):
    grads["dW" + str(number + 1)] += a.T @ dz
params = {"W2": (h, dlogits), "W1": None}
def biases(**given):
    return {f"b{k[1]}": dz.sum(0) for k, dz in given.items()}
sums = {**biases(d1=dhprebn), **biases(d2=dlogits)}
errors = dict(zip(["dW1", "dW2"], [(grads["dW1"] - W1.grad).abs().max(), 0.0]))
"""


def back(direct: str, first: str) -> str:
    """The way back with other lines for the two linear layers."""
    return BACKWARD.replace(DIRECT, direct).replace(FIRST, first)


HONEST = {
    "layers in a list": [LAYERS, back(BACK_THROUGH, FIRST)],
    "records": [back(RECORDS, "\ndembcat, dW1, db1 = back(dhprebn, Both(embcat, W=W1))\n")],
    "keys of the run": [back(KEPT, "\ndembcat = dhprebn @ W1.T\n"), MADE],
}


@pytest.mark.parametrize("form", HONEST)
def test_what_is_kept_in_the_students_own_way_is_found_and_followed(
    grade: Grade, form: str
) -> None:
    card = grade(SETUP, FORWARD, *HONEST[form])
    rows = card.exercises[0].targets
    assert [row.name for row in rows if row.score < row.max_score or row.step != "right"] == []
    assert [note.code for note in card.integrity] == []
    others = {row.verdict for each in card.exercises[1:] for row in each.targets}
    assert others == {"missing"}


def test_mistakes_in_it_are_wrong_and_nothing_else_is(grade: Grade) -> None:
    records = RECORDS.replace('dlogits @ nodes["W2"].value.T', '2 * dlogits @ nodes["W2"].value.T')
    made = MADE.replace("a.T @ dz", "a.T @ dz / n").replace(".sum(0) for", ".sum(0) * 3 for")
    made = made.replace("grads[", "other[").replace("grads =", "other =")
    kept = back(records.replace("db2 = nodes", "_ = nodes"), "\ndembcat = dhprebn @ W1.T\n")
    card = grade(SETUP, FORWARD, "from collections import defaultdict", kept, made)
    rows = card.exercises[0].targets
    wrong = {row.name for row in rows if row.step == "wrong" and row.score < row.max_score}
    assert wrong == {"dh", "dW1"}
    assert {row.name for row in rows if row.score < row.max_score} - wrong == {"db1", "db2"}


OWN_AUTOGRAD = """
class Value:
    def __init__(self, data):
        self.data = data
        self.grad = torch.zeros_like(data)
    def __matmul__(self, other):
        out = Value(self.data @ other.data)
        def back():
            self.grad = self.grad + out.grad @ other.data.T
            other.grad = other.grad + self.data.T @ out.grad
        out.back = back
        return out
left, right = Value(h), Value(W2)
product = left @ right
product.grad = dlogits
product.back()
dh = left.grad
dW2 = right.grad
db2 = dlogits.sum(0)
"""


def test_ones_own_engine_is_no_copying_though_it_cannot_be_followed(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, back(OWN_AUTOGRAD, FIRST))
    assert card.exercises[0].score == 26
    assert [note.code for note in card.integrity] == ["unproven"]


COPIES = """
from collections import namedtuple
from types import SimpleNamespace
class Box:
    def __init__(self, t):
        self.t = t
        self.grad = None
    def of_it(self):
        return self.t.grad
class Taken:
    def __init__(self, t):
        self.grad = t.grad
Pair = namedtuple("Pair", "a b")
dh = Box(h).t.grad
dW2 = [Box(W2)][0].of_it() + 0
db2 = Pair(b2, None).a.grad * 1
"""
MORE_COPIES = """
dembcat = Taken(embcat).grad
box = Box(W1)
box = W1
dW1 = box.grad.clone()
db1 = (lambda t: t.grad)(SimpleNamespace(t=b1).t)
"""


def test_a_tensors_own_gradient_is_a_copy_in_whatever_it_is_kept(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, back(COPIES, MORE_COPIES))
    rows = card.exercises[0].targets
    copied = {row.name for row in rows if row.basis == "copied"}
    assert copied == {"dh", "dW2", "db2", "dembcat", "dW1", "db1"}
    assert sum(row.score for row in rows if row.name in copied) == 0
    assert {row.name for row in rows if row.score == 0} == copied


WHOLE = """
@torch.no_grad()
def way_back():
    a = dlogits @ W2.T
    b = h.T @ dlogits
    c = a * (1 - h)
    d = bngain * c
    return a, b, c, d
dh, dW2, dhpreact, dbnraw = way_back()
db2 = dlogits.sum(0)
"""


def test_a_mistake_among_a_functions_own_names_costs_once_and_is_shown_where_it_stands(
    grade: Grade,
) -> None:
    direct = BACKWARD.replace(DIRECT, WHOLE)
    lines = direct.replace("\ndhpreact = (1.0 - h**2) * dh", "").replace(
        "\ndbnraw = bngain * dhpreact", ""
    )
    assert len(lines) < len(direct) - 50
    rows = {row.name: row for row in grade(SETUP, FORWARD, lines).exercises[0].targets}
    assert [name for name, row in rows.items() if row.step != "right"] == ["dhpreact"]
    assert [line.text.strip() for line in rows["dhpreact"].lines] == ["c = a * (1 - h)"]
    assert rows["dbnraw"].basis == "follow_through"


WHOLE_CONTAINER = """
G = {"h": torch.zeros_like(h)}
G["h"][:] = dlogits @ W2.T
cols = {k: G[k] * 1 for k in ("h",)}
G["W2"], G["b2"] = h.T @ dlogits, 0
for key, d in {"b2": dlogits}.items():
    G[key] = G[key] + d.sum(0)
dh, dW2, db2 = (G[k] for k in ("h", "W2", "b2"))
"""
LENT = """
dembcat, dW1 = torch.zeros_like(embcat), torch.zeros_like(W1)
db1, other = 0, torch.zeros_like(dhprebn)
for _ in (1,):
    db1 = db1 + dhprebn.sum(0)
for d, a, b in [(dembcat, dhprebn, W1.T), (dW1, embcat.T, dhprebn)]:
    for i in range(len(a)):
        d[i] = a[i] @ b
"""
HEADS = """
class Head:
    def __init__(self, W):
        self.W = W
    def backward(self, d):
        self.dW, self.db = h.T @ d, d.sum(0)
        return d @ self.W.T
heads = {"only": Head(W2)}
dh = heads["only"].backward(dlogits)
dW2, db2 = heads["only"].dW, heads["only"].db
"""
DECIDED = """
dembcat = torch.zeros_like(embcat)
for i in range(len(Xb)):
    if Xb[i].sum() >= 0:
        dembcat[i] = dhprebn[i] @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
"""


@pytest.mark.parametrize(("direct", "first"), [(WHOLE_CONTAINER, LENT), (HEADS, DECIDED)])
def test_containers_as_wholes_and_what_loops_lend_are_followed(
    grade: Grade, direct: str, first: str
) -> None:
    card = grade(SETUP, FORWARD, back(direct, first))
    rows = card.exercises[0].targets
    assert [row.name for row in rows if row.score < row.max_score or row.step != "right"] == []
    assert card.integrity == []


def test_a_condition_on_a_tensor_makes_no_line_wrong(grade: Grade) -> None:
    """Whichever way another network would go: this one went this way."""
    condition = "if loss < 1000: dh = dlogits @ W2.T\nelse: dh = 0 * h\nif loss < 0: dh = -dh\n"
    other = condition.replace("loss < 1000", "loss > 1000").replace("loss < 0", "loss > 0")
    direct = DIRECT.replace("dh = dlogits @ W2.T\n", condition)
    assert grade(SETUP, FORWARD, back(direct, FIRST)).exercises[0].score == 26
    row = grade(SETUP, FORWARD, back(direct.replace(condition, other), FIRST)).exercises[0]
    assert [each.step for each in row.targets if each.name == "dh"] == ["unknown"]


HIDDEN = "\ndhpreact = dh * torch.distributions.Normal(h, 1.0).variance * (1.0 - h**2)\n"


@pytest.mark.parametrize("factor", ["", " * 2"])
def test_a_value_that_follows_from_a_wrong_one_counts_where_its_lines_cannot_be_followed(
    grade: Grade, factor: str
) -> None:
    lines = BACKWARD.replace("dh = dlogits @ W2.T", "dh = 3 * dlogits @ W2.T")
    lines = lines.replace(
        "\ndhpreact = (1.0 - h**2) * dh\n", HIDDEN.replace("h**2)", f"h**2){factor}")
    )
    card = grade(SETUP, FORWARD, lines)
    rows = {row.name: row for row in card.exercises[0].targets}
    mine = rows["dhpreact"]
    assert mine.step == "unknown"
    assert (mine.basis, mine.root_cause) == (("none", None) if factor else ("follow_through", "dh"))
    assert [note.code for note in card.integrity] == ([] if factor else ["unproven"])


def test_dictionaries_in_dozens_cost_nobody_anything(grade: Grade) -> None:
    many = "".join(
        f"stats{i} = {{k: v.abs().mean() for k, v in dict(a=h, b=logits).items()}}\n"
        for i in range(30)
    )
    card = grade(SETUP, FORWARD, BACKWARD, many)
    assert (card.exercises[0].score, card.integrity) == (26, [])


def test_what_a_loop_lends_and_adds_to_is_changed_by_it(grade: Grade) -> None:
    lent = "\ndW2, db2 = torch.zeros_like(W2), torch.zeros_like(b2)\ndh = dlogits @ W2.T\n"
    lent += "for d, more in [(dW2, h.T @ dlogits), (db2, dlogits.sum(0))]:\n    d += more\n"
    card = grade(SETUP, FORWARD, back(lent, FIRST))
    assert {row.step for row in card.exercises[0].targets} == {"right"}
    assert card.integrity == []
