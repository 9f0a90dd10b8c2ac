"""Right functions keep their marks in whatever style they are written, at any size."""

from __future__ import annotations

import shutil

import pytest
from function_assignments import assignment, graded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.sandbox import open_sandbox

FORWARD = """
def {name}_forward(x, w, b):
    t = np.tanh(x.dot(w) + b)
    return t, {cache}
"""
CACHE = {
    "tuple": ("(x, w, t)", "x, w, t = cache"),
    "list": ("[t, x, w]", "t, x, w = cache[0], cache[1], cache[2]"),
    "dict": ("{'x': x, 'w': w, 't': t}", "x, w, t = cache['x'], cache['w'], cache['t']"),
    "popped": ("[x, w, t]", "t = cache.pop(); w = cache.pop(); x = cache.pop()"),
    "object": ("Box(x=x, w=w, t=t)", "x, w, t = cache.x, cache.w, cache.t"),
    "closure": ("(lambda: (x, w, t))", "x, w, t = cache()"),
    "copies": ("(x.copy(), w.copy(), t.copy())", "x, w, t = (each.copy() for each in cache)"),
}
BODIES = {
    "vectorised": """
    da = dout * (1 - t ** 2)
    return da.dot(w.T), x.T.dot(da), da.sum(axis=0)
""",
    "einsum": """
    da = np.einsum("ij,ij->ij", dout, 1 - t * t)
    return (np.einsum("im,dm->id", da, w), np.einsum("id,im->dm", x, da), np.einsum("im->m", da))
""",
    "loops": """
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[1])
    for i in range(x.shape[0]):
        for m in range(w.shape[1]):
            da = dout[i, m] * (1 - t[i, m] ** 2)
            db[m] += da
            for d in range(w.shape[0]):
                dx[i, d] += da * w[d, m]
                dw[d, m] += da * x[i, d]
    return dx, dw, db
""",
    "in place": """
    dout *= 1 - t ** 2
    w = w.copy()
    dw = x.T @ dout
    db = np.add.reduce(dout)
    dx = np.empty_like(x)
    np.matmul(dout, w.T, out=dx)
    return [dx, dw, db]
""",
    "lists": """
    da = [[o * (1 - v * v) for o, v in zip(a, c)] for a, c in zip(dout, t)]
    dx = [[sum(g * w[d][m] for m, g in enumerate(row)) for d in range(len(w))] for row in da]
    return dx, sum(np.outer(u, v) for u, v in zip(x, da)), [sum(each) for each in zip(*da)]
""",
    "single precision": """
    da = (dout * (1 - t ** 2)).astype(np.float32)
    return da @ w.T.astype(np.float32), x.T.astype(np.float32) @ da, da.sum(0, keepdims=True)
""",
    "other arithmetic": """
    da = np.multiply(dout, np.square(1 / np.cosh(np.arctanh(t))))
    return da @ w.transpose(), (da.T @ x).T, np.ones(len(x)) @ da
""",
    "helpers": """
    def back(g, local):
        return g * local
    da = back(dout, (1 - t) * (1 + t))
    parts = dict(dx=lambda: da @ w.T, dw=lambda: x.T @ da, db=lambda: np.sum(da, 0))
    return tuple(parts[name]() for name in ("dx", "dw", "db"))
""",
}
ROLES = """
def inputs(draw):
    n, d, m = [{sizes}][draw.case]
    return {{"x": draw(n, d), "w": draw(d, m, scale=0.4), "b": draw(m)}}

def forward(x, w, b):
    return (x @ w + b).tanh()

def student(x, w, b, dout):
    out, cache = {name}_forward(x, w, b)
    dx, dw, db = {name}_backward(dout, cache)
    return {{"x": dx, "w": dw, "b": db}}

def own_forward(x, w, b):
    return {name}_forward(x, w, b)[0]
"""
HEAD = """
import numpy as np

class Box:
    def __init__(self, **given):
        self.__dict__.update(given)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    (folder / "data").mkdir()
    return folder


@pytest.fixture(scope="module")
def box(place):
    with open_sandbox(data_dirs=[place / "data"], engines=(False,)) as sandbox:
        yield sandbox


sizes = st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(1, 7))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shapes=st.tuples(sizes, sizes), caches=st.permutations(list(CACHE) * 2))
def test_right_is_right_in_every_style_and_size(place, box, shapes, caches):
    source, exercises = HEAD, {}
    for number, (body, cache) in enumerate(zip(BODIES.values(), caches, strict=False)):
        name = f"layer{number}"
        made, taken = CACHE[cache]
        source += FORWARD.format(name=name, cache=made)
        source += f"\ndef {name}_backward(dout, cache):\n    {taken}{body}"
        roles = ROLES.format(name=name, sizes=", ".join(map(str, shapes)))
        exercises[f"{name}_backward"] = (roles, ["x", "w", "b"])
    shutil.rmtree(place / "work", ignore_errors=True)
    work = assignment(place / "work", exercises, more="[functions]\ncases = 2")
    card = graded(place, work, box, source)
    lost = [
        (style, row.name, row.verdict, row.diagnosis)
        for style, each in zip(BODIES, card.exercises, strict=True)
        for row in each.targets
        if row.basis != "value"
    ]
    assert not lost
    assert not card.integrity
