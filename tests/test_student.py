"""`cmp` and `check()` on namespaces, in this process. The real kernel is in test_student_kernel."""

from __future__ import annotations

import contextlib
import os
import random
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP

from grader import student
from grader.student.answer import Check, checked
from grader.student.comparing import compared

Names = dict[str, Any]


@pytest.fixture(scope="module")
def solved(data: Path) -> Names:
    """A namespace in which exercise 1 is solved."""
    names: Names = {}
    with contextlib.chdir(data), warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # students do not close files
        exec(SETUP + FORWARD + BACKWARD, names)
    return names


@pytest.fixture
def names(solved: Names) -> Names:
    return {
        name: value.clone() if name.startswith("d") and isinstance(value, torch.Tensor) else value
        for name, value in solved.items()
    }


def course_cmp(s: str, dt: torch.Tensor, t: torch.Tensor) -> str:
    """The helper that every such notebook defines."""
    ex = torch.all(dt == t.grad).item()
    app = torch.allclose(dt, t.grad)
    maxdiff = (dt - t.grad).abs().max().item()
    return f"{s:15s} | exact: {ex!s:5s} | approximate: {app!s:5s} | maxdiff: {maxdiff}"


def said(name: str, mine: object, tensor: object, names: Names | None = None) -> str:
    """What `cmp` prints, its lines joined."""
    return "\n".join(compared(name, mine, tensor, names or {}))


def rows(answer: Check) -> dict[str, Any]:
    assert answer.card is not None
    return {row.name: row for row in answer.card.exercises[0].targets}


def after(names: Names, source: str) -> Names:
    with torch.no_grad():
        exec(source, names)
    return names


# ---- cmp -------------------------------------------------------------------------------------------


def test_a_right_gradient_prints_the_line_of_the_course(
    names: Names, capsys: pytest.CaptureFixture[str]
) -> None:
    exec("from grader.student import cmp\ncmp('logprobs', dlogprobs, logprobs)", names)
    expected = "logprobs        | exact: True  | approximate: True  | maxdiff: 0.0\n"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    "change", ["* 1.0", "* 1.0000001", "+ 1e-4", "* -1", "* float('nan')", "* 0", "/ 0"]
)
def test_the_line_is_the_one_of_the_course_for_every_value(names: Names, change: str) -> None:
    mine = eval(f"dprobs {change}", names)
    first = said("probs", mine, names["probs"]).split("\n")[0]
    assert first.startswith(course_cmp("probs", mine, names["probs"]))


def test_the_name_alone_is_enough(names: Names, capsys: pytest.CaptureFixture[str]) -> None:
    exec("from grader.student import cmp\ncmp('h')\ncmp('nothing')", names)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("h               | exact:")
    assert second == "nothing         | not there yet: `dnothing` is None"


def test_names_inside_a_function_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        t = torch.ones(2, requires_grad=True)
        (t * 3).sum().backward()
        dt = torch.full((2,), 3.0)
        assert dt.requires_grad is False
        student.cmp("t")

    work()
    assert "exact: True" in capsys.readouterr().out


class Hostile:
    """Raises whatever is done with it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    __str__ = __repr__ = __bool__ = __len__ = __eq__ = __hash__ = None  # type: ignore[assignment]


class Liar(torch.Tensor):
    """A subclass that answers for torch's own functions."""

    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


LEAF = torch.ones(3, 2, requires_grad=True)
LEAF.grad = torch.full((3, 2), 2.0)
ODD: list[tuple[Callable[[], object], str]] = [
    (lambda: None, "not there yet"),
    (lambda: [1.0, 2.0], "not a tensor of numbers: `dx` is builtins.list"),
    (lambda: "text", "builtins.str"),
    (Hostile, "Hostile"),
    (lambda: torch.ones(3, 2).as_subclass(Liar), "Liar"),
    (lambda: torch.ones(3, 2).to_sparse(), "a sparse_coo tensor"),
    (lambda: torch.ones(3, 2, device="meta"), "a tensor without data"),
    (lambda: torch.ones(3, 2, dtype=torch.complex64), "a complex tensor"),
    (lambda: torch.ones(1).expand(10**12), "too large"),
    (lambda: np.array([object()]), "an array of object"),
    (lambda: np.full((3, 2), 2.0), "maxdiff: 0.0 | a numpy array"),
    (lambda: np.full((2, 3), 2.0).T[::-1], "maxdiff: 0.0 | a numpy array"),
    (lambda: torch.full((3, 2), 2.0, dtype=torch.float64), "maxdiff: 0.0 | dtype float64"),
    (lambda: torch.full((3, 2), 2), "exact: True  | approximate: True  | maxdiff: 0.0"),
    (
        lambda: torch.ones(3, 2, dtype=torch.bool),
        "exact: False | approximate: False | maxdiff: 1.0",
    ),
    (
        lambda: torch.full((3, 1, 2), 2.0),
        "maxdiff: 0.0 | shape (3, 1, 2) where (3, 2) was expected",
    ),
    (
        lambda: torch.ones(3, 1),
        "wrong shape (3, 1) where (3, 2) was expected: it would only match by",
    ),
    (lambda: torch.ones(5), "wrong shape (5,) where (3, 2) was expected"),
    (lambda: torch.ones(0), "wrong shape (0,) where (3, 2) was expected"),
    (lambda: 2.0, "wrong shape () where (3, 2) was expected"),
    (lambda: torch.nn.Parameter(torch.full((3, 2), 2.0)), "exact: True"),
]


@pytest.mark.parametrize(("make", "expected"), ODD, ids=[text for _, text in ODD])
def test_an_odd_value_is_one_line_that_says_what_is_wrong(
    make: Callable[[], object], expected: str
) -> None:
    line = said("x", make(), LEAF)
    assert expected in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: None, "`x` is None, not a tensor"),
        (lambda: np.ones(2), "`x` is ndarray, not a tensor"),
        (Hostile, "not a tensor"),
        (lambda: torch.ones(2), "requires_grad is False"),
        (lambda: torch.ones(2, requires_grad=True), "run `loss.backward()` first"),
        (lambda: torch.ones(2, requires_grad=True) * 2, "call `x.retain_grad()` before"),
    ],
)
def test_without_a_gradient_to_compare_with_it_says_what_to_call(
    make: Callable[[], object], expected: str
) -> None:
    assert expected in said("x", torch.ones(2), make())


def test_nothing_that_is_handed_over_can_raise(capsys: pytest.CaptureFixture[str]) -> None:
    student.cmp(Hostile(), Hostile(), Hostile())  # type: ignore[arg-type]
    student.cmp("two\nlines\x1b[31m", None, None)
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("cmp ")
    assert out.count("\n") == 2
    assert "\x1b" not in out


def test_a_wrong_value_gets_its_reason(names: Names) -> None:
    after(names, "dh = -dh")
    lines = said("h", names["dh"], names["h"], names).splitlines()
    assert lines[1:3] == [
        "                | why: Every element of `dh` has the opposite sign.",
        "                | look at: Which way does the result of the forward line move when `h` grows?",
    ]


def test_what_only_follows_from_a_mistake_is_not_explained_again(names: Names) -> None:
    after(names, BACKWARD.replace("-counts_sum**-2", "counts_sum**-2"))
    text = said("logits", names["dlogits"], names["logits"], names)
    assert "follows from `dcounts_sum`" in text
    assert "why" not in text


def test_a_tensor_is_known_by_what_it_is_where_the_name_does_not_tell(names: Names) -> None:
    text = said(str(tuple(names["W2"].shape)), names["dW2"] * 2, names["W2"], names)
    assert text.startswith("(64, 27)        | exact: False")
    assert "`dW2` is 2 times what it should be" in text


def test_a_difference_that_is_rounding_is_called_right_whatever_allclose_says() -> None:
    tensor = torch.ones(2, requires_grad=True)
    tensor.grad = torch.tensor([1.0, 1e-3])
    text = said("x", tensor.grad + torch.tensor([0.0, 1e-6]), tensor)
    assert "approximate: False" in text
    assert text.endswith("right: the difference is rounding")


def test_there_is_no_reason_where_autograd_answered_for_another_network(names: Names) -> None:
    after(names, "Xb = Xb.flip(0)\ndW1 = -dW1")
    assert "\n" not in said("W1", names["dW1"], names["W1"], names)


# ---- check() -----------------------------------------------------------------------------------------


def test_every_gradient_is_judged_and_each_name_once(names: Names) -> None:
    answer = checked(names)
    assert answer.card is not None
    assert [part.score for part in answer.card.exercises] == [26, 0, 0, 0]
    assert {row.step for part in answer.card.exercises for row in part.targets} == {"unknown"}
    assert "26 of 26 gradients right" in repr(answer)
    assert "Checked above: `dlogits`." in repr(answer)


MISTAKES = {
    "dcounts_sum = counts_sum**-2 * dcounts_sum_inv": ("counts_sum", "sign"),
    "dbngain = bnraw * dhpreact": ("bngain", "missing_sum"),
    "dW2 = dlogits.T @ h": ("W2", "transposed"),
    "dbndiff2 = dbnvar * torch.ones_like(bndiff2) / n": ("bndiff2", "constant_factor"),
    "dhprebn = dbndiff.clone()": ("hprebn", "missing_path"),
    "dhpreact = (1 - h) * dh": ("hpreact", "wrong_factor"),
    "dC = torch.zeros_like(C)\nfor k in range(n):\n    dC[Xb[k]] = demb[k]": ("C", "overwritten"),
    "dnorm_logits = counts * dprobs": ("norm_logits", "wrong_upstream"),
    "dlogits = (F.softmax(logits, 1) + F.one_hot(Yb, 27)) / n": ("logits", "some_elements"),
    "dhprebn = dbndiff\ndhprebn += 1.0/n * (torch.ones_like(hprebn) * dbnmeani)": (
        "bndiff",
        "alias",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(names: Names, mistake: str) -> None:
    target, code = MISTAKES[mistake]
    row = rows(checked(after(names, mistake)))[f"d{target}"]
    assert row.basis == "none"
    assert row.diagnosis is not None
    assert row.diagnosis.code == code


def test_all_that_follows_from_one_mistake_points_to_it(names: Names) -> None:
    after(names, BACKWARD.replace("dhpreact = (1.0 - h**2)", "dhpreact = (1.0 - h)"))
    found = rows(checked(names))
    wrong = {name: row.root_cause for name, row in found.items() if row.basis == "none"}
    assert wrong.pop("dhpreact") is None
    assert set(wrong.values()) == {"dhpreact"}
    assert {"dbngain", "dW1", "dC"} <= wrong.keys()


def test_missing_gradients_are_listed(names: Names) -> None:
    del names["dW1"], names["db1"]
    names["dC"] = None
    answer = checked(names)
    assert "not there yet: dW1, db1, dC" in repr(answer)
    assert "23 of 26 gradients right" in repr(answer)


def test_another_spelling_is_found_and_said(names: Names) -> None:
    names["dlog_probs"] = names.pop("dlogprobs")
    row = rows(checked(names))["dlogprobs"]
    assert (row.found_as, row.basis) == ("dlog_probs", "value")


def test_a_gradient_in_autograds_own_memory_is_noted_and_costs_nothing_here(names: Names) -> None:
    row = rows(checked(after(names, "dW1 = W1.grad")))["dW1"]
    assert row.basis == "value"
    assert "the same tensor as `W1.grad`" in row.note


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("del C", "not found under any known name: C"),
        ("C = 'a string'", "not found under any known name: C"),
        ("W1 -= 0.1 * dW1", "`hprebn` is not what the assignment's forward pass makes of"),
        ("Xb = X[:32]", "`emb` is not what"),
        ("n = 3", "does not run on these inputs"),
        ("h = torch.ones(1, 64)", "another network: `h` has shape (1, 64)"),
        ("bnvar = bnvar * 31 / 32", "`bnvar` is not what"),
    ],
)
def test_what_cannot_be_judged_is_said_plainly_and_nothing_is_marked_wrong(
    names: Names, change: str, expected: str
) -> None:
    names["W1"] = names["W1"].detach().clone()
    answer = checked(after(names, change))
    assert answer.card is not None
    assert expected in (answer.card.reason or "")
    assert expected in repr(answer).replace("\n", " ")
    assert {row.verdict for row in rows(answer).values()} == {"unjudged"}


def test_a_namespace_without_any_gradient_gets_advice() -> None:
    answer = checked({"x": 1})
    assert answer.card is None
    assert "No gradient of an assignment is here yet" in repr(answer)
    assert "grader check my.ipynb adds:" in repr(answer)


def test_the_assignment_can_be_named_and_a_wrong_name_is_one_sentence(names: Names) -> None:
    assert checked(names, str(BUNDLED)).card is not None
    assert "did you mean backprop_ninja" in (checked(names, "backprop_nin").problem or "")


def test_no_object_in_the_namespace_can_raise(names: Names) -> None:
    odd = [make() for make, _ in ODD]
    for number, name in enumerate([key for key in names if key.startswith("d")]):
        names[name] = odd[number % len(odd)]
    names["W1"] = Hostile()
    assert checked(names).card is not None
    names["W1"] = torch.ones(1).expand(10**12)
    answer = checked(names)
    assert "W1" in repr(answer)
    assert answer._repr_html_()


def test_a_wrong_type_is_a_verdict(names: Names) -> None:
    names["dh"] = [1.0]
    names["dprobs"] = names["dprobs"].detach().numpy()
    names["dlogprobs"] = names["dlogprobs"] * float("nan")
    found = rows(checked(names))
    assert found["dh"].verdict == "wrong_type"
    assert found["dprobs"].basis == "value"
    assert "a numpy array" in found["dprobs"].note
    assert found["dlogprobs"].verdict == "non_finite"


# ---- nothing is disturbed ------------------------------------------------------------------------------


def state(names: Names) -> list[object]:
    """All that a student could notice."""
    tensors = {key: value for key, value in names.items() if isinstance(value, torch.Tensor)}
    return [
        {key: (id(value), value._version, value.requires_grad) for key, value in tensors.items()},
        {key: id(value.grad) for key, value in tensors.items() if value.is_leaf},
        {key: value.tolist() for key, value in tensors.items() if value.numel() < 10_000},
        list(names),
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        warnings.filters[:],
        dict(os.environ),
    ]


@contextlib.contextmanager
def as_usual() -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    "mode",
    [
        as_usual,
        torch.no_grad,
        torch.inference_mode,
        lambda: torch.device("meta"),
        lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    ],
    ids=["plain", "no_grad", "inference", "device", "autocast"],
)
def test_in_every_mode_the_answer_is_the_same_and_nothing_is_left_behind(
    names: Names, mode: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    after(names, BACKWARD.replace("dhpreact = (1.0 - h**2)", "dhpreact = (1.0 - h)"))
    plain = repr(checked(names))
    with mode():
        before = state(names)
        answer = checked(names)
        line = said("hpreact", names["dhpreact"], names["hpreact"], names)
        assert state(names) == before
        assert repr(answer) == plain
    assert "differs" in line or "multiplied" in line


# ---- how it looks --------------------------------------------------------------------------------------


def test_styles_reach_nothing_but_the_answer_itself(names: Names) -> None:
    html = checked(names)._repr_html_()
    (css,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    rules = re.sub(r"/\*.*?\*/|@container [^{]*{", "", css, flags=re.DOTALL).split("}")
    heads = [rule.split("{")[0] for rule in rules if "{" in rule]
    selectors = [part.strip() for head in heads for part in head.split(",")]
    assert selectors
    assert all(selector.startswith(".grader-check") for selector in selectors)
    assert not re.findall(r"<script|<link|<img|\son\w+=|\sid=|https?:", html)


def test_text_from_outside_is_escaped(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    names["__vsc_ipynb_file__"] = "/home/x/<img src=x onerror=alert(1)>`.ipynb"
    html = checked(names)._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize(
    ("told", "command"),
    [
        ("/home/ada/week 3.ipynb", "grader check 'week 3.ipynb'"),
        ("c:\\ada\\mine.ipynb", "grader check mine.ipynb"),
        (17, "grader check my.ipynb"),
    ],
)
def test_the_command_names_the_notebook_where_the_front_end_does(
    names: Names, told: object, command: str
) -> None:
    names["__vsc_ipynb_file__"] = told
    assert checked(names).command == command


# ---- importing ----------------------------------------------------------------------------------------


def test_the_import_is_cheap_and_brings_no_torch() -> None:
    """A notebook may set torch's environment below it."""
    code = (
        "import sys\nfrom grader import cmp, check\n"
        "assert callable(cmp) and callable(check)\n"
        "assert not {'torch', 'numpy', 'IPython', 'grader.pipeline'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_module_stands_in_the_place_of_a_function() -> None:
    """A submodule of the same name would, once it is imported."""
    assert callable(student.check)
    assert callable(student.cmp)


def test_the_package_has_no_other_names() -> None:
    import grader

    with pytest.raises(AttributeError, match="nothing_like_that"):
        _ = grader.nothing_like_that
