"""Exercises of functions in courses that have torch."""

from __future__ import annotations

import pytest
from function_assignments import AFFINE, assignment, codes, graded, note, row

from grader.sandbox import open_sandbox

LINEAR = AFFINE.replace("affine_backward(", "Linear.backward(").replace(
    "affine_forward(", "Linear.forward("
)
NET = '''
"""Two affine layers."""
import torch

def inputs(draw):
    n, d, m = draw.batch(), *draw.sizes(2)
    return {"x": draw(n, d), "w": draw(d, m), "b": draw(m)}

def forward(x, w, b):
    return torch.tanh(x @ w + b)

def student(x, w, b, dout):
    out, cache = Net.forward(x, w, b)
    dx, dw, db = Net.backward(dout, cache)
    return {"x": dx, "w": dw, "b": db}

def own_forward(x, w, b):
    return Net.forward(x, w, b)[0]
'''
EXERCISES = {
    "Linear.backward": (LINEAR, ["x", "w", "b"]),
    "Net.backward": (NET, ["x", "w", "b"]),
}
RIGHT = """
import torch

class Linear(object):
    @staticmethod
    def forward(x, w, b):
        return x.mm(w) + b, (x, w, b)

    @staticmethod
    def backward(dout, cache):
        x, w, b = cache
        dx = dout.mm(w.t())
        dw = x.t().mm(dout)
        db = dout.sum(0)
        return dx, dw, db

class Net(object):
    @staticmethod
    def forward(x, w, b):
        a, cache = Linear.forward(x, w, b)
        return a.tanh(), (cache, a.tanh())

    @staticmethod
    def backward(dout, cache):
        inner, t = cache
        return Linear.backward(dout * (1 - t * t), inner)
"""
BY_ENGINE = """
class Linear(object):
    forward = Linear.forward

    @staticmethod
    def backward(dout, cache):
        x, w, b = (each.clone().requires_grad_() for each in cache)
        out = x.mm(w) + b
        out.backward(dout)
        return x.grad, w.grad, b.grad
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def box(data):
    with open_sandbox(data_dirs=[data]) as sandbox:
        yield sandbox


@pytest.fixture
def card_of(tmp_path, data, box):
    (tmp_path / "data").symlink_to(data)

    def of(files, exercises=EXERCISES):
        work = assignment(tmp_path / "work", exercises, more='[functions]\nengine = "torch"')
        return graded(tmp_path, work, box, files)

    return of


def test_right_layers_have_full_marks_and_no_note(card_of):
    card = card_of(RIGHT)
    assert card.score == card.max_score == 6
    assert not card.integrity
    assert {t.basis for e in card.exercises for t in e.targets} == {"value"}


def test_what_the_engine_derived_is_copied_there_and_nowhere_else(card_of):
    card = card_of(RIGHT + BY_ENGINE)
    assert {t.basis for t in card.exercises[0].targets} == {"copied"}
    assert {t.basis for t in card.exercises[1].targets} == {"value"}
    assert note(card, "copied").exercise == "Linear.backward"
    assert "autograd engine was asked: `out.backward`" in row(card, "Linear.backward", "dx").note


@pytest.mark.parametrize(
    "way",
    [
        "torch.func.vjp(lambda *a: a[0].mm(a[1]) + a[2], *cache)[1](dout)",
        (
            "torch.autograd.grad((lambda a: (a[0].mm(a[1]) + a[2], a))(c := [t.clone()."
            "requires_grad_() for t in cache])[0], c, dout)"
        ),
        (
            "tuple(torch.func.jacrev(lambda x, w, b: ((x.mm(w) + b) * dout).sum(), k)(*cache) "
            "for k in range(3))"
        ),
        (
            "tuple(torch.func.jacfwd(lambda x, w, b: ((x.mm(w) + b) * dout).sum(), k)(*cache) "
            "for k in range(3))"
        ),
        "hidden(dout, cache)",
    ],
)
def test_every_way_to_the_engine_is_seen(card_of, way):
    source = RIGHT.replace(
        "        return dx, dw, db", f"        dx, dw, db = {way}\n        return dx, dw, db"
    )
    hidden = """
def hidden(dout, cache):
    leaves = [each.clone().requires_grad_() for each in cache]
    out = leaves[0].mm(leaves[1]) + leaves[2]
    getattr(out, "back" + "ward")(dout)
    return [getattr(each, "gr" + "ad") for each in leaves]
"""
    card = card_of(source + hidden, {"Linear.backward": EXERCISES["Linear.backward"]})
    assert card.score == 0, [t.basis for t in card.exercises[0].targets]
    assert "copied" in codes(card)


def test_a_way_around_the_count_is_noted(card_of):
    source = RIGHT.replace(
        "        return dx, dw, db",
        "        leaves = [each.clone().requires_grad_() for each in cache]\n"
        "        out = leaves[0].mm(leaves[1]) + leaves[2]\n"
        "        torch._C._ImperativeEngine().run_backward((out,), (dout,), False, False, (), True, True)\n"
        "        return tuple(each.grad for each in leaves)",
    )
    card = card_of(source, {"Linear.backward": EXERCISES["Linear.backward"]})
    assert not card.score or "unproven" in codes(card)


def test_graphics_cards_in_the_sources_are_this_processor(card_of):
    source = RIGHT.replace("dx = dout.mm(w.t())", "dx = dout.cuda().mm(w.t().to('cuda'))")
    assert card_of(source).score == 6


def test_own_tensors_have_the_type_of_the_arguments(card_of):
    source = RIGHT.replace(
        "db = dout.sum(0)", "db = torch.zeros(len(b)) + torch.ones(len(x)) @ dout"
    )
    assert card_of(source).score == 6


def test_another_layer_is_called_in_the_forward_of_the_starter_by_its_engine(card_of):
    """A reference that asks the engine, and is not reached from the judged function."""
    source = RIGHT + BY_ENGINE.replace("class Linear", "class Checked")
    assert card_of(source.replace("forward = Linear", "forward = Linear")).score == 6


BACKWARD = RIGHT[
    RIGHT.index("    @staticmethod\n    def backward(dout, cache):\n        x, w") : RIGHT.index(
        "class Net"
    )
]


@pytest.mark.parametrize(
    "written",
    [
        "backward = staticmethod(lambda dout, cache: tried(dout, *cache))",
        "other = staticmethod(lambda dout, cache: tried(dout, *cache))\n    backward = other",
        "backward = staticmethod(written_below)",
    ],
)
def test_a_method_may_be_bound_to_what_is_written_elsewhere(card_of, written):
    helpers = """
def tried(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout.sum(0)

def written_below(dout, cache):
    return tried(dout, *cache)
"""
    assert RIGHT.count(BACKWARD) == 1
    card = card_of(helpers + RIGHT.replace(BACKWARD, f"    {written}\n\n"))
    assert codes(card) == []
    assert row(card, "Linear.backward", "dw").basis == "value"


def test_a_method_may_be_that_of_a_base_class(card_of):
    base = RIGHT.replace("class Linear(object)", "class Base(object)")
    card = card_of(base.replace("class Net(", "class Linear(Base):\n    pass\n\nclass Net("))
    assert codes(card) == []
    assert card.score == card.max_score


def test_classes_and_names_in_circles_come_to_an_end(card_of):
    card = card_of("class Linear(Linear, Net):\n    a = b\n    b = a\n    backward = a\n" + RIGHT)
    assert card.score == card.max_score
    card = card_of(RIGHT + "\nclass Linear(Linear):\n    a = None\n    b = a\n")
    assert card.score == card.max_score
