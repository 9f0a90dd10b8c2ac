"""What the clean room makes of whole submissions, in the real sandbox."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from conftest import BACKWARD, FORWARD, SETUP, Grade, exercise, row
from msgspec.structs import replace

from grader.assignment import Assignment
from grader.cleanroom.networks import Draw
from grader.cleanroom.room import CleanRoom, Question
from grader.records.scorecard import Scorecard, TargetScore
from grader.sandbox import watchdog

RIGHT = {"exact", "close"}
UPDATE = "with torch.no_grad():\n    W2.data *= 1.5\n"


def change(old: str, new: str, source: str = BACKWARD) -> str:
    assert source.count(old) == 1, old
    return source.replace(old, new)


def marks(target: TargetScore) -> tuple[bool, str, str]:
    return target.verdict in RIGHT, target.step, target.basis


def wrong(card: Scorecard) -> list[str]:
    return [t.name for e in card.exercises for t in e.targets if t.step == "wrong"]


def codes(card: Scorecard) -> list[str]:
    return [note.code for note in card.integrity]


# ---- right and wrong ---------------------------------------------------------------------------------


def test_right_lines_are_proven_and_nobody_is_told_anything(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD)
    rows = exercise(card, "exercise-1").targets
    assert {marks(each) for each in rows} == {(True, "right", "value")}
    assert (card.integrity, card.notes) == ([], [])


def test_a_wrong_line_is_wrong_and_what_follows_from_it_is_right(grade: Grade) -> None:
    card = grade(
        SETUP, FORWARD, change("dhpreact = (1.0 - h**2) * dh", "dhpreact = (1.0 - h) * dh")
    )
    assert wrong(card) == ["dhpreact"]
    assert marks(row(card, "dhpreact")) == (False, "wrong", "none")
    assert marks(row(card, "dC")) == (False, "right", "follow_through")
    assert row(card, "dbnraw").root_cause == "dhpreact"
    assert exercise(card, "exercise-1").score == 25


def test_a_mistake_in_a_temporary_costs_what_is_made_with_it(grade: Grade) -> None:
    train = """
    # Exercise 4
    for i in range(5):
        ix = torch.randint(0, X.shape[0], (n,), generator=g)
        Xb, Yb = X[ix], Y[ix]
        emb = C[Xb]
        embcat = emb.view(emb.shape[0], -1)
        hprebn = embcat @ W1 + b1
        bnmean = hprebn.mean(0, keepdim=True)
        bnvar = hprebn.var(0, keepdim=True, unbiased=True)
        bnvar_inv = (bnvar + 1e-5)**-0.5
        bnraw = (hprebn - bnmean) * bnvar_inv
        hpreact = bngain * bnraw + bnbias
        h = torch.tanh(hpreact)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Yb)
        dlogits = F.softmax(logits, 1)
        dlogits[range(n), Yb] -= SLIP
        dlogits /= n
        dW2 = h.T @ dlogits
        db2 = dlogits.sum(0)
        with torch.no_grad():
            for p, d in zip([W2, b2], [dW2, db2]):
                p.data += -0.1 * d
    """
    lines = "\n".join(line[4:] for line in train.splitlines())
    right = grade(SETUP, FORWARD, lines.replace("SLIP", "1"))
    assert [row(right, n, "exercise-4").basis for n in ("dW2", "db2")] == ["value", "value"]
    slipped = grade(SETUP, FORWARD, lines.replace("SLIP", "2"))
    assert [row(slipped, n, "exercise-4").basis for n in ("dW2", "db2")] == ["none", "none"]
    reason = row(slipped, "dW2", "exercise-4").diagnosis
    assert reason is not None
    assert reason.evidence["there"] == "dlogits[range(n), Yb] -= 2"


def test_zeros_for_a_gradient_that_is_always_zero_are_proven(grade: Grade) -> None:
    zeros = "torch.zeros_like(logit_maxes)"
    card = grade(SETUP, FORWARD, change("(-dnorm_logits).sum(1, keepdim=True)", zeros))
    assert marks(row(card, "dlogit_maxes")) == (True, "right", "value")
    assert exercise(card, "exercise-1").score == 26


def test_a_formula_that_only_happens_to_be_zero_is_a_coincidence(grade: Grade) -> None:
    lines = change(
        "(-dnorm_logits).sum(1, keepdim=True)", "(5 * dnorm_logits).sum(1, keepdim=True)"
    )
    mine = row(grade(SETUP, FORWARD, lines), "dlogit_maxes")
    assert marks(mine) == (True, "wrong", "coincidence")
    assert mine.score == 0.5


def test_a_term_that_vanishes_with_a_zero_gradient_is_a_coincidence(grade: Grade) -> None:
    lines = change("dh = dlogits @ W2.T", "dlogits += 7 * dlogit_maxes\ndh = dlogits @ W2.T")
    mine = row(grade(SETUP, FORWARD, lines), "dlogits")
    assert (mine.step, mine.basis) == ("wrong", "coincidence")


def test_constants_earn_nothing(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("db2 = dlogits.sum(0)", "db2 = torch.ones(27) * 0.01"))
    mine = row(card, "db2")
    assert (mine.step, mine.basis, mine.score) == ("wrong", "none", 0)
    assert "constant" in (mine.note or "")


# ---- the engine ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "dW2 = W2.grad",
        "dW2 = W2.grad.clone() * 1.0",
        "t = W2.grad\ndW2 = t",
        "mine = W2.grad\ndW2 = mine * 1.0",
        "dW2_copy = W2.grad\ndW2 = dW2_copy",
        "dW2, = torch.autograd.grad(loss, [W2], retain_graph=True)",
        "def take(p):\n    return p.grad\ndW2 = take(W2)",
    ],
)
def test_what_autograd_was_asked_for_is_copied_with_one_note(grade: Grade, line: str) -> None:
    forward = FORWARD.replace("loss.backward()", "loss.backward(retain_graph=True)")
    card = grade(SETUP, forward, change("dW2 = h.T @ dlogits", line))
    assert (row(card, "dW2").basis, row(card, "dW2").score) == ("copied", 0)
    assert codes(card) == ["copied"]
    assert exercise(card, "exercise-1").score == 25


def test_another_gradient_by_autograd_stands_for_upstream_and_is_noted(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("dh = dlogits @ W2.T", "dh = logits.grad @ W2.T"))
    assert marks(row(card, "dh")) == (True, "right", "value")
    assert "logits.grad" in (row(card, "dh").note or "")
    assert card.integrity == []


# ---- faithfulness ------------------------------------------------------------------------------------


def test_a_patched_function_makes_steps_unknown_and_never_wrong(grade: Grade) -> None:
    patch = "old = torch.zeros_like\nsetattr(torch, 'zeros_like', lambda t, **more: old(t) + 1.0)\n"
    card = grade(SETUP, FORWARD, patch + BACKWARD)
    assert wrong(card) == []
    mine = row(card, "dlogprobs")
    assert (mine.verdict, mine.step, mine.basis) == ("mismatch", "unknown", "none")


def test_a_patch_in_plain_sight_is_followed_like_any_line(grade: Grade) -> None:
    patch = "old = torch.zeros_like\ntorch.zeros_like = lambda t, **more: old(t) + 1.0\n"
    assert wrong(grade(SETUP, FORWARD, patch + BACKWARD)) == ["dlogprobs", "dC"]


def test_a_patch_that_hands_out_the_answer_proves_nothing(grade: Grade) -> None:
    patch = "answer = W2.grad.clone()\ntorch.matmul = lambda a, b: answer\n"
    card = grade(
        SETUP, FORWARD, patch + change("dW2 = h.T @ dlogits", "dW2 = torch.matmul(b2, b2)")
    )
    mine = row(card, "dW2")
    assert marks(mine) == (True, "unknown", "unproven")
    assert codes(card) == ["unproven"]


@pytest.mark.parametrize(
    "update",
    [
        UPDATE,
        "for p in parameters:\n    p.data *= 1.5\n",
        "def step():\n    W2.data.mul_(1.5)\nstep()\n",
    ],
    ids=["by name", "in a loop", "in a function"],
)
def test_a_parameter_updated_between_forward_and_read_proves_nothing_and_is_not_wrong(
    grade: Grade, update: str
) -> None:
    card = grade(SETUP, FORWARD, change("dh = dlogits @ W2.T", update + "dh = dlogits @ W2.T"))
    mine = row(card, "dh")
    assert mine.verdict == "mismatch"
    assert mine.step == "unknown"
    assert row(card, "dW2").basis == "value"


FILLED = """
def fill(rows):
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            dC[Xb[k, j]] += rows[k, j]
fill(demb)
"""


def test_a_helper_that_writes_unseen_is_unproven_and_not_wrong(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD.split("for k in range(Xb.shape[0])")[0] + FILLED)
    mine = row(card, "dC")
    assert mine.verdict in RIGHT
    assert mine.step != "wrong"
    assert mine.score == 1.0


def test_gradients_that_were_put_into_a_dictionary_unseen_are_not_wrong(grade: Grade) -> None:
    """`G.update(…)` in a function: what the slice misses must not be taken for a parameter."""
    source = (
        "G = {}\ndef backward():\n    G.update({'W2': h.T @ dlogits, 'b2': dlogits.sum(0)})\n"
        "backward()\ndW2 = G['W2']\ndb2 = G['b2']\n"
    )
    lines = change("db2 = dlogits.sum(0)\n", "", change("dW2 = h.T @ dlogits\n", source))
    card = grade(SETUP, FORWARD, lines)
    assert wrong(card) == []
    assert (row(card, "dW2").score, row(card, "db2").score) == (1.0, 1.0)


def test_lines_outside_the_language_are_unproven_at_the_assignments_rate(
    grade: Grade, assignment: Assignment
) -> None:
    odd = change("dW2 = h.T @ dlogits", "dW2 = eval('h.T @ dlogits')")
    odd = change("db2 = dlogits.sum(0)", "db2 = getattr(dlogits, 'sum')(0)", odd)
    card = grade(SETUP, FORWARD, odd)
    assert [row(card, name).basis for name in ("dW2", "db2")] == ["unproven", "unproven"]
    assert codes(card) == ["unproven"]
    assert "eval" in (row(card, "dW2").unproven or "")
    assert exercise(card, "exercise-1").score == 26
    rates = replace(assignment.spec.rates, unproven=0.0)
    exam = replace(assignment, spec=replace(assignment.spec, rates=rates))
    assert exercise(grade(SETUP, FORWARD, odd, by=exam), "exercise-1").score == 24


def test_branches_that_never_ran_prove_nothing(grade: Grade) -> None:
    lines = change("dW2 = h.T @ dlogits", "dW2 = W2.grad\nif n > 1000:\n    dW2 = h.T @ dlogits")
    assert row(grade(SETUP, FORWARD, lines), "dW2").basis in {"copied", "unproven"}


def test_what_rests_on_a_number_from_nowhere_is_never_wrong(grade: Grade) -> None:
    """The slice is faithful and fails in every reading; it is not complete."""
    lines = "import random\nr = 2 + random.random()\n" + change(
        "dW2 = h.T @ dlogits", "dW2 = h.T @ dlogits * r"
    )
    assert row(grade(SETUP, FORWARD, lines), "dW2").step == "unknown"


def test_a_gradient_that_is_zero_everywhere_is_tried_by_a_random_one() -> None:
    gradients = {"h": torch.tensor([0.0, 1.0, 2.0]), "m": torch.zeros(3)}
    oracle: Any = SimpleNamespace(assignment=SimpleNamespace(targets=["h", "m"]))
    draw = Draw(oracle, {}, SimpleNamespace(gradients=gradients), 1)  # type: ignore[arg-type]
    assert (draw.cotangent("h") != 0).tolist() == [False, True, True]
    assert (draw.cotangent("m") != 0).all()


def test_a_room_that_waits_for_the_grader_is_not_out_of_time(
    grade: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine it may be minutes from one question to the next."""
    late = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + late[0])
    monkeypatch.setattr(watchdog, "time", clock)
    ask = CleanRoom.ask

    def asked_late(room: CleanRoom, questions: Sequence[Question]) -> object:
        late[0] += 1_000.0
        return ask(room, questions)

    monkeypatch.setattr(CleanRoom, "ask", asked_late)
    card = grade(SETUP, FORWARD, change("(1.0 / probs)", "(2.0 / probs)"))
    assert late[0] >= 2_000.0
    assert (wrong(card), codes(card)) == (["dprobs"], [])


# ---- names, and the forward pass ------------------------------------------------------------------------


def test_own_names_are_found_by_value(grade: Grade) -> None:
    own = BACKWARD.replace("dhpreact", "through_tanh").replace("dW1", "first_weights")
    own = own.replace("dcounts_sum_inv", "inverse_of_sums")
    card = grade(SETUP, FORWARD, own)
    assert exercise(card, "exercise-1").score == 26
    assert row(card, "dhpreact").found_as == "through_tanh"
    assert row(card, "dW1").found_as == "first_weights"
    assert row(card, "dcounts_sum_inv").found_as == "inverse_of_sums"


def test_a_wrong_gradient_under_the_students_own_name_of_its_tensor_costs_once(
    grade: Grade,
) -> None:
    """Its value tells nobody which gradient it is; the tensor that it is called after does."""

    def own(text: str) -> str:
        return text.replace("hpreact", "a1").replace("bnraw", "x_hat")

    broken = change("(1.0 - h**2) * dh", "(h**2 - 1.0) * dh")
    card = grade(SETUP, own(FORWARD), own(broken))
    assert wrong(card) == ["dhpreact"]
    assert row(card, "dbnraw").found_as == "dx_hat"
    assert exercise(card, "exercise-1").score == 25


TRAINING = """
# Exercise 4
parameters = [torch.randn(p.shape, generator=g) * 0.3 for p in parameters]
C, W1, b1, W2, b2, bngain, bnbias = parameters
with torch.no_grad():
    for step in range(200000):
        ix = torch.randint(0, X.shape[0], (n,), generator=g)
        Xb, Yb = X[ix], Y[ix]
        emb = C[Xb]
        embcat = emb.view(n, -1)
        hprebn = embcat @ W1 + b1
        bnvar_inv = (hprebn.var(0, keepdim=True) + 1e-5) ** -0.5
        bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * bnvar_inv
        h = torch.tanh(bngain * bnraw + bnbias)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Yb)
        dlogits = F.softmax(logits, 1)
        dlogits[range(n), Yb] -= 1
        dlogits /= n
        dW2, db2 = h.T @ dlogits, dlogits.sum(0)
        dhpreact = (1.0 - h**2) * (dlogits @ W2.T)
        dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
        dbnbias = dhpreact.sum(0, keepdim=True)
        dhprebn = bngain * bnvar_inv / n * (
            n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0)
        )
        dW1, db1 = embcat.T @ dhprebn, dhprebn.sum(0)
        dC = torch.zeros_like(C)
        dC.index_add_(0, Xb.flatten(), (dhprebn @ W1.T).view(-1, C.shape[1]))
        for p, d in zip(parameters, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]):
            p -= 0.1 * d
"""


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"W1": "weight_1", "b1": "bias_1", "W2": "weight_2", "b2": "bias_2"},
        {"Xb": "inp", "Yb": "labels", "bngain": "scale", "bnbias": "shift", "logits": "scores"},
    ],
    ids=["the assignment's", "parameters", "inputs and tensors"],
)
def test_inputs_under_names_of_ones_own_are_found_in_every_network_of_a_notebook(
    grade: Grade, own: dict[str, str]
) -> None:
    def renamed(text: str) -> str:
        names = {**own, **{f"d{old}": f"d{new}" for old, new in own.items()}}
        return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text)

    card = grade(*map(renamed, (SETUP, FORWARD, BACKWARD, TRAINING)))
    assert (exercise(card, "exercise-1").score, exercise(card, "exercise-4").score) == (26, 7)
    assert codes(card) == []


def test_a_gradient_begun_before_the_training_loop_earns_nothing_and_is_told_why(
    grade: Grade,
) -> None:
    """It cannot be followed alone; where it began is seen all the same."""
    start = "        dC = torch.zeros_like(C)\n"
    hoisted = change(start, "", TRAINING).replace(
        "with torch.no", start.strip() + "\nwith torch.no"
    )
    mine = row(grade(SETUP, FORWARD, BACKWARD, hoisted), "dC", "exercise-4")
    assert (mine.score, mine.diagnosis and mine.diagnosis.code) == (0, "accumulated")


def test_gradients_in_a_container_are_found_by_their_keys(grade: Grade) -> None:
    names = sorted(
        {word[1:] for word in BACKWARD.split() if word.startswith("d") and word[1:] in TENSORS}
    )
    source = "\n".join(f"G['{name}'] = d{name}" for name in names)
    card = grade(SETUP, FORWARD, BACKWARD.replace("\ndC = ", "\nG = {}\ndC = ") + source)
    assert exercise(card, "exercise-1").score == 26


TENSORS = {
    "logprobs",
    "probs",
    "counts",
    "h",
    "W2",
    "b2",
    "hpreact",
    "bnraw",
    "W1",
    "b1",
    "emb",
    "C",
}


def test_own_forward_names_are_bound_by_what_their_lines_compute(grade: Grade) -> None:
    def own(text: str) -> str:
        return text.replace("bnvar_inv", "inverse_std").replace("embcat", "flat_input")

    lines = own(BACKWARD).replace("dinverse_std", "dbnvar_inv").replace("dflat_input", "dembcat")
    card = grade(SETUP, own(FORWARD), lines)
    assert exercise(card, "exercise-1").score == 26
    assert wrong(card) == []


def test_a_slip_in_the_forward_pass_is_named_once_and_steps_keep_their_points(grade: Grade) -> None:
    slip = change("bnvar = 1/(n-1)*(bndiff2)", "bnvar = 1/n*(bndiff2)", FORWARD)
    card = grade(SETUP, slip, BACKWARD)
    (note,) = card.notes
    assert "`bnvar`" in note
    assert "line 8 of cell 1" in note
    assert wrong(card) == []
    assert exercise(card, "exercise-1").score == 26


def test_points_kept_after_a_slip_are_exempt_from_the_follow_through_rate(
    grade: Grade, assignment: Assignment
) -> None:
    rates = replace(assignment.spec.rates, follow_through=0.0)
    strict = replace(assignment, spec=replace(assignment.spec, rates=rates))
    slip = change("bnvar = 1/(n-1)*(bndiff2)", "bnvar = 1/n*(bndiff2)", FORWARD)
    assert exercise(grade(SETUP, slip, BACKWARD, by=strict), "exercise-1").score == 26


def test_a_step_that_fits_a_slipped_line_is_unjudged_and_not_wrong(grade: Grade) -> None:
    slip = change("bnvar = 1/(n-1)*(bndiff2)", "bnvar = 1/n*(bndiff2)", FORWARD)
    lines = change("dbndiff2 = (1.0/(n-1))", "dbndiff2 = (1.0/n)")
    card = grade(SETUP, slip, lines)
    mine = row(card, "dbndiff2")
    assert mine.verdict == "unjudged"
    assert "`bnvar`" in (mine.note or "")
    assert codes(card) == ["unjudged"]


def test_a_loss_without_minus_is_taken_as_the_students_with_one_note(grade: Grade) -> None:
    forward = change("loss = -logprobs", "loss = logprobs", FORWARD)
    lines = change("dlogprobs[range(n), Yb] = -1.0/n", "dlogprobs[range(n), Yb] = 1.0/n")
    card = grade(SETUP, forward, lines)
    (note,) = card.notes
    assert "`loss`" in note
    assert "-1 times" in note
    assert wrong(card) == []
    assert exercise(card, "exercise-1").score == 26


def test_names_assigned_anew_after_the_pass_are_not_its_tensors(grade: Grade) -> None:
    toys = "loss = 0.5\nh = 0.001\nemb = C[Xb] * 2\n"
    kept = BACKWARD.replace("h**2", "keep**2").replace("h.T @ dlogits", "keep.T @ dlogits")
    kept = kept.replace("emb.shape", "embcat.view(n, 3, 10).shape")
    card = grade(SETUP, FORWARD, "keep = h\n" + toys, kept)
    assert exercise(card, "exercise-1").score == 26
    assert wrong(card) == []


# ---- bounds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "dW2 = h.T @ dlogits * len('x' * 9**9**9 if n > 99 else 'x')",
        "k = 0\nwhile n > 99:\n    k += 1\ndW2 = h.T @ dlogits + k",
    ],
)
def test_slices_that_could_go_on_for_ever_hold_up_nobody(grade: Grade, line: str) -> None:
    card = grade(SETUP, FORWARD, change("dW2 = h.T @ dlogits", line))
    assert row(card, "dW2").score == 1.0
    assert exercise(card, "exercise-1").score == 26


# ---- no false marks for what is slow, or long ----------------------------------------------------


def test_a_slow_line_before_a_loop_does_not_cut_the_loop_short(grade: Grade) -> None:
    burn = "import time\nbegun = time.process_time()\nwhile time.process_time() < begun + 4: pass\n"
    card = grade(SETUP, FORWARD, burn.replace("while", "if True:\n  while") + BACKWARD)
    assert row(card, "dC").basis == "value"
    assert exercise(card, "exercise-1").score == 26


def test_a_loop_that_builds_a_gradient_may_take_its_time(grade: Grade) -> None:
    slow = "import time\nbegun = time.process_time()\nvisited = 0\n" + change(
        "        dC[",
        "        visited += 1\n        while time.process_time() < begun + visited / 20: time.time()\n        dC[",
    )
    card = grade(SETUP, FORWARD, slow)
    assert row(card, "dC").verdict in {"exact", "close"}
    assert exercise(card, "exercise-1").score == 26


@pytest.mark.parametrize(
    ("length", "notes"), [(100, []), (400, ["unproven"]), (1500, ["unproven"])]
)
def test_a_long_chain_of_values_costs_nobody_anything(
    grade: Grade, length: int, notes: list[str]
) -> None:
    chain = "x = h\n" + "".join(f"x = x * 1.0 + {i} * 0\n" for i in range(length))
    card = grade(
        SETUP, FORWARD, chain + change("dh = dlogits @ W2.T", "dh = dlogits @ W2.T + 0 * x")
    )
    assert card.status == "graded"
    assert exercise(card, "exercise-1").score == 26
    assert codes(card) == notes


def test_a_long_chain_does_not_hide_what_asks_autograd(grade: Grade) -> None:
    chain = "x = h\n" + "x = x * 1.0\n" * 4000
    backward = change("dh = dlogits @ W2.T", "dh = h.grad + 0 * x")
    card = grade(SETUP, FORWARD, chain + backward)
    assert row(card, "dh").basis == "copied"
    assert codes(card) == ["copied", "unproven"]
