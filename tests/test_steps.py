"""Steps, judged one by one: what a mistake costs, what is copied, and what is left in peace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import BACKWARD, FORWARD, SETUP, SOLUTION, Grade, exercise, markdown, row
from msgspec.structs import replace

from grader.assignment import Assignment
from grader.records.scorecard import Scorecard, TargetScore
from grader.report.wording import explanation_of

RIGHT = {"exact", "close"}


def change(old: str, new: str) -> str:
    assert BACKWARD.count(old) == 1, old
    return BACKWARD.replace(old, new)


def steps(card: Scorecard, identity: str = "exercise-1") -> dict[str, str]:
    return {target.name: target.step for target in exercise(card, identity).targets}


def wrong(card: Scorecard) -> list[str]:
    return [t.name for e in card.exercises for t in e.targets if t.step == "wrong"]


def diagnosis(target: TargetScore) -> str | None:
    return target.diagnosis.code if target.diagnosis else None


def test_every_step_of_the_solution_is_right(grade: Grade) -> None:
    card = grade(content=SOLUTION.read_bytes())
    for each in card.exercises:
        assert set(steps(card, each.id).values()) == {"right"}, each.id


@pytest.mark.parametrize("number", range(10))
def test_honest_steps_are_right_whatever_the_networks(grade: Grade, number: int) -> None:
    """Other bytes of the file, other networks."""
    content = SOLUTION.read_bytes() + b"\n" * number
    card = grade(content=content)
    assert {t.step for e in card.exercises for t in e.targets} == {"right"}
    assert card.score == card.max_score


def test_one_wrong_step_costs_one_step(grade: Grade) -> None:
    card = grade(
        SETUP, FORWARD, change("(counts * dprobs).sum(1, keepdim=True)", "counts * dprobs")
    )
    assert wrong(card) == ["dcounts_sum_inv"]
    assert exercise(card, "exercise-1").score == 25
    mine = row(card, "dcounts_sum_inv")
    assert (mine.verdict, mine.basis, diagnosis(mine)) == ("wrong_shape", "none", "missing_sum")
    assert mine.diagnosis is not None
    assert mine.diagnosis.evidence["dims"] == [1]


def test_the_steps_below_name_the_root_cause(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("(1.0 / probs)", "(2.0 / probs)"))
    assert wrong(card) == ["dprobs"]
    below = row(card, "dcounts_sum")
    assert (below.verdict, below.step, below.basis) == ("mismatch", "right", "follow_through")
    assert below.root_cause == "dprobs"
    assert below.score == 1.0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_gradient_that_others_read_under_another_name_costs_once(grade: Grade, when: str) -> None:
    """`d = …; dhpreact = d; dbngain = (bnraw * d)…`: `d` is the gradient."""
    lines = BACKWARD.splitlines()
    begun = next(i for i, line in enumerate(lines) if line.startswith("dhpreact ="))
    head, tail = lines[:begun], lines[begun + 1 :]
    own = ["d = " + lines[begun].partition("=")[2].replace("1.0 - h**2", "1.0 - h")]
    tail = [line.replace("dhpreact", "d") for line in tail]
    named = ["dhpreact = d"]
    cells = [*head, *own, *named, *tail] if when == "before" else [*head, *own, *tail, *named]
    assert "1.0 - h)" in own[0]
    card = grade(SETUP, FORWARD, "\n".join(cells))
    assert wrong(card) == ["dhpreact"]
    assert exercise(card, "exercise-1").score == 25
    assert row(card, "dbngain").upstream == ["dhpreact"]


def test_what_has_two_gradients_names_is_followed_through(grade: Grade) -> None:
    backward = change("dbnraw = bngain * dhpreact", "d = bngain * dhpreact\ndbnraw = d\ndother = d")
    card = grade(SETUP, FORWARD, backward)
    assert wrong(card) == []


def test_gradients_in_a_dictionary_are_no_tensors_of_the_forward_pass(grade: Grade) -> None:
    """`d["hpreact"]` is the gradient of `hpreact`, and not the student's `hpreact`."""
    backward = change("dbnraw = bngain * dhpreact", 'd = {"bnraw": bngain * dhpreact}')
    backward = backward.replace("dbnraw", 'd["bnraw"]')
    card = grade(
        SETUP, FORWARD, backward.replace('d = {"bnraw": bngain', 'd = {"bnraw": 2 * bngain')
    )
    assert wrong(card) == ["dbnraw"]
    assert not any("forward pass" in note for note in card.notes)


LOOP = """
ds = [dlogits @ W2.T]
for local in [1.0 - h**2, bngain]:
    ds.append(ds[-1] * local)
dh, dhpreact, dbnraw = ds
"""


@pytest.mark.parametrize(
    ("mistake", "culprit"),
    [
        ("", []),
        ("1.0 - h", ["dhpreact"]),
        ("2 * bngain", ["dbnraw"]),
        ("h * 0", ["dhpreact", "dbnraw"]),
    ],
)
def test_a_mistake_in_one_round_of_a_loop_costs_once(
    grade: Grade, mistake: str, culprit: list[str]
) -> None:
    loop = LOOP
    if mistake:
        loop = loop.replace("bngain" if "bngain" in mistake else "1.0 - h**2", mistake)
    lines = [
        line
        for line in BACKWARD.splitlines()
        if not line.startswith(("dh =", "dhpreact =", "dbnraw ="))
    ]
    begun = next(i for i, line in enumerate(lines) if line.startswith("dW2 ="))
    card = grade(SETUP, FORWARD, "\n".join([*lines[:begun], loop, *lines[begun:]]))
    assert wrong(card) == culprit  # what follows from nothing but zeros proves nothing
    if culprit == ["dhpreact"]:
        assert row(card, "dbnraw").root_cause == "dhpreact"


COMPUTED = """
def way_back(g):
    for k in ["W2", "b2"]:
        g[k] = h.T @ g["logits"] if k == "W2" else g["logits"].sum(0)
g = {"logits": dlogits, "h": dh}
way_back(g)
"""


def test_what_is_kept_under_a_key_of_the_run_out_of_sight_is_for_a_person_to_look_at(
    grade: Grade,
) -> None:
    kept = BACKWARD.replace("dW2 = h.T @ dlogits", "").replace("db2 = dlogits.sum(0)", "")
    assert kept.count("dW2") == kept.count("db2") == 0
    card = grade(SETUP, FORWARD, kept, COMPUTED)
    assert {row(card, name).verdict for name in ("dW2", "db2")} == {"unjudged"}
    assert "keeps in `g` under keys" in str(row(card, "dW2").note)
    others = [each for each in card.exercises if each.id != "exercise-1"]
    assert {target.verdict for each in others for target in each.targets} == {"missing"}
    assert [note.code for note in card.integrity] == ["unjudged"]
    assert row(grade(SETUP, FORWARD, kept), "dW2").verdict == "missing"


def test_parameters_in_a_dictionary_are_no_gradients_kept_elsewhere(grade: Grade) -> None:
    params = "params = {'W2': W2}\nfor k in ['1', '2']:\n    params['b' + k] = torch.zeros(3)"
    assert row(grade(SETUP, FORWARD, params), "dW2").verdict == "missing"


def test_a_missing_upstream_costs_its_own_line_alone(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("dprobs = (1.0 / probs) * dlogprobs", "pass"))
    assert row(card, "dprobs").verdict == "missing"
    assert row(card, "dcounts_sum_inv").step == "right"
    assert row(card, "dC").basis == "follow_through"
    assert exercise(card, "exercise-1").score == 25


def test_a_line_that_raises_is_skipped_and_the_later_ones_judged(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("dh = dlogits @ W2.T", "dh = dlogits @ W2"))
    assert row(card, "dh").verdict == "missing"
    assert row(card, "dh").score == 0
    assert exercise(card, "exercise-1").score == 25
    assert row(card, "dC").basis == "follow_through"


# ---- coincidence ---------------------------------------------------------------------------------------


def test_a_lost_path_through_a_gradient_that_is_zero_is_a_coincidence(grade: Grade) -> None:
    lost = change("dlogits += F.one_hot", "dummy = F.one_hot")
    mine = row(grade(SETUP, FORWARD, lost), "dlogits")
    assert mine.allclose
    assert (mine.verdict in RIGHT, mine.step, mine.basis) == (True, "wrong", "coincidence")
    assert diagnosis(mine) == "missing_path"
    assert mine.score == 0.5


def test_it_is_one_too_after_a_slip_in_the_forward_pass(grade: Grade) -> None:
    """Its value is another for what stands above it, which costs nothing."""
    slip = FORWARD.replace("hpreact = bngain * bnraw", "hpreact = bndiff * bnraw")
    assert slip != FORWARD
    mine = row(grade(SETUP, slip, change("dlogits += F.one_hot", "dummy = F.one_hot")), "dlogits")
    assert (mine.verdict, mine.step, mine.basis) == ("mismatch", "wrong", "coincidence")
    assert mine.score == 0.5
    assert "forward pass" in explanation_of(mine)


def test_a_wrong_index_where_the_gradient_is_zero_is_a_coincidence(grade: Grade) -> None:
    card = grade(
        SETUP, FORWARD, change("F.one_hot(logits.max(1).indices", "F.one_hot(logits.min(1).indices")
    )
    mine = row(card, "dlogits")
    assert (mine.allclose, mine.step, mine.basis) == (True, "wrong", "coincidence")
    assert diagnosis(mine) in {"some_elements", "wrong_index"}


def test_zeros_for_a_gradient_that_is_zero_are_insight(grade: Grade) -> None:
    card = grade(
        SETUP,
        FORWARD,
        change("(-dnorm_logits).sum(1, keepdim=True)", "torch.zeros_like(logit_maxes)"),
    )
    assert row(card, "dlogit_maxes").score == 1.0


# ---- right rewrites that look suspicious ------------------------------------------------------------


REWRITES = {
    "kept as (32,) and used so": BACKWARD.replace(
        "(counts * dprobs).sum(1, keepdim=True)", "(counts * dprobs).sum(1)"
    ).replace("* dcounts_sum_inv\n", "* dcounts_sum_inv[:, None]\n"),
    "written only where it is not zero": BACKWARD.replace(
        "dprobs = (1.0 / probs) * dlogprobs",
        "dprobs = torch.zeros_like(probs)\n"
        "dprobs[range(n), Yb] = dlogprobs[range(n), Yb] / probs[range(n), Yb]",
    ),
    "from another tensor's grad": BACKWARD.replace("* dlogprobs\n", "* logprobs.grad\n"),
    "in a function": "def go():\n    global dC\n"
    + "\n".join("    " + line for line in BACKWARD.splitlines())
    + "\n    return "
    + ", ".join(f"d{x}" for x in ["logprobs", "probs", "W2", "W1", "C"])
    + "\ngo()",
    "as zeros first": BACKWARD.replace(
        "dbnbias = dhpreact.sum(0, keepdim=True)",
        "dbnbias = torch.zeros_like(bnbias)\ndbnbias += dhpreact.sum(0, keepdim=True)",
    ),
    "fused": BACKWARD.replace("dnorm_logits = counts * dcounts\n", "")
    .replace("dnorm_logits.clone()", "(counts * dcounts)")
    .replace("(-dnorm_logits)", "(-(counts * dcounts))"),
    "through einsum": BACKWARD.replace(
        "embcat.T @ dhprebn", "torch.einsum('bi,bj->ij', embcat, dhprebn)"
    ),
    "with index_add_": BACKWARD.split("for k in")[0]
    + "dC.index_add_(0, Xb.view(-1), demb.view(-1, 10))",
}


@pytest.mark.parametrize("name", REWRITES)
def test_a_right_rewrite_stays_right(grade: Grade, name: str) -> None:
    card = grade(SETUP, FORWARD, *REWRITES[name].split("<cell>"))
    assert wrong(card) == []
    missing = [t for t in exercise(card, "exercise-1").targets if t.verdict == "missing"]
    assert exercise(card, "exercise-1").score == 26 - len(missing)


def test_a_gradient_read_before_its_last_write_is_taken_as_it_stood_there(grade: Grade) -> None:
    early = BACKWARD.replace("dh = dlogits @ W2.T\n", "").replace(
        "dlogit_maxes =",
        "dlogits = dlogits * 3\ndh = dlogits @ W2.T\ndlogits = dlogits / 3\ndlogit_maxes =",
    )
    mine = row(grade(SETUP, FORWARD, early), "dh")
    assert (mine.verdict, mine.step, mine.basis) == ("mismatch", "wrong", "none")
    assert mine.upstream == ["dnorm_logits"]


def test_exercise_3_begun_with_zeros_is_right(grade: Grade) -> None:
    source = (
        "# Exercise 3\ndhprebn = torch.zeros_like(dbndiff)\n"
        "dhprebn += bngain*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0) - n/(n-1)*bnraw*(dhpreact*bnraw).sum(0))"
    )
    mine = row(grade(SETUP, FORWARD, BACKWARD, source), "dhprebn", "exercise-3")
    assert (mine.verdict, mine.step, mine.score) == ("close", "right", 5.0)


# ---- aliases -------------------------------------------------------------------------------------------


def test_a_missing_clone_is_named_on_the_alias_and_the_reader_is_not_blamed(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("dhprebn = dbndiff.clone()", "dhprebn = dbndiff"))
    mine = row(card, "dbndiff")
    assert (mine.verdict in RIGHT, mine.basis, mine.score) == (True, "value", 1.0)
    assert "changed in place later" in (mine.note or "")
    assert diagnosis(mine) == "alias"
    assert mine.diagnosis is not None
    assert mine.diagnosis.evidence["through"] == "dhprebn"
    lines = BACKWARD.splitlines()
    assert lines[mine.diagnosis.evidence["line"] - 1].startswith("dbndiff += ")
    assert lines[mine.diagnosis.evidence["changed_line"] - 1].startswith("dhprebn += ")
    assert row(card, "dhprebn").step == "right"
    assert diagnosis(row(card, "dhprebn")) is None


@pytest.mark.parametrize("shared", ["contiguous()", "float()"])
def test_a_copy_that_is_none_is_an_alias(grade: Grade, shared: str) -> None:
    card = grade(SETUP, FORWARD, change("dhprebn = dbndiff.clone()", f"dhprebn = dbndiff.{shared}"))
    assert diagnosis(row(card, "dbndiff")) == "alias"


def test_an_alias_that_changes_nothing_is_not_worth_a_word(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, change("dnorm_logits.clone()", "dnorm_logits"))
    assert row(card, "dnorm_logits").diagnosis is None
    assert exercise(card, "exercise-1").score == 26


def test_a_gradient_built_over_two_cells_is_no_alias(grade: Grade) -> None:
    first, second = BACKWARD.split("dcounts += ")
    card = grade(SETUP, FORWARD, first, "dcounts += " + second)
    assert row(card, "dcounts").diagnosis is None
    assert row(card, "dcounts").step == "right"


# ---- copying -------------------------------------------------------------------------------------------

TENSORS = [
    "logprobs",
    "probs",
    "counts_sum_inv",
    "counts_sum",
    "counts",
    "norm_logits",
    "logit_maxes",
    "logits",
    "h",
    "W2",
    "b2",
    "hpreact",
    "bngain",
    "bnbias",
    "bnraw",
    "bnvar_inv",
    "bnvar",
    "bndiff2",
    "bndiff",
    "bnmeani",
    "hprebn",
    "embcat",
    "W1",
    "b1",
    "emb",
    "C",
]


def each(template: str) -> str:
    return "\n".join(template.format(X=name) for name in TENSORS)


COPIES = {
    "grad": each("d{X} = {X}.grad"),
    "clone": each("d{X} = {X}.grad.clone()"),
    "autograd.grad": "gs = torch.autograd.grad(-logprobs[range(n), Yb].mean(), ["
    + ", ".join(TENSORS)
    + "], retain_graph=True)\n"
    + "\n".join(f"d{name} = gs[{i}]" for i, name in enumerate(TENSORS)),
    "numpy": each("d{X} = torch.from_numpy({X}.grad.numpy().copy())"),
}


@pytest.mark.parametrize("name", COPIES)
def test_copied_gradients_earn_nothing_and_leave_one_note(grade: Grade, name: str) -> None:
    forward = FORWARD.replace("loss.backward()", "loss.backward(retain_graph=True)")
    card = grade(SETUP, forward, COPIES[name])
    bases = {t.basis for e in card.exercises for t in e.targets if t.verdict != "missing"}
    assert bases == {"copied"}
    assert card.score == 0
    (note,) = card.integrity
    assert (note.code, note.target) == ("copied", "dlogprobs")
    assert all(f"d{name}" in note.text for name in TENSORS)


OUT_OF_SIGHT = {
    "globals": f"for k in {TENSORS}:\n    globals()['d' + k] = globals()[k].grad",
    "thread": "import threading\nfor t in parameters:\n    t.grad = None\nfound = {}\ndef work():\n"
    f"    names = {TENSORS}\n"
    "    gs = torch.autograd.grad(-logprobs[range(n), Yb].mean(), [globals()[k] for k in names])\n"
    "    found.update(zip(names, gs))\nw = threading.Thread(target=work)\nw.start()\nw.join()\n"
    + each("d{X} = found['{X}']"),
}


@pytest.mark.parametrize("name", OUT_OF_SIGHT)
def test_gradients_made_out_of_sight_are_marked_by_value_and_leave_one_note(
    grade: Grade, name: str
) -> None:
    forward = FORWARD.replace("loss.backward()", "loss.backward(retain_graph=True)")
    card = grade(SETUP, forward, OUT_OF_SIGHT[name])
    bases = {t.basis for e in card.exercises for t in e.targets if t.verdict != "missing"}
    assert bases == {"unproven"}
    assert [note.code for note in card.integrity] == ["unproven"]


@pytest.mark.parametrize("name", OUT_OF_SIGHT)
def test_an_exam_may_give_nothing_for_what_is_made_out_of_sight(
    grade: Grade, assignment: Assignment, name: str
) -> None:
    rates = replace(assignment.spec.rates, unproven=0.0)
    strict = replace(assignment, spec=replace(assignment.spec, rates=rates))
    forward = FORWARD.replace("loss.backward()", "loss.backward(retain_graph=True)")
    assert grade(SETUP, forward, OUT_OF_SIGHT[name], by=strict).score == 0


GRAD_FN = """
one = torch.ones(())
node = loss.grad_fn
dmean = node(one)
node = node.next_functions[0][0]
dpick = node(dmean)
node = node.next_functions[0][0]
dlogprobs = node(dpick)
dprobs = logprobs.grad_fn(dlogprobs)
dcounts, dcounts_sum_inv = probs.grad_fn(dprobs)
dh = logits.grad_fn(torch.ones_like(logits))
"""


def test_calls_of_grad_fn_earn_nothing(grade: Grade) -> None:
    forward = FORWARD.replace("loss.backward()", "loss.backward(retain_graph=True)")
    card = grade(SETUP, forward, GRAD_FN)
    assert row(card, "dprobs").basis == "copied"


def test_grad_only_inside_a_comparison_leaves_no_note(grade: Grade) -> None:
    compare = "def cmp(s, dt, t):\n    print(s, torch.allclose(dt, t.grad))\n"
    card = grade(SETUP, FORWARD, compare + BACKWARD + "cmp('h', dh, h)\n")
    assert card.integrity == []
    assert exercise(card, "exercise-1").score == 26


def test_pasted_constants_earn_nothing(grade: Grade) -> None:
    dumped = grade(
        SETUP, FORWARD, BACKWARD + "\nassert False, [round(x, 9) for x in dlogits.sum(0).tolist()]"
    )
    (error,) = [cell.error for cell in dumped.cells if cell.error]
    numbers = error[error.index("[") :]
    paste = change("db2 = dlogits.sum(0)", f"db2 = torch.tensor({numbers})")
    mine = row(grade(SETUP, FORWARD, paste), "db2")
    assert (mine.verdict in RIGHT, mine.step, mine.basis, mine.score) == (True, "wrong", "none", 0)
    assert "constant" in (mine.note or "")


HABITS = """
import gc, os, pickle, sys, threading, time, ctypes
from copy import deepcopy
from torch.func import jvp
import torch.autograd.forward_ad as fw
import grader
gc.collect()
weights = pickle.loads(pickle.dumps([p.detach() for p in parameters]))
double = torch.jit.script(lambda x: x * 2) if False else None
optimiser = torch.optim.SGD(parameters, lr=0.1)
waiting = threading.Thread(target=time.sleep, args=(0,))
waiting.start()
waiting.join()
eval("1 + 1"), exec("one = 1"), getattr(torch, "tanh")(h), vars()
along = jvp(torch.tanh, (h,), (h,))
stoi = {"a": 1, "b": 2, "c": 3}
digits = [0.1234, 0.5678, 0.9101, 0.1213, 0.1415, 0.1617, 0.1819, 0.2021, 0.2223, 0.2425, 0.2627]
modules = sys.modules, os.getcwd(), torch.__dict__.keys()
class Odd(torch.Tensor):
    pass
def tanh_backward(g, y):
    return g * (1 - y**2)
"""


def test_everyday_habits_around_the_gradients_leave_no_note(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, HABITS, BACKWARD)
    assert [cell.error for cell in card.cells if cell.error] == []
    assert card.integrity == []
    assert exercise(card, "exercise-1").score == 26


@pytest.mark.skipif("GRADER_SEEDS" not in os.environ, reason="GRADER_SEEDS names no folder")
def test_the_second_real_notebook_is_diagnosed(grade: Grade) -> None:
    (path,) = Path(os.environ["GRADER_SEEDS"]).glob("001_*.ipynb")
    mine = row(grade(content=path.read_bytes()), "dcounts_sum_inv")
    assert diagnosis(mine) == "missing_sum"
    assert mine.line == 18


# ---- what the analysis cannot follow is never called wrong -----------------------------------------

LAYERS = """
class Linear:
    def __init__(self, x, w):
        self.x, self.w = x, w
    def backward(self, out):
        self.dw, self.db = self.x.T @ out, out.sum(0)
        return out @ self.w.T

class Net:
    def backward(self, out):
        self.second = Linear(h, W2)
        inner = (1.0 - h**2) * self.second.backward(out)
        self.bngain = (bnraw * inner).sum(0, keepdim=True)
        self.bnbias = inner.sum(0, keepdim=True)

net = Net()
net.backward(dlogits)
dW2, db2 = net.second.dw, net.second.db
dbngain = net.bngain
dbnbias = net.bnbias
"""

DICTIONARY = """
grads = {}
grads['h'] = dlogits @ W2.T
grads['hpreact'] = (1.0 - h**2) * grads['h']
grads['bnbias'] = grads['hpreact'].sum(0, keepdim=True)
dbngain = (bnraw * grads['hpreact']).sum(0, keepdim=True)
dbnbias = grads['bnbias']
"""

NESTED = """
def inner(out):
    return (1.0 - h**2) * (out @ W2.T)
def outer():
    return inner(dlogits).sum(0, keepdim=True)
dbnbias = outer()
"""

LOOKED_UP = "dbnbias = ((1.0 - h**2) * (globals()['dlogits'] @ W2.T)).sum(0, keepdim=True)"


@pytest.mark.parametrize("source", [LAYERS, DICTIONARY, NESTED, LOOKED_UP])
def test_what_cannot_be_followed_is_marked_by_value(grade: Grade, source: str) -> None:
    card = grade(SETUP, FORWARD, BACKWARD.split("dh = ")[0] + source)
    assert wrong(card) == []
    assert row(card, "dbnbias").score == 1.0


# ---- a later change ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later", ["dh = dh * 1.0", "dh *= 1.0", "dh = dh.clone()", "dh = torch.from_numpy(dh.numpy())"]
)
def test_a_wrong_line_is_not_right_for_a_change_in_a_later_cell_that_changes_nothing(
    grade: Grade, later: str
) -> None:
    card = grade(SETUP, FORWARD, change("dh = dlogits @ W2.T", "dh = dlogits @ W2.T * 2"), later)
    assert wrong(card) == ["dh"]
    assert row(card, "dh").score == 0
    assert row(card, "dhpreact").step == "right"


@pytest.mark.parametrize(
    "update",
    [
        "for i in range(len(parameters)):\n        parameters[i].sub_(0.1 * grads[i])",
        "for i in range(len(parameters)):\n        parameters[i].data -= 0.1 * grads[i]",
    ],
)
def test_what_a_training_loop_derives_is_no_answer_to_an_exercise_that_was_tried(
    grade: Grade, update: str
) -> None:
    wrong_answer = "# Exercise 2\ndlogits = F.softmax(logits, 1) / n"
    training = (
        "parameters, grads = [W2, b2], []\nfor step in range(20):\n    with torch.no_grad():\n        "
        "logits = h @ W2 + b2\n        loss = F.cross_entropy(logits, Yb)\n        "
        "dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, 27)) / n\n        "
        "dW2, db2 = h.T @ dlogits, dlogits.sum(0)\n        grads = [dW2, db2]\n        "
        + update.replace("\n", "\n    ")
    )
    card = grade(SETUP, FORWARD, wrong_answer, training)
    assert exercise(card, "exercise-2").score == 0


@pytest.mark.parametrize(("value", "score"), [("dl / n", 5), ("dl", 0)])
def test_a_training_loop_does_not_answer_what_was_tried_under_an_own_name(
    grade: Grade, value: str, score: float
) -> None:
    fast = f"dl = probs.detach().clone()\ndl[range(n), Yb] -= 1\ndlogits_fast = {value}"
    loop = "\n".join(f"    {line}" for line in f"{FORWARD}\n{BACKWARD}".splitlines())
    update = "    for p, g in zip(parameters, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]):\n"
    train = f"for step in range(3):\n{loop}\n{update}        p.data -= 0.1 * g"
    cells = [SETUP, FORWARD, BACKWARD, markdown("# Exercise 2"), fast, markdown("# Exercise 4")]
    card = grade(*cells, train)
    assert exercise(card, "exercise-2").score == score
    assert (exercise(card, "exercise-1").score, exercise(card, "exercise-4").score) == (26, 7)
