"""Edits of a source: for each mistake that people make, the one that mends it is proposed."""

from __future__ import annotations

import ast
import textwrap
from contextlib import suppress

import numpy as np
import pytest

from grader.analysis.text import splice
from grader.diagnosis.codes import CODES
from grader.diagnosis.edits import Scene, Switched, Variable, proposals, supporting
from grader.protocol import SWITCH

WHOLE = Variable((), whole=True)
KNOWN = {
    **{name: Variable((4, 3)) for name in ("x", "dx", "u", "gate")},
    **{name: Variable((4, 5)) for name in ("dout", "z")},
    **{name: Variable((3, 5)) for name in ("w", "dw")},
    **dict.fromkeys(("n", "m", "i", "j", "k", "stride", "pad", "t", "steps"), WHOLE),
    "reg": Variable(()),
    "h": Variable((4, 5)),
    "image": Variable((6, 6)),
    "dimage": Variable((6, 6)),
}

# Kind of mistake: what is written, what would be right, and the code.
MISTAKES = {
    "sign of a term": ("dx = u - gate", "dx = u + gate", "sign"),
    "sign of the first term": ("dx = u - gate", "dx = -u - gate", "sign"),
    "sign of a contribution": ("dx -= u * gate", "dx += u * gate", "sign"),
    "sign of all": ("dx = u * gate", "dx = -(u * gate)", "sign"),
    "a minus too many": ("dx = -u", "dx = u", "sign"),
    "multiplied, not divided": ("dx = u * n", "dx = u / n", "wrong_factor"),
    "a factor too many": ("dx = u * gate", "dx = u", "wrong_factor"),
    "a number too many": ("dx = 2 * u", "dx = u", "constant_factor"),
    "a term too many": ("dx = u + gate", "dx = u", "wrong_term"),
    "parentheses missing": ("dx = u + x * gate", "dx = (u + x) * gate", "wrong_factor"),
    "parentheses too wide": ("dx = (u + x) * gate", "dx = u + x * gate", "wrong_factor"),
    "a power too many": ("dx = u * (1 - gate**2)", "dx = u * (1 - gate)", "wrong_factor"),
    "a power missing": ("dx = u * (1 - gate)", "dx = u * (1 - gate**2)", "wrong_factor"),
    "another number": ("dx = u * 0.5", "dx = u * 2", "constant_factor"),
    "a mask the wrong way": ("dx = u * (x < 0)", "dx = u * (x > 0)", "wrong_factor"),
    "a transpose missing": ("dx = dout @ w", "dx = dout @ w.T", "transposed"),
    "a transpose too many": ("dw = np.dot(x.T, dout.T)", "dw = np.dot(x.T, dout)", "transposed"),
    "operands exchanged": ("dx = w.T @ dout", "dx = dout @ w.T", "transposed"),
    "no matrix product": ("dx = dout * w", "dx = dout @ w.T", "wrong_operand"),
    "another dimension": ("b = dout.sum(axis=1)", "b = dout.sum(axis=0)", "wrong_dim"),
    "keepdims": (
        "b = dout.sum(0, keepdims=False)",
        "b = dout.sum(0, keepdims=True)",
        "missing_keepdim",
    ),
    "a mean for a sum": ("b = dout.mean(axis=0)", "b = dout.sum(axis=0)", "constant_factor"),
    "a sum too many": ("dx = u.sum(axis=0) * gate", "dx = u * gate", "wrong_shape"),
    "a sum missing": ("b = dout * z", "b = (dout * z).sum(0)", "missing_sum"),
    "ones for zeros": ("dx = np.ones_like(x)", "dx = np.zeros_like(x)", "ones_start"),
    "another variable": ("dx = u * x", "dx = u * gate", "wrong_operand"),
    "another size": ("dx = u / n", "dx = u / m", "constant_factor"),
    "a size by its array": ("dx = u / n", "dx = u / x.shape[1]", "constant_factor"),
    "another string": (
        "dx = f(u, 'tanh') + 0 * f(u, 'relu')",
        "dx = f(u, 'relu') + 0 * f(u, 'relu')",
        "wrong_operand",
    ),
    "a string of another function": ("dx = f(u, 'tanh')", "dx = f(u, 'sigmoid')", "wrong_operand"),
    "a cache in another order": ("u, x = cache", "x, u = cache", "exchanged"),
    "arguments exchanged": ("dx = f(u, x)", "dx = f(x, u)", "exchanged"),
    "applied once too often": (
        "dx = u * (1 - np.tanh(gate))",
        "dx = u * (1 - gate)",
        "wrong_factor",
    ),
    "not applied": (
        "dx = np.tanh(u) * (1 - x)",
        "dx = np.tanh(u) * (1 - np.tanh(x))",
        "wrong_factor",
    ),
    "a size missing": ("dx = u * gate", "dx = u * gate / n", "constant_factor"),
    "a rate missing": ("dw = dw + w", "dw = dw + w * reg", "constant_factor"),
    "a factor missing": ("dx = u * 2", "dx = u * 2 * gate", "wrong_factor"),
    "a derivative missing": ("dx = u + 0", "dx = (u + 0) * (1 - gate**2)", "wrong_factor"),
    "a term missing": ("dx = u * gate", "dx = u * gate + x", "missing_path"),
    "not summed up": ("dx[i] = u[i]", "dx[i] += u[i]", "overwritten"),
    "summed up": ("dx[i] += u[i]", "dx[i] = u[i]", "accumulated"),
    "a line too many": ("dx = u\nu = u * 0", "dx = u\npass", "wrong_term"),
    "one step off": ("dx = u[t - 1]", "dx = u[t]", "step_off"),
    "one step before": ("dx = u[t]", "dx = u[t - 1]", "step_off"),
    "looked up once too often": ("dx = u[z[k]]", "dx = u[k]", "wrong_index"),
    "the other direction": (
        "for t in range(n):\n    dx += u[t]",
        "for t in reversed(range(n)):\n    dx += u[t]",
        "step_off",
    ),
    "a loop too short": (
        "for t in range(n - 1):\n    dx += u[t]",
        "for t in range(n - 1 + 1):\n    dx += u[t]",
        "step_off",
    ),
    "another counter": (
        "for i in range(n):\n    for j in range(m):\n        dx[i] += u[j, j]",
        "for i in range(n):\n    for j in range(m):\n        dx[i] += u[i, j]",
        "wrong_index",
    ),
    "no stride": (
        "for i in range(n):\n    top = i\n    dx[top] += u[top + 1]",
        "for i in range(n):\n    top = i * stride\n    dx[top] += u[top + 1]",
        "wrong_index",
    ),
    "no stride twice": (
        "for i in range(n):\n    for j in range(m):\n        dimage[i + k, j + k] += u[i, j]",
        "for i in range(n):\n    for j in range(m):\n        dimage[i * stride + k, j * stride + k] += u[i, j]",
        "wrong_index",
    ),
    "a copied mistake": (
        "u = 1 / n * np.ones(n)\ndx = u + 1 / n * gate",
        "u = 1 / m * np.ones(n)\ndx = u + 1 / m * gate",
        "constant_factor",
    ),
    "a bound": ("dx = image[pad:pad]", "dx = image[pad : pad + n]", "wrong_index"),
    "a part of an array": (
        "for i in range(n):\n    dx[i] += u[i]",
        "for i in range(n):\n    dx[i] += u[i] * gate[i]",
        "wrong_factor",
    ),
    "behind the loop": (
        "for t in range(n):\n    u = x\ndx += u",
        "for t in range(n):\n    u = x\n    dx += u\npass",
        "misplaced",
    ),
    "in the loop": (
        "for t in range(n):\n    u = x\n    dx += u",
        "for t in range(n):\n    u = x\n    pass\ndx += u",
        "misplaced",
    ),
}


def scene_of(body: str) -> Scene:
    indented = textwrap.indent(body, "    ")
    known = {**KNOWN, "top": WHOLE} if "top" in body else KNOWN
    return Scene(f"def f(x, cache):\n{indented}\n    return dx\n", known, ["sigmoid"])


def mended(scene: Scene) -> dict[str, str]:
    """Every source that an edit makes, as a tree → the code of its mistake."""
    found: dict[str, str] = {}
    for each in proposals(scene, scene.statements):
        with suppress(SyntaxError):  # an edit that makes no Python helps nobody
            splices = each.moved or [scene.text.change(node, new) for node, new in each.changes]
            found.setdefault(tree(splice(scene.text.source, splices)), each.words.code)
    return found


def tree(source: str) -> str:
    return ast.dump(ast.parse(source))


@pytest.mark.parametrize("kind", MISTAKES)
def test_the_edit_that_mends_a_mistake_is_proposed_and_names_it(kind):
    wrong, right, code = MISTAKES[kind]
    found = mended(scene_of(wrong))
    assert found.get(tree(scene_of(right).text.source)) == code


@pytest.mark.parametrize("kind", MISTAKES)
def test_what_is_told_has_a_published_code_and_quotes_nothing_but_the_student(kind):
    scene = scene_of(MISTAKES[kind][0])
    for each in proposals(scene, scene.statements):
        assert each.words.code in CODES
        assert not each.words.told.endswith(".")
        assert each.words.look_at.endswith("?")
        for quoted in each.words.told.split("`")[1::2]:
            source = " ".join(scene.text.source.split())
            assert quoted.rstrip("…") in source, each.words.told


def test_statements_that_are_not_suspected_are_not_edited():
    scene = scene_of("dx = u - gate\ndw = w - reg")
    first, second, _ = scene.statements
    assert {each.line for each in proposals(scene, [first])} == {2}
    assert {each.line for each in proposals(scene, [second])} == {3}


def test_each_edit_is_proposed_once():
    scene = scene_of("dx = (u + x) * gate / n")
    sources = [
        splice(scene.text.source, e.moved or [scene.text.change(*each) for each in e.changes])
        for e in proposals(scene, scene.statements)
    ]
    assert len(sources) == len(set(sources))


# ---- what a result rests on -------------------------------------------------------------------


def rests(body: str, name: str) -> list[int]:
    scene = scene_of(body)
    return sorted(each.lineno - 1 for each in supporting(scene, [name]) if each.lineno > 1)


@pytest.mark.parametrize(
    ("body", "name", "lines"),
    [
        ("a = u\nb = w\ndx = a\ndw = b", "dx", [1, 3, 5]),
        ("a = u\nb = w\ndx = a\ndw = b", "dw", [2, 4, 5]),
        ("a = u\ngrads = {'dx': a, 'dw': w}", "dx", [1, 2, 3]),
        ("a = u\ngrads = {'dx': u, 'dw': a}", "dx", [2, 3]),
        ("a = u\nself.grads['dx'] = a\nself.grads['dw'] = w", "dx", [1, 2, 4]),
        ("a = n\nfor i in range(a):\n    dx[i] = u\n    dw[i] = w", "dx", [1, 2, 3, 5]),
        ("a = u\nb = dict(dx=a, dw=w)", "dx", [1, 2, 3]),
        ("parts = {'a': u}\nv = 1\ndx = sum(parts.values())", "dx", [1, 3, 4]),
    ],
)
def test_a_result_rests_on_what_its_names_are_made_of(body, name, lines):
    assert rests(body, name) == lines


def test_where_a_result_is_never_named_everything_may_matter():
    assert rests("a = u\nb = w", "dgamma") == [1, 2, 3]


# ---- all edits in one source ------------------------------------------------------------------

SOURCE = '''
def f(dout, x, w):
    """Its gradients."""
    n, m = x.shape
    dw = np.zeros_like(w)
    for i in range(n):
        dw += (x[i][:, None]
               * dout[i])  # one row
    dx = dout @ w.T / n
    return dx, dw
'''.strip()


@np.errstate(all="ignore")
def called(source: str, number: int = 0) -> str:
    random = np.random.default_rng(7)
    names = {"np": np, SWITCH: number}
    exec(source, names)
    arrays = [random.standard_normal(shape) for shape in ((4, 5), (4, 3), (3, 5))]
    try:
        return repr([np.round(each, 9) for each in names["f"](*arrays)])
    except NameError:
        return "NameError"  # local or not
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        return type(error).__name__


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # of `1[0]`, and the like
def test_a_switch_makes_of_the_function_what_each_edit_by_itself_does():
    known = {"x": Variable((4, 3)), "dx": Variable((4, 3)), "dout": Variable((4, 5))}
    known |= {"w": Variable((3, 5)), "dw": Variable((3, 5))}
    known |= dict.fromkeys(("n", "m", "i"), WHOLE)
    scene = Scene(SOURCE, known)
    edits = list(proposals(scene, scene.statements))
    switched = Switched(scene, edits)
    assert called(switched.source) == called(SOURCE)
    assert len(switched.numbers) > 0.8 * len(edits) > 100
    results = set()
    for each in edits:
        if number := switched.numbers.get(id(each)):
            changed = splice(SOURCE, [scene.text.change(*change) for change in each.changes])
            results.add(result := called(switched.source, number))
            assert result == called(changed), each.words
    assert len(results) > 30
