"""Exercises of functions, run in the real sandbox."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from function_assignments import (
    AFFINE,
    EXERCISES,
    NORM,
    RIGHT,
    TANH,
    assignment,
    codes,
    graded,
    note,
    row,
    why,
)

from grader.errors import AssignmentError
from grader.sandbox import open_sandbox


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def box(data):
    with open_sandbox(data_dirs=[data], engines=(False,)) as sandbox:
        yield sandbox


@pytest.fixture
def card_of(tmp_path, data, box):
    """Grade files for the small assignment."""
    (tmp_path / "data").symlink_to(data)

    def of(files, exercises=EXERCISES, **more):
        work = assignment(tmp_path / "work", exercises, **more)
        return graded(tmp_path, work, box, files)

    return of


def test_right_functions_have_full_marks_and_no_word_about_them(card_of):
    card = card_of(RIGHT)
    assert card.score == card.max_score == 7
    assert {target.basis for each in card.exercises for target in each.targets} == {"value"}
    assert {target.step for each in card.exercises for target in each.targets} == {"right"}
    assert not card.integrity
    assert not card.notes
    assert row(card, "affine_backward", "dx").dtype == "float64"
    assert row(card, "affine_backward", "dx").note is None


def test_each_gradient_is_judged_by_itself_with_its_line(card_of):
    card = card_of(
        RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"),
        {"affine_backward": EXERCISES["affine_backward"]},
    )
    assert card.score == 2
    wrong = row(card, "affine_backward", "db")
    assert wrong.verdict == "mismatch"
    assert wrong.lines[-1].text.strip() == "db = dout.mean(axis=0)"
    assert wrong.diagnosis.code == "constant_factor"


def test_a_wrong_batch_of_one_alone_is_named(card_of):
    source = RIGHT.replace("db = dout.sum(axis=0)", "db = dout.sum(axis=0) * (len(dout) > 1)")
    card = card_of(source)
    assert row(card, "affine_backward", "db").verdict == "mismatch"
    assert "2 of 3 cases" in row(card, "affine_backward", "db").note


def test_nobody_is_punished_for_the_function_that_is_called(card_of):
    card = card_of(RIGHT.replace("dw = x.T.dot(dout)", "dw = 2 * x.T.dot(dout)"))
    carried = row(card, "layer_backward", "dw")
    assert (carried.basis, carried.step, carried.root_cause) == (
        "follow_through",
        "right",
        "affine_backward",
    )
    assert row(card, "affine_backward", "dw").basis == "none"


def test_what_is_wrong_by_itself_stays_wrong_beside_a_wrong_callee(card_of):
    source = RIGHT.replace("dw = x.T.dot(dout)", "dw = 2 * x.T.dot(dout)")
    card = card_of(source.replace("(1 - t ** 2)", "(1 - t)"))
    assert row(card, "layer_backward", "dw").basis == "none"


def test_a_backward_for_another_forward_has_part_of_the_points(card_of):
    source = RIGHT.replace("return x.dot(w) + b", "return 3 * x.dot(w) + b")
    source = source.replace("dout.dot(w.T)", "3 * dout.dot(w.T)").replace(
        "dw = x.T.dot(dout)", "dw = 3 * x.T.dot(dout)"
    )
    card = card_of(source, {"affine_backward": EXERCISES["affine_backward"]})
    assert [t.basis for t in card.exercises[0].targets] == ["own_forward", "own_forward", "value"]
    assert card.score == 2
    assert "forward pass computes" in card.notes[0]


OTHER = RIGHT.replace("return x.dot(w) + b", "return 3 * x.dot(w) + b")
MEAN = """
def convention(gradients, x):
    return {**gradients, "w": gradients["w"] / len(x)}
"""


def test_a_backward_for_another_forward_is_held_to_the_courses_convention(card_of):
    source = OTHER.replace("dw = x.T.dot(dout)", "dw = 3 * x.T.dot(dout) / len(x)")
    card = card_of(source, {"affine_backward": (AFFINE + MEAN, ["x", "w", "b"])})
    assert row(card, "affine_backward", "dw").basis == "own_forward"
    source = OTHER.replace("dw = x.T.dot(dout)", "dw = 3 * x.T.dot(dout)")
    card = card_of(source, {"affine_backward": (AFFINE + MEAN, ["x", "w", "b"])})
    assert row(card, "affine_backward", "dw").basis == "none"


def test_one_element_that_is_wrong_for_its_own_forward_is_seen(card_of):
    source = OTHER.replace("dx = dout.dot(w.T)", "dx = 3 * dout.dot(w.T); dx[0, 0] *= 1.01")
    card = card_of(source, {"affine_backward": EXERCISES["affine_backward"]})
    assert row(card, "affine_backward", "dx").basis == "none"


def test_an_own_forward_in_slow_loops_is_not_called_for_every_element(card_of):
    slow = "[0 for _ in range(200_000)]; return 3 * x.dot(w) + b"
    source = OTHER.replace("return 3 * x.dot(w) + b", slow).replace(
        "dx = dout.dot(w.T)", "dx = 3 * dout.dot(w.T)"
    )
    big = AFFINE.replace("draw.batch(), *draw.sizes(2)", "50, 40, 30")
    card = card_of(source, {"affine_backward": (big, ["x", "w", "b"])})
    assert row(card, "affine_backward", "dx").basis == "own_forward"


def test_a_right_backward_loses_nothing_by_a_wrong_forward(card_of):
    source = RIGHT.replace("return x.dot(w) + b", "return 3 * x.dot(w) + b")
    card = card_of(source, {"affine_backward": EXERCISES["affine_backward"]})
    assert card.score == 3


def test_a_constant_forward_proves_nothing(card_of):
    source = RIGHT.replace("return x.dot(w) + b", "return np.zeros((len(x), len(b)))")
    source = source.replace("return dx, dw, db", "return 0 * dx + 1, 0 * dw + 1, 0 * db + 1")
    card = card_of(source, {"affine_backward": EXERCISES["affine_backward"]})
    assert card.score == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("pass", "returns None"),
        ("raise NotImplementedError", "raises NotImplementedError"),
        ("return dout", "more than 3 values|2 of 3|one value"),
        ("return dout.sum(), dout.sum()", "2 of 3 values"),
        ("return None, None, None", "returns None for `dx`"),
        ("x, w, b = cache; return 0 * x, 0 * w, 0 * b", "returns zeros for `dx`"),
        ("return dout.nothing", "raises an error.*nothing"),
        ("return xrange(3), f'{dout}'", "Python 2"),
        ("return 'a', 'b', 'c'", "no array"),
    ],
)
def test_what_is_unfinished_is_said_in_one_sentence(card_of, body, told):
    head = "def affine_backward(dout, cache):\n    "
    card = card_of(
        head + body,
        {
            "affine_backward": (
                AFFINE.replace(AFFINE[AFFINE.index("def own_forward") :], ""),
                ["x", "w", "b"],
            )
        },
    )
    assert card.score == 0
    assert re.search(told, why(card, "affine_backward", "dx")), why(card, "affine_backward", "dx")
    assert card.exercises[0].cause


def test_a_function_that_never_ends_harms_itself_alone(card_of):
    source = RIGHT.replace("dx = (dout -", "while True: pass\n    dx = (dout -")
    card = card_of(source, more="[functions]\nseconds = 1.0")
    assert [each.score for each in card.exercises] == [3, 0, 3]
    assert "did not come to its end" in why(card, "norm_backward", "dx")


def test_what_came_before_a_function_stops_counts_as_little_as_what_did_not(card_of):
    """Right in the first cases, endless in the last: not right."""
    source = RIGHT.replace(
        "    dx = dout.dot(w.T)", "    while len(dout) == 1: pass\n    dx = dout.dot(w.T)"
    )
    card = card_of(source, more="[functions]\nseconds = 1.0")
    assert card.exercises[0].score == 0
    assert "in case 3" in why(card, "affine_backward", "dx")


def test_a_function_that_takes_all_memory_harms_itself_alone(card_of):
    source = RIGHT.replace("dx = (dout -", "np.ones((400, 1000, 1000)) + 1\n    dx = (dout -")
    card = card_of(source)
    assert [each.score for each in card.exercises] == [3, 0, 3]
    assert "MemoryError" in why(card, "norm_backward", "dx")


def test_changed_globals_and_arguments_harm_nobody_else(card_of):
    source = RIGHT.replace(
        "    dx = dout.dot(w.T)",
        "    global EPS\n    EPS = 100.0\n    np.sqrt = None\n    dx = dout.dot(w.T)",
    ).replace("    return dx, dw, db", "    dout[:] = 0; x[:] = 0\n    return dx, dw, db")
    assert card_of(source).score == 7


def test_training_and_tests_of_a_notebook_are_not_run(card_of):
    source = RIGHT + "\nfor i in range(10 ** 12):\n    pass\nassert False\nparameters = 1 / 0\n"
    card = card_of(source)
    assert card.score == 7
    assert not any(cell.error for cell in card.cells)


def test_a_definition_stands_though_a_line_before_it_fails(card_of):
    card = card_of("import no_such_module\n" + RIGHT)
    assert card.score == 7
    assert "no_such_module" in card.cells[0].error


def test_what_definitions_rest_on_is_run(card_of):
    source = RIGHT.replace("EPS = 1e-5", "table = {}\ntable['eps'] = 1e-5\nEPS = table['eps']")
    assert card_of(source).score == 7


def test_a_module_of_a_package_imports_its_neighbours(card_of):
    first, second = RIGHT.split("def norm_forward")
    files = {
        "course/layers.py": first,
        "course/more.py": "from .layers import *\nimport numpy as np\ndef norm_forward" + second,
    }
    card = card_of(files)
    assert card.score == 7
    assert [each.file for each in card.exercises] == ["layers.py", "more.py", "more.py"]
    assert not card.notes


def test_a_stand_in_is_there_until_the_file_itself_is_handed_in(card_of):
    source = "from helper import EPS\n" + RIGHT.replace("EPS = 1e-5\n", "")
    support = {"helper.py": "EPS = 1e-5\n"}
    assert card_of({"layers.py": source}, support=support).score == 7
    card = card_of({"layers.py": source, "helper.py": "EPS = 1.0\n"}, support=support)
    assert row(card, "norm_backward", "dx").verdict == "mismatch"


def test_functions_that_are_nowhere_are_named(card_of):
    card = card_of(RIGHT.replace("norm_backward", "norm_gradient"))
    assert [each.score for each in card.exercises] == [3, 0, 3]
    assert card.exercises[1].cause == "dx: nothing defines `norm_backward`"


def test_numerical_differentiation_keeps_its_points_and_is_said(card_of):
    source = (
        RIGHT
        + """
def affine_backward(dout, cache):
    grads = []
    for k in range(3):
        grad = np.zeros_like(cache[k])
        for i in np.ndindex(*grad.shape):
            high, low = [c.copy() for c in cache], [c.copy() for c in cache]
            high[k][i] += 1e-5
            low[k][i] -= 1e-5
            change = affine_forward(*high)[0] - affine_forward(*low)[0]
            grad[i] = (dout * change).sum() / 2e-5
        grads.append(grad)
    return tuple(grads)
"""
    )
    card = card_of(source, {"affine_backward": EXERCISES["affine_backward"]})
    assert card.score == 3
    assert "differences" in note(card, "numerical").text


def test_torch_is_not_there_and_cannot_be_read(card_of):
    source = RIGHT.replace(
        "    return dx, dw, db",
        "    import os, sys, glob\n"
        "    seen = [d for p in sys.path for d in glob.glob(p + '/torch/*')]\n"
        "    sys.meta_path[:] = [f for f in sys.meta_path if 'Refusal' not in type(f).__name__]\n"
        "    try:\n        import torch._C\n        dx = dx * 0\n    except ImportError:\n        pass\n"
        "    dx = dx * (not seen)\n"
        "    dw = dw * (not hasattr(sys.modules.get('torch'), 'tensor'))\n"
        "    return dx, dw, db",
    )
    assert card_of(source).score == 7


def test_importing_torch_at_the_top_says_why_it_is_not_there(card_of):
    card = card_of("import torch\n" + RIGHT)
    assert card.score == 7
    assert "`torch` is not there" in card.cells[0].error


def test_numpy_as_it_was(card_of):
    source = RIGHT.replace("dx = dout.dot(w.T)", "dx = dout.astype(np.float).dot(w.T)")
    assert card_of(source).score == 7


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("dout - dout.mean(0) -", "dout -", "missing_path", "the mean"),
        ("- xhat * (dout * xhat).mean(0)", "", "missing_path", "variance"),
        ("dout - dout.mean(0) -", "dout - dout.sum(0) -", "wrong_factor", "the mean"),
        ("(dout * xhat).mean(0)", "(dout * xhat).sum(0)", "wrong_factor", "variance"),
    ],
)
def test_a_missing_way_back_is_named(card_of, old, new, code, words):
    card = card_of(RIGHT.replace(old, new))
    found = row(card, "norm_backward", "dx").diagnosis
    assert found.code == code
    assert words in found.why


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("dw = x.T.dot(da)", "dw = x.T.dot(t)", "wrong_operand", "flows into the matrix product"),
        ("da = dout * (1 - t ** 2)", "da = t * (1 - t ** 2)", "wrong_operand", "`tanh`"),
        ("da = dout * (1 - t ** 2)", "da = -t", "wrong_operand", "flows into the matrix product"),
    ],
)
def test_a_tensor_in_the_place_of_a_gradient_is_named(card_of, old, new, code, words):
    source = RIGHT.replace(
        "return affine_backward(da, fc)",
        "x, w, b = fc; dw = x.T.dot(da); return da.dot(w.T), dw, da.sum(axis=0)",
    )
    assert card_of(source).score == card_of(RIGHT).score
    card = card_of(source.replace(old, new))
    assert row(card, "layer_backward", "dw").diagnosis.code == code
    assert words in why(card, "layer_backward", "dw")


def test_a_derivative_that_is_not_multiplied_in_is_named(card_of):
    card = card_of(RIGHT.replace("da = dout * (1 - t ** 2)", "da = dout"))
    assert row(card, "layer_backward", "dx").diagnosis.code == "wrong_factor"
    assert "tanh" in why(card, "layer_backward", "dx")


@pytest.mark.parametrize("role", ["inputs", "forward", "student"])
def test_a_missing_role_is_told_with_file_and_remedy(tmp_path, role):
    source = NORM.replace(f"def {role}(", "def other(")
    with pytest.raises(AssignmentError, match=rf"norm_backward\.py: {role}: is missing: write"):
        assignment(tmp_path, {"norm_backward": (source, ["x"])})


def test_a_change_of_a_role_or_a_stand_in_is_another_assignment(tmp_path):
    one = assignment(tmp_path / "a", support={"h.py": "a = 1"})
    two = assignment(tmp_path / "b", support={"h.py": "a = 2"})
    three = assignment(
        tmp_path / "c",
        {**EXERCISES, "norm_backward": (NORM + "\n", ["x"])},
        support={"h.py": "a = 1"},
    )
    assert len({one.digest, two.digest, three.digest}) == 3


def test_codes_are_empty_for_everyday_code(card_of):
    card = card_of("import gc, pickle, threading\n" + RIGHT)
    assert codes(card) == []


@pytest.mark.parametrize(
    ("right", "mistake", "code"),
    [
        ("(1 - t ** 2)", "(1 - t)", "wrong_factor"),
        ("dout * (1 - t ** 2)", "np.ones_like(t) * (1 - t ** 2)", "upstream_missing"),
        ("dout * (1 - t ** 2)", "-dout * (1 - t ** 2)", "sign"),
    ],
)
def test_a_mistake_within_a_function_is_named(card_of, right, mistake, code):
    card = card_of(RIGHT.replace(right, mistake))
    assert row(card, "layer_backward", "dw").diagnosis.code == code


ROWS_FIRST = """
import torch

def inputs(draw):
    t, n, h, d = draw.sizes(4, low=3)
    return {"x": draw(t, d, n), "h": draw(h, n), "u": draw(h, h, scale=0.5), "w": draw(h, d)}

def forward(x, h, u, w):
    states = [h]
    for step in x:
        states.append((u @ states[-1] + w @ step).tanh())
    return torch.stack(states[1:])

def student(x, h, u, w, dout):
    return dict(zip("xhuw", unrolled_backward(dout, x, h, u, w)))
"""
UNROLLED = """
import numpy as np
def unrolled_backward(dout, x, h, u, w):
    states = [h]
    for step in x:
        states.append(np.tanh(u @ states[-1] + w @ step))
    dx, du, dw, carried = np.zeros_like(x), np.zeros_like(u), np.zeros_like(w), 0
    for t in reversed(range(len(x))):
        da = (dout[t] + carried) * (1 - states[t + 1] ** 2)
        carried = u.T @ da
        dx[t] = w.T @ da
        du += da @ states[t].T
        dw += da @ x[t].T
    return dx, carried, du, dw
"""


def test_what_is_not_carried_on_is_named_where_weights_stand_in_front(card_of):
    """The first step's product forks nowhere, and is of the kind of those that do."""
    exercise = {"unrolled_backward": (ROWS_FIRST, list("xhuw"))}
    assert card_of(UNROLLED, exercise).score == 4
    card = card_of(UNROLLED.replace("(dout[t] + carried)", "dout[t]"), exercise)
    found = [row(card, "unrolled_backward", f"d{name}").diagnosis.code for name in "huw"]
    assert found == ["missing_path"] * 3


ONE_NUMBER = """
def inputs(draw):
    n, d = draw.batch(), *draw.sizes(1)
    return {"x": draw(n, d), "b": draw(1)}

def forward(x, b):
    return ((x + b) ** 2).mean()

def student(x, b):
    return {"b": shift_backward(x, b)}
"""


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("4 * (x + b).mean()", "2 times what it should be"),
        (
            "2 * (x + b).mean() * len(x)",
            "what it should be, times the size of `x` along dimension 0",
        ),
        (
            "2 * (x + b).mean() / x.shape[1]",
            "what it should be, divided by the size of `x` along dimension 1",
        ),
        ("(x ** 3).sum()", None),
    ],
)
def test_the_factor_of_one_number_is_told_by_all_cases(card_of, result, words):
    source = f"def shift_backward(x, b):\n    return {result}\n"
    card = card_of(source, {"shift_backward": (ONE_NUMBER, ["b"])})
    assert row(card, "shift_backward", "db").score == 0
    if words is None:
        assert row(card, "shift_backward", "db").diagnosis.code == "unexplained"
    else:
        assert words in why(card, "shift_backward", "db")


PRODUCTS = """
def inputs(draw):
    n, d = draw.batch(), *draw.sizes(1)
    return {"x": draw(n, d), "y": draw(n, d), "w": draw(d, d), "v": draw(d, d)}

def forward(x, y, w, v):
    return (x * y).tanh() @ w @ v

def student(x, y, w, v, dout):
    return dict(zip("xywv", products_backward(dout, x, y, w, v)))
"""
PRODUCTS_BACKWARD = """
import numpy as np
def products_backward(dout, x, y, w, v):
    t = np.tanh(x * y)
    dh = dout @ v.T
    dxy = dh @ w.T * (1 - t ** 2)
    return dxy * y, dxy * x, t.T @ dh, (t @ w).T @ dout
"""


@pytest.mark.parametrize(
    ("right", "mistake", "wrong", "words"),
    [
        ("dxy * y", "dxy * t", ["x"], "a product"),
        ("dh @ w.T", "dh @ v.T", ["x", "y"], "the matrix product"),
        ("t.T @ dh", "x.T @ dh", ["w"], "the matrix product"),
    ],
)
def test_another_operand_of_a_product_is_named(card_of, right, mistake, wrong, words):
    source = PRODUCTS_BACKWARD.replace(right, mistake)
    card = card_of(source, {"products_backward": (PRODUCTS, list("xywv"))})
    assert card.score == 4 - len(wrong)
    for name in wrong:
        assert row(card, "products_backward", f"d{name}").diagnosis.code == "wrong_operand"
        assert words in why(card, "products_backward", f"d{name}")


STEPS = """
def inputs(draw):
    t, n = draw.sizes(2, low=3)
    return {"x": draw(t, n), "w": draw(n)}

def forward(x, w):
    h = 1 + 0 * w
    for step in x:
        h = (h * w + step).tanh()
    return h

def student(x, w, dout):
    dx, dw = chain_backward(dout, x, w)
    return {"x": dx, "w": dw}
"""
CHAIN = """
import numpy as np
def chain_backward(dout, x, w):
    h = [1 + 0 * w]
    for step in x:
        h.append(np.tanh(h[-1] * w + step))
    dx, dw, dh = np.zeros_like(x), np.zeros_like(w), dout
    for t in reversed(range(len(x))):
        da = dh * (1 - h[t + 1] ** 2)
        dx[t] = da
        dw += da * h[t]
        dh = da * w
    return dx, dw
"""


@pytest.mark.parametrize(
    ("right", "mistake", "score", "code"),
    [
        ("dw +=", "dw +=", 2, None),
        ("dw +=", "dw =", 1, "overwritten"),
        ("dh = da * w", "dh = 0 * da", 0, "missing_path"),
    ],
)
def test_what_goes_wrong_over_time_is_named(card_of, right, mistake, score, code):
    source = CHAIN.replace(right, mistake)
    card = card_of(source, {"chain_backward": (STEPS, ["x", "w"])})
    assert card.score == score
    found = row(card, "chain_backward", "dw").diagnosis
    assert (found and found.code) == code


def test_reasons_are_for_what_is_wrong(card_of):
    card = card_of(RIGHT)
    assert all(t.diagnosis is None for e in card.exercises for t in e.targets)


OTHERWISE = """

def otherwise(x, w, b, dout):
    dx, dw, db = affine_backward(dout, affine_forward(x, w, b)[1])
    return {"x": dx, "w": dw, "b": db}
"""


@pytest.mark.parametrize(
    ("mistake", "score"), [("", 3), ("db = 2 * db", 2), ("return None, None, None", 0)]
)
def test_a_cache_of_ones_own_form_is_right_where_the_exercise_knows_another_way_to_call(
    card_of, mistake, score
):
    source = f"""
import numpy as np

def affine_forward(x, w, b):
    return x.dot(w) + b, {{"x": x, "w": w}}

def affine_backward(dout, cache):
    dx, dw, db = dout.dot(cache["w"].T), cache["x"].T.dot(dout), dout.sum(0)
    {mistake or "pass"}
    return dx, dw, db
"""
    one = {"affine_backward": (AFFINE + OTHERWISE, ["x", "w", "b"])}
    card = card_of(source, one)
    assert card.score == score
    if mistake.startswith("db"):
        assert row(card, "affine_backward", "db").diagnosis.code == "constant_factor"


def test_the_other_way_to_call_takes_nothing_from_what_is_right(card_of):
    source = RIGHT.replace("return x.dot(w) + b, (x, w, b)", "return x.dot(w) + b, None")
    one = {"affine_backward": (AFFINE + OTHERWISE, ["x", "w", "b"])}
    assert card_of(source.replace("db = dout", "db = 3 * dout"), one).score == 2


def test_the_other_way_to_call_is_told_of_where_the_courses_comes_to_nothing(card_of):
    """A mistake in a function whose author gave the cache a form of their own has its reason."""
    source = """
import numpy as np

def affine_forward(x, w, b):
    return x.dot(w) + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return 2 * dout.dot(w.T), 2 * x.T.dot(dout), 2 * dout.sum(0)
"""
    card = card_of(source, {"affine_backward": (AFFINE + OTHERWISE, ["x", "w", "b"])})
    assert card.score == 0
    assert {row(card, "affine_backward", f"d{n}").diagnosis.code for n in "xwb"} == {
        "constant_factor"
    }


def test_a_helper_of_a_module_that_was_not_handed_in_costs_nothing(card_of):
    helped = TANH + "\n\ndef reference_slope(t):\n    return 1 - t**2\n"
    one = {"layer_backward": (helped, ["x", "w", "b"])}
    source = "from my_activations import *\n" + RIGHT.replace("(1 - t ** 2)", "slope(t)")
    card = card_of(source, one)
    assert card.score == 3
    assert row(card, "layer_backward", "dx").root_cause == "slope"
    wrong = card_of(source.replace("dw = x.T.dot(dout)", "dw = -x.T.dot(dout)"), one)
    assert wrong.score == 2


def test_python_2_is_named_as_what_it_is(card_of):
    source = RIGHT.replace(
        "    dx = dout.dot(w.T)", "    exec 'here'\n" * 5 + "    dx = dout.dot(w.T)"
    )
    card = card_of(source)
    assert card.score == 0
    assert "layers.py is written for Python 2" in card.reason


def test_a_function_in_a_cell_that_is_no_python_is_named_so(card_of):
    first, second = RIGHT.split("def norm_forward")
    source = f"# %%\n{first}\n# %%\ndef norm_forward{second}".replace(
        "    dx = (dout -", "    x = = 1\n" * 5 + "    dx = (dout -"
    )
    card = card_of(source)
    assert card.exercises[0].score == 3
    assert "is no Python" in card.exercises[1].cause


def test_a_line_that_is_no_python_is_left_out_and_said(card_of):
    card = card_of(RIGHT.replace("    dx = dout.dot(w.T)", "    print 'x'\n    dx = dout.dot(w.T)"))
    assert card.score == 7
    assert "the rest of the cell was run" in card.cells[0].error


@pytest.mark.parametrize(
    "unfinished",
    [
        "    for row in dout:  # sum up\n        # YOUR CODE\n",
        "    def inner(t):\n    ### START CODE HERE ###\n\n",
        "    if x.ndim > 2:\n    # flatten it\n    else:\n",
    ],
)
def test_a_block_that_is_to_be_written_still_is_an_empty_one(card_of, unfinished):
    card = card_of(RIGHT.replace("    dx = dout.dot(w.T)", f"{unfinished}    dx = dout.dot(w.T)"))
    assert card.score == 7
    assert "expected an indented block" in card.cells[0].error


@pytest.mark.parametrize(
    "head", ["if np is not None:", "if False:\n  pass\nelse:", "try:", "if True:\n try:"]
)
def test_a_function_may_be_defined_on_a_condition(card_of, head):
    one = {"affine_backward": EXERCISES["affine_backward"]}
    first, _, rest = RIGHT.partition("def affine_backward")
    body, _, rest = rest.partition("\ndef ")
    deep = " " * (2 + head.count("\n try"))
    inner = f"def affine_backward{body}".replace("\n", f"\n{deep}")
    close = f"\n{deep[:-2]}finally:\n{deep}pass\n" if "try" in head else "\n"
    card = card_of(f"{first}{head}\n{deep}{inner}{close}\ndef {rest}", one)
    assert card.score == 3
    assert row(card, "affine_backward", "db").lines


ROWS = '''
"""Standardised rows."""
import torch

def inputs(draw):
    return {"x": draw(draw.batch(), 5, scale=2.0)}

def forward(x):
    return (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)

def student(x, dout):
    out, cache = norm_forward(x)
    return {"x": norm_backward(dout, cache)}

def own_forward(x):
    return norm_forward(x)[0]
'''


def test_a_forward_over_the_wrong_axis_is_a_forward_though_a_batch_of_one_makes_it_constant(
    card_of,
):
    card = card_of(RIGHT, {"norm_backward": (ROWS, ["x"])})  # by columns
    assert row(card, "norm_backward", "dx").basis == "own_forward"


def test_a_forward_that_is_constant_as_a_rule_proves_nothing(card_of):
    head = "def norm_forward(x):\n    if len(x) > 1:\n        return 0 * x, (x, np.inf)"
    source = RIGHT.replace("def norm_forward(x):", head)
    card = card_of(
        source,
        {
            "norm_backward": (
                ROWS.replace("draw.batch()", "1 + draw.case % 2 + draw.case // 2"),
                ["x"],
            )
        },
    )
    assert row(card, "norm_backward", "dx").basis == "none"


REGULARISED = '''
"""Squares of a linear map, and a punishment for large weights."""

def inputs(draw):
    return {"x": draw(draw.batch(), 3), "w": draw(3)}

def forward(x, w, factor):
    return ((x @ w) ** 2).mean() + factor * (w ** 2).sum()

variants = [{"factor": 1.0}, {"factor": 0.5}]

def student(x, w):
    return {"w": loss(x, w)[1]}

def own_forward(x, w):
    return loss(x, w)[0]
'''


@pytest.mark.parametrize(
    ("punishment", "factor", "score"),
    [
        ("(w ** 2).sum()", 2, 1),
        ("0.5 * (w ** 2).sum()", 1, 1),
        ("(w ** 2).sum()", 1, 0),
        ("0.5 * (w ** 2).sum()", 2, 0),
        ("0.7 * (w ** 2).sum()", 1, 1),  # a wrong loss does not say which of them
        ("0.7 * (w ** 2).sum()", 2, 1),
        ("0.7 * (w ** 2).sum()", 3, 0),
    ],
)
def test_the_loss_tells_the_form_and_a_wrong_loss_none(card_of, punishment, factor, score):
    source = (
        f"def loss(x, w):\n    y = x @ w\n    value = (y ** 2).mean() + {punishment}\n"
        f"    return value, 2 * x.T @ y / len(x) + {factor} * w\n"
    )
    assert card_of(source, {"loss": (REGULARISED, ["w"])}).score == score


@pytest.mark.parametrize(
    ("forward", "backward", "code", "words"),
    [
        ("return None, None", "dz = missing", "unfinished", "gives nothing, and `norm_backward`"),
        ("out = None; return out.T, x", "return dout", "unfinished", "None in `norm_forward`"),
        ("return x[: len(x) / 2], x", "return dout", "raises", "`norm_forward`.*`//`"),
        ("return x, x", "return dout[range(len(dout) / 2)]", "raises", "`norm_backward`.*`//`"),
    ],
)
def test_an_error_is_told_with_the_function_and_what_it_means(
    card_of, forward, backward, code, words
):
    source = (
        f"def norm_forward(x):\n    {forward}\ndef norm_backward(dout, cache):\n    {backward}\n"
    )
    card = card_of(source, {"norm_backward": EXERCISES["norm_backward"]})
    told = row(card, "norm_backward", "dx").diagnosis
    assert told.code == code
    assert re.search(words, told.why), told.why


def test_of_a_cache_of_ones_own_form_the_error_in_ones_own_way_is_told(card_of):
    source = """
def affine_forward(x, w, b):
    return x.dot(w) + b, (x, w, b, x.shape)

def affine_backward(dout, cache):
    x, w, b, shape = cache
    return dout.dot(w.t), x.T.dot(dout), dout.sum(0)
"""
    one = {"affine_backward": (AFFINE + OTHERWISE, ["x", "w", "b"])}
    assert "has no attribute 't'" in why(card_of(source, one), "affine_backward", "dx")


def test_a_cache_of_ones_own_form_without_its_forward_is_not_unfinished(card_of):
    source = """
def affine_backward(dout, cache):
    x, w, b, shape = cache
    return dout.dot(w.T), x.T.dot(dout), dout.sum(0)
"""
    card = card_of(source, {"affine_backward": (AFFINE + OTHERWISE, ["x", "w", "b"])})
    told = row(card, "affine_backward", "dx").diagnosis
    assert told.code == "raises"
    assert "(expected 4, got 3) (its cache has another form" in told.why


WITHOUT = RIGHT.replace(
    RIGHT[RIGHT.index("def affine_backward") : RIGHT.index("def norm_forward")], ""
)


def test_what_is_wrong_is_told_though_a_function_that_is_called_was_not_handed_in(card_of):
    card = card_of(WITHOUT)
    assert [t.score for t in card.exercises[2].targets] == [1, 1, 1]
    assert card.exercises[0].score == 0
    card = card_of(WITHOUT.replace("(1 - t ** 2)", "(1 - t)"))
    assert [t.score for t in card.exercises[2].targets] == [0, 0, 0]
    found = row(card, "layer_backward", "dw").diagnosis
    assert found.code == "wrong_factor"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("from tools_of_ours import slope", "it is imported from `tools_of_ours`, which is not"),
        ("import slope", "it could not be imported"),
        ("", "is not defined."),
    ],
)
def test_names_of_modules_that_were_not_handed_in_are_told_with_these(card_of, line, told):
    source = f"{line}\n" + RIGHT.replace("dx = dout.dot(w.T)", "dx = slope * dout.dot(w.T)")
    assert told in why(card_of(source), "affine_backward", "dx")


def test_parameters_of_numpy_by_their_former_names(card_of):
    source = RIGHT.replace("dx = dout.dot(w.T)", "dx = np.reshape(dout.dot(w.T), newshape=x.shape)")
    assert card_of(source).score == 7


def test_tabs_and_spaces_by_turns_are_read_as_python_2_does(card_of):
    source = RIGHT.replace("    dx = dout.dot(w.T)\n", "    if True:\n\tdx = dout.dot(w.T)\n")
    card = card_of(source)
    assert card.score == 7
    assert card_of(source.replace("\tdx", "\tprint 'x'\n\tdx")).score == 7


@pytest.mark.parametrize("width", [4, 8])
def test_tabs_and_spaces_in_one_function_take_no_other_one_along(card_of, width):
    mixed = (
        f"\n\ndef both(n):\n\tfor k in range(n):\n{2 * width * ' '}n += k\n{width * ' '}return n\n"
    )
    assert card_of(RIGHT + mixed).score == 7


OLD = """
def norm_forward(x):
    n = x.shape[0] / 1
    mean = np.zeros(x.shape[1])
    for i in xrange(n):
        mean += x[i] / n
    spread = np.sqrt(((x - mean) ** 2).mean(0) + EPS)
    return (x - mean) / spread, ((x - mean) / spread, spread)
"""


def test_python_2_is_run_as_such_and_said(card_of):
    source = RIGHT + OLD
    card = card_of(source)
    assert card.score == 7
    assert "layers.py is written for Python 2" in card.notes[0]
    assert "norm_backward" in card.notes[0]
    assert not card.integrity
    wrong = card_of(source.replace("dout - dout.mean(0) -", "dout -"))
    assert row(wrong, "norm_backward", "dx").diagnosis.code == "missing_path"


def test_methods_that_dicts_had_in_python_2_are_known(card_of):
    looked = "{'t': 1}.iteritems()"
    source = RIGHT.replace(
        "    dx = dout.dot(w.T)\n", f"    list({looked})\n    dx = dout.dot(w.T)\n"
    )
    assert looked in source
    card = card_of(source)
    assert card.score == 7
    assert "written for Python 2" in card.notes[0]


def test_what_fails_in_python_2_as_well_is_told_as_it_fails_there(card_of):
    source = RIGHT + OLD.replace("return (x", "return lost * (x")
    card = card_of(source, {"norm_backward": EXERCISES["norm_backward"]})
    assert "name 'lost' is not defined" in why(card, "norm_backward", "dx")


@pytest.mark.parametrize(
    "change",
    [("x[i] / n", "(x[i:i + 1].T @ np.ones(1)) / n"), ("xrange", "range")],
    ids=["syntax of 3", "no word of 2"],
)
def test_what_is_no_python_2_is_not_run_as_such(card_of, change):
    card = card_of(RIGHT + OLD.replace(*change), {"norm_backward": EXERCISES["norm_backward"]})
    assert card.score == 0
    assert "in Python 3" in why(card, "norm_backward", "dx")


def test_an_array_of_one_number_is_a_number_as_it_was(card_of):
    source = RIGHT.replace(
        "dx = dout.dot(w.T)",
        "dx = np.zeros(x.shape)\n"
        "    for i in range(len(x)):\n"
        "        for d in range(len(w)):\n"
        "            dx[i, d] = dout[i].dot(w[d : d + 1].T)",
    )
    card = card_of(source)
    assert card.score == 7
    assert "NumPy allowed before 2.4: affine_backward" in card.notes[0]
