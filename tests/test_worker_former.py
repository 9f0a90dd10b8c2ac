"""Code as Python 2 and an older NumPy understood it."""

from __future__ import annotations

import ast
import textwrap

import numpy as np
import pytest

from grader.worker import former

EVERYDAY = """
a = np.arange(24.0).reshape(2, 3, 4)
view = a[0]
a[1, :, ::2] = 7
a[..., -1] += 2
a[:, None][0, 0, 1:3, 0] *= 3
view[view > 5] -= 1
a[0, 1][2] = a[1, 2, 3] / 2
rows = [1, 2, 3, 4]
rows[1:3] = [8]
rows[0] += 5
table = {}
table["x", 0] = rows
table["x", 0] += [1]
table.setdefault("y", np.zeros(2))[1] = float(a[0, 0, 0]) + int("3", 10) + float(np.array(2.0))
b, rows[0] = rows[1], 9
c = d = np.ones(2)
c[0] = d[1] = 4
c /= 2
x = 7 / 2.0
"""


def run(source: str, mode: former.Former) -> dict[str, object]:
    scope: dict[str, object] = {"np": np, **former.names(mode)}
    tree = ast.parse(textwrap.dedent(source))
    lines = [(type(node).__name__, node.lineno) for node in tree.body]
    changed = former.rewritten(tree, mode)
    assert [line for _, line in lines] == [node.lineno for node in changed.body]
    exec(compile(changed, "<cell 0>", "exec"), scope)
    return scope


@pytest.mark.parametrize("mode", ["numpy", "python2"])
def test_what_runs_today_means_the_same(mode):
    plain: dict[str, object] = {"np": np}
    exec(EVERYDAY, plain)
    scope = run(EVERYDAY, mode)
    for name in ("a", "view", "rows", "table", "b", "c", "d", "x"):
        np.testing.assert_equal(scope[name], plain[name])
    assert np.shares_memory(scope["a"], scope["view"])


def test_an_array_of_one_number_stands_for_the_number():
    scope = run(
        """
        a, row = np.zeros((2, 2)), np.array([[3.0]])
        a[0, 1] = row
        a[1, 0] += row[0]
        b = float(row) + int(row[0])
        """,
        "numpy",
    )
    assert scope["a"].tolist() == [[0, 3], [3, 0]]
    assert scope["b"] == 6


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("a = np.zeros(2); a[0] = np.zeros(2)", ValueError),
        ("a = np.zeros(2); a[0:1] = np.zeros(3)", ValueError),
        ("a = [0]; a[3] = np.zeros(1)", IndexError),
        ("a = (0,); a[0] = np.zeros(1)", TypeError),
        ("float(np.zeros(2))", TypeError),
    ],
)
def test_what_was_an_error_then_is_one_here(source, error):
    with pytest.raises(error):
        run(source, "numpy")


def test_whole_numbers_are_divided_as_in_python_2():
    scope = run(
        """
        h = 1 + (7 - 3) / 2
        k = 7
        k /= 2
        sizes = np.array([5, 4])
        sizes[0] /= 2
        halves = np.array([5, 4]) / 2
        out = [np.zeros(h), range(3) + [3], [i for i in xrange(h / 2)]]
        mean = np.array([1.0, 2.0]) / 2
        """,
        "python2",
    )
    assert (scope["h"], scope["k"]) == (3, 3)
    assert scope["sizes"].tolist() == [2, 4]
    assert scope["halves"].tolist() == [2, 2]
    assert scope["mean"].tolist() == [0.5, 1.0]
    assert scope["out"][1:] == [[0, 1, 2, 3], [0]]


def test_who_asks_for_true_division_has_it():
    source = "from __future__ import division\nhalf = 1 / 2"
    assert run(source, "python2")["half"] == run("half = 1 / 2", "numpy")["half"] == 0.5


def test_dicts_have_the_methods_that_they_had():
    scope = run(
        """
        class Own(object):
            def iteritems(self):
                return "own"
        table = {"a": 1}
        found = [table.has_key("a"), table.has_key("b"), list(table.iteritems())]
        found += [list(table.iterkeys()), list(table.itervalues()), Own().iteritems()]
        """,
        "python2",
    )
    assert scope["found"] == [True, False, [("a", 1)], ["a"], [1], "own"]
    with pytest.raises(AttributeError):
        run("{}.iteritems()", "numpy")
