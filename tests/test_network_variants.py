"""Networks that differ from the assignment's without being wrong, and what else stands around a
forward pass: judged as fairly as the assignment's own, and nothing said that is not so.
"""

from __future__ import annotations

import re
import textwrap
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import BACKWARD, FORWARD, SETUP, Grade, exercise, row

from grader.exercises.script.account import obstacles
from grader.records.scorecard import Scorecard

UNBIASED = SETUP.replace("b1 = torch.randn(64, generator=g) * 0.1\n", "").replace(
    "W1, b1, ", "W1, "
)
TRAINING = """
with torch.no_grad():
    for i in range(100):
        ix = torch.randint(0, X.shape[0], (32,), generator=g)
        Xb, Yb = X[ix], Y[ix]
        emb = C[Xb]
        embcat = emb.view(emb.shape[0], -1)
        hprebn = embcat @ W1 + b1
        bnvar_inv = (hprebn.var(0, keepdim=True) + 1e-5) ** -0.5
        bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * bnvar_inv
        hpreact = bngain * bnraw + bnbias
        h = torch.tanh(hpreact)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Yb)
        dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, 27)) / 32
        dh = dlogits @ W2.T
        dW2 = h.T @ dlogits
        db2 = dlogits.sum(0)
        dhpreact = (1 - h**2) * dh
        dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
        dbnbias = dhpreact.sum(0, keepdim=True)
        spread = (dhpreact * bnraw).sum(0) / 31
        dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * spread)
        dW1 = embcat.T @ dhprebn
        db1 = dhprebn.sum(0)
        demb = (dhprebn @ W1.T).view(emb.shape)
        dC = torch.zeros_like(C)
        for n in range(32):
            dC.index_add_(0, Xb[n], demb[n])
        for p, grad in zip(parameters, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]):
            p -= 0.1 * grad
"""


def without_bias(code: str) -> str:
    return code.replace(" + b1", "").replace("db1 = dhprebn.sum(0)\n", "")


def steps(card: Scorecard, step: str) -> list[str]:
    return [t.name for e in card.exercises for t in e.targets if t.step == step]


def test_a_network_without_a_useless_bias_is_the_assignments_with_zeros_there(
    grade: Grade,
) -> None:
    card = grade(UNBIASED, without_bias(FORWARD), without_bias(BACKWARD))
    assert exercise(card, "exercise-1").score == 25
    assert row(card, "db1").verdict == "missing"
    assert card.integrity == []
    (note,) = card.notes
    assert "does without `b1`" in note


def test_mistakes_in_a_network_without_a_bias_cost_once_each(grade: Grade) -> None:
    lines = without_bias(BACKWARD).replace("dW2 = h.T @ dlogits", "dW2 = h.T @ dlogits * n")
    lines = lines.replace("dbnraw = bngain * dhpreact", "dbnraw = dhpreact")
    card = grade(UNBIASED, without_bias(FORWARD), lines)
    assert steps(card, "wrong") == ["dW2", "dbnraw"]
    assert exercise(card, "exercise-1").score == 23


def test_zeros_for_a_matrix_of_weights_are_no_network_of_the_assignments(grade: Grade) -> None:
    setup = SETUP.replace("b1, W2, b2", "b1, b2").replace("W2 = ", "unused = ")
    forward = FORWARD.replace("h @ W2 + b2", "b2.expand(n, 27)").replace("logits, h,", "logits,")
    zeros = "dh = torch.zeros_like(h)\ndhpreact = torch.zeros_like(hpreact)\n"
    card = grade(setup, forward, zeros)
    assert [row(card, name).score for name in ("dh", "dhpreact")] == [0, 0]


def test_what_the_size_of_a_batch_is_left_at_by_a_loop_is_no_size(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD, "n, batch_size = 31, 32\n" + TRAINING)
    assert exercise(card, "exercise-4").score == 7
    assert card.integrity == []


def test_a_network_of_another_shape_matters_only_where_gradients_are_derived() -> None:
    def seen(number: int, lifetime: int) -> Any:
        return SimpleNamespace(pass_id=number, lifetime=lifetime, end=False)

    passes: Any = {
        number: SimpleNamespace(reason=reason)
        for number, reason in enumerate([None, "on all data", "on one example"])
    }
    found: Any = SimpleNamespace(targets={7: "h"}, seen=SimpleNamespace(observed=[]))
    assert obstacles(found, passes) == ["on all data", "on one example"]
    found.seen.observed = [seen(0, 7), seen(2, 8)]
    assert obstacles(found, passes) == []
    found.seen.observed = [seen(1, 7)]
    assert obstacles(found, passes) == ["on all data"]


def test_the_loss_of_a_toy_is_no_slip_of_the_forward_pass(grade: Grade) -> None:
    toy = "a = torch.tensor([[3., 2.], [1., 2.]], requires_grad=True)\nloss = (a @ a).exp().sum()\n"
    card = grade(SETUP, FORWARD, toy + "loss.backward()\n", BACKWARD)
    assert card.notes == []
    assert exercise(card, "exercise-1").score == 26


def test_an_embedding_that_is_flattened_at_once_is_the_same_network(grade: Grade) -> None:
    forward = FORWARD.replace("emb = C[Xb]", "emb = C[Xb].view(n, -1)")
    card = grade(SETUP, forward, BACKWARD.replace("view(emb.shape)", "view(n, 3, 10)"))
    assert exercise(card, "exercise-1").score == 26
    assert card.integrity == []


def test_tensors_that_are_listed_to_be_compared_are_no_gradients(grade: Grade) -> None:
    listed = "seen = {'logits': logits, 'h': h, 'W2': W2, 'dead': None}\nprint(len(seen))\n"
    card = grade(SETUP, FORWARD, listed + BACKWARD)
    assert exercise(card, "exercise-1").score == 26
    assert {t.attempt for t in exercise(card, "exercise-1").targets} == {None}


def in_functions(taken_apart: str, lines: str = BACKWARD) -> list[str]:
    """The parameters drawn by a function, and handed as a list to a forward pass and the way
    back, each of which takes it apart.
    """
    drawn, _, batch = SETUP.partition("for p in parameters:")
    head, _, parameters = drawn.partition("g = torch")
    draw = indented(f"g = torch{parameters}return [p.requires_grad_() for p in parameters]")
    forward = FORWARD.partition("for p in parameters")[0]
    names = [line.partition(" = ")[0] for line in forward.strip().splitlines()]
    kept = ", ".join(f"'{name}': {name}" for name in names)
    found = [line.partition(" = ")[0] for line in lines.splitlines() if re.match(r"d\w+ = ", line)]
    given = ", ".join(f"'{name[1:]}': {name}" for name in dict.fromkeys(found))
    read = "".join(f"{name} = seen['{name}']\n" for name in names)
    whole = "C, W1, b1, W2, b2, bngain, bnbias = parameters\n"
    g = "g = torch.Generator().manual_seed(1)\n"
    return [
        f"{head}\ndef draw():\n{draw}",
        f"def run(parameters, Xb, Yb, n):\n{indented(whole + forward)}\n    return {{{kept}}}\n",
        (
            f"def back(parameters, Xb, Yb, n, seen):\n{indented(taken_apart + read + lines)}\n"
            f"    return {{{given}}}\n"
        ),
        (
            f"parameters = draw()\n{g}{batch.partition('requires_grad = True')[2].strip()}\n"
            "seen = run(parameters, Xb, Yb, n)\ngrads = back(parameters, Xb, Yb, n, seen)\n"
        ),
    ]


def indented(code: str) -> str:
    return textwrap.indent(code.strip("\n"), "    ")


TAKEN_APART = [
    "C, W1, b1, W2, b2, bngain, bnbias = parameters\n",
    "C, W1, _, W2, *rest = parameters\nbngain = rest[1]\n",
    "C, w1, _, w2, _, gain, _ = parameters\n",
]


@pytest.mark.parametrize("taken_apart", TAKEN_APART)
def test_a_list_of_parameters_is_the_same_wherever_it_is_taken_apart(
    grade: Grade, taken_apart: str
) -> None:
    lines = BACKWARD
    if "w1" in taken_apart:
        for name, own in (("W1", "w1"), ("W2", "w2"), ("bngain", "gain")):
            lines = re.sub(rf"\b{name}\b", own, lines)
    card = grade(*in_functions(taken_apart, lines))
    assert exercise(card, "exercise-1").score == 26
    assert steps(card, "wrong") == []
    assert card.integrity == []


def test_a_mistake_is_found_where_a_list_of_parameters_is_handed_on(grade: Grade) -> None:
    lines = BACKWARD.replace("dh = dlogits @ W2.T", "dh = dlogits @ W2.T * 2")
    card = grade(*in_functions(TAKEN_APART[0], lines))
    assert steps(card, "wrong") == ["dh"]
    assert exercise(card, "exercise-1").score == 25


PICKED = {"Xb": "X[rows]", "Yb": "Y[rows]"}


def unnamed(code: str) -> str:
    """Code that picks its batch wherever it needs it."""
    for name, picked in PICKED.items():
        code = re.sub(rf"\b{name}\b", picked, code)
    return code


def test_a_batch_without_a_name_is_found_by_the_lines_that_pick_it(grade: Grade) -> None:
    setup = SETUP.replace("ix = ", "rows = ").replace("Xb, Yb = X[ix], Y[ix]\n", "")
    card = grade(setup, unnamed(FORWARD), unnamed(BACKWARD))
    assert exercise(card, "exercise-1").score == 26
    assert card.integrity == []
    assert card.notes == []


def test_a_batch_without_a_name_that_is_picked_anew_is_another_one(grade: Grade) -> None:
    setup = SETUP.replace("ix = ", "rows = ").replace("Xb, Yb = X[ix], Y[ix]\n", "")
    early, late = BACKWARD.split("dC = torch.zeros_like(C)")
    lines = f"{early}rows = rows + 1\ndC = torch.zeros_like(C){late}"
    card = grade(setup, unnamed(FORWARD), unnamed(lines))
    assert row(card, "dC").score == 0
    assert exercise(card, "exercise-1").score == 25
