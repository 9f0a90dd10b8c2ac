"""Honest gradients in notebooks of unusual shape: found, and judged as fairly as in plain ones."""

from __future__ import annotations

import re

import pytest
from conftest import BACKWARD, FORWARD, SETUP, Grade, exercise, row

from grader.records.scorecard import Scorecard

CROSS_ENTROPY = "(F.softmax(logits, 1) - F.one_hot(Yb, 27)) / n"
BATCH_NORM = "bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))"
TENSORS = [
    "emb",
    "embcat",
    "hprebn",
    "bnmeani",
    "bndiff",
    "bndiff2",
    "bnvar",
    "bnvar_inv",
    "bnraw",
    "hpreact",
    "h",
    "logits",
    "logit_maxes",
    "norm_logits",
    "counts",
    "counts_sum",
    "counts_sum_inv",
    "probs",
    "logprobs",
]
PARAMETERS = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]


def wrong(card: Scorecard) -> list[str]:
    return [t.name for e in card.exercises for t in e.targets if t.step == "wrong"]


def renamed(code: str, names: dict[str, str]) -> str:
    """Code with other names; `dX` follows `X` unless it is named itself."""
    gradients = {f"d{old}": names.get(f"d{old}", f"d{new}") for old, new in names.items()}
    both = gradients | names
    return re.sub(r"\b\w+\b", lambda word: both.get(word[0], word[0]), code)


def held(code: str, form: str, gradients: str | None = None) -> str:
    """Code whose tensors are elements of a container: `a.{}`, `a["{}"]`."""
    names = {name: form.format(name) for name in (*TENSORS, *PARAMETERS)}
    grads = {f"d{name}": (gradients or "d{}").format(name) for name in names}
    both = names | grads
    return re.sub(r"(?<![.\w])\w+\b(?!=[^=])", lambda word: both.get(word[0], word[0]), code)


def bare(code: str) -> str:
    """The forward pass without what autograd is asked for."""
    return code.partition("for p in parameters")[0]


# ---- a function that goes the whole way --------------------------------------------------------

NORM = BACKWARD[BACKWARD.index("dbngain") : BACKWARD.index("dembcat")]
MADE = "dbngain, dbnbias, dbnraw, dbnvar_inv, dbnvar, dbndiff2, dbndiff, dbnmeani, dhprebn"


def within(form: str) -> str:
    """The steps of batch norm in a function, one of them wrong."""
    steps = NORM.replace("-1.5", "-0.5").strip().replace("\n", "\n    ")
    function = f"def way_back(dhpreact):\n    {steps}\n    return {MADE}\n{form}\n"
    return BACKWARD.replace(NORM, function)


@pytest.mark.parametrize(
    "form",
    [
        f"{MADE} = way_back(dhpreact)",
        f"({MADE}) = way_back(dhpreact=dhpreact)",
        f"what = way_back(dhpreact)\n{MADE} = what",
    ],
)
def test_a_function_of_all_steps_is_no_single_expression(grade: Grade, form: str) -> None:
    card = grade(SETUP, FORWARD, within(form))
    assert wrong(card) == ["dbnvar"]
    assert exercise(card, "exercise-1").score == 25
    assert row(card, "dhprebn", "exercise-3").verdict == "missing"


# ---- a sum along the wrong dimension -----------------------------------------------------------

SQUARE = SETUP.replace("n = 32", "n = 64")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("(-dbndiff).sum(0, keepdim=True)", "(-dbndiff).sum(1, keepdim=True)", "dbnmeani"),
        (
            "(bndiff * dbnraw).sum(0, keepdim=True)",
            "(bndiff * dbnraw).sum(1, keepdim=True)",
            "dbnvar_inv",
        ),
        ("* dbnvar_inv", "* 2 * dbnvar_inv.T", "dbnvar"),
    ],
)
def test_a_gradient_summed_the_wrong_way_costs_itself_alone(
    grade: Grade, old: str, new: str, name: str
) -> None:
    card = grade(SQUARE, FORWARD, BACKWARD.replace(old, new))
    assert wrong(card) == [name]
    assert exercise(card, "exercise-1").score == 25


def test_numbers_that_only_lie_along_another_dimension_cost_where_they_are_used(
    grade: Grade,
) -> None:
    card = grade(
        SQUARE, FORWARD, BACKWARD.replace("* dbnvar_inv", "* dbnvar_inv; dbnvar = dbnvar.T")
    )
    assert wrong(card) == ["dbndiff2"]


# ---- own names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "old", "new", "name"),
    [
        ({"bndiff": "centred"}, "(2*centred) *", "centred *", "dbndiff"),
        (
            {"counts_sum_inv": "inverse", "bndiff": "gap"},
            "(counts * dprobs)",
            "dprobs",
            "dcounts_sum_inv",
        ),
        ({"hpreact": "potential"}, "(1.0 - h**2)", "(1.0 - h)", "dhpreact"),
    ],
)
def test_a_wrong_gradient_is_known_by_the_students_own_name_of_the_tensor(
    grade: Grade, names: dict[str, str], old: str, new: str, name: str
) -> None:
    back = renamed(BACKWARD, names)
    assert old in back
    card = grade(SETUP, renamed(FORWARD, names), back.replace(old, new))
    assert wrong(card) == [name]
    assert exercise(card, "exercise-1").score == 25


@pytest.mark.parametrize("name", ["dL_dlogits_", "grad_logits_short", "schnell"])
def test_an_answer_in_one_expression_is_found_under_a_name_of_its_own(
    grade: Grade, name: str
) -> None:
    other = {"schnell": "auch_schnell"}.get(name, name.replace("logits", "hprebn"))
    answers = f"{name} = {CROSS_ENTROPY}\n{other} = {BATCH_NORM}"
    card = grade(SETUP, FORWARD, BACKWARD, answers)
    assert row(card, "dlogits", "exercise-2").score == 5
    assert row(card, "dhprebn", "exercise-3").score == 5


@pytest.mark.parametrize("suffix", ["_g", "_d", "_gradient"])
def test_a_suffix_says_gradient(grade: Grade, suffix: str) -> None:
    names = {f"d{name}": name + suffix for name in (*TENSORS, *PARAMETERS)}
    back = re.sub(r"\b\w+\b", lambda word: names.get(word[0], word[0]), BACKWARD)
    card = grade(SETUP, FORWARD, back.replace("(1.0 - h**2)", "(1.0 - h)"))
    assert exercise(card, "exercise-1").score == 25
    assert wrong(card) == ["dhpreact"]


def test_parameters_gradients_are_sums_of_what_flows_in(grade: Grade) -> None:
    answer = "dhprebn = bngain * bnvar_inv * (dhpreact - dbnbias / n - bnraw * dbngain / (n - 1))"
    card = grade(SETUP, FORWARD, BACKWARD, answer)
    assert row(card, "dhprebn", "exercise-3").score == 5


# ---- containers --------------------------------------------------------------------------------

RECORD = "from dataclasses import dataclass\n@dataclass\nclass Few:\n    logits: object = None\n    hprebn: object = None"


@pytest.mark.parametrize(
    "made",
    [
        "from types import SimpleNamespace\nq = SimpleNamespace(logits={})",
        "import types\nq = types.SimpleNamespace(logits={})",
        RECORD + "\nq = Few(logits={})",
    ],
)
def test_what_a_constructor_is_given_is_an_element(grade: Grade, made: str) -> None:
    answers = made.format(CROSS_ENTROPY) + f"\nq.hprebn = {BATCH_NORM}"
    card = grade(SETUP, FORWARD, BACKWARD, answers)
    assert row(card, "dlogits", "exercise-2").score == 5
    assert row(card, "dhprebn", "exercise-3").score == 5


ONE_CONTAINER = {
    "namespace": (
        "import types\ndef made():\n    return types.SimpleNamespace({})\nv = made()",
        "v.{}",
    ),
    "dictionary": ("def made():\n    return dict({})\nv = made()", 'v["{}"]'),
    "object": (
        "class V:\n    pass\ndef made():\n    v = V()\n    v.__dict__.update({})\n    return v\nv = made()",
        "v.{}",
    ),
}


@pytest.mark.parametrize("kind", ONE_CONTAINER)
def test_parameters_and_tensors_may_stand_in_one_container(grade: Grade, kind: str) -> None:
    made, form = ONE_CONTAINER[kind]
    container = made.format(", ".join(f"{name}={name}" for name in PARAMETERS))
    back = held(BACKWARD, form)
    card = grade(SETUP, container, held(bare(FORWARD), form), back)
    assert exercise(card, "exercise-1").score == 26
    assert {each.step for each in exercise(card, "exercise-1").targets} == {"right"}


@pytest.mark.parametrize(
    "before",
    [
        "class Acts:\n    " + "\n    ".join(f"{name}: object = None" for name in TENSORS),
        "class Acts:\n    " + " = ".join(TENSORS) + " = 0.0",
        "def emptied():\n    emb = h = logits = None\n    return emb",
    ],
)
def test_placeholders_are_no_forward_pass(grade: Grade, before: str) -> None:
    most = BACKWARD.replace("dprobs = (1.0 / probs) * dlogprobs", "quotient = dlogprobs / probs")
    card = grade(before, SETUP, FORWARD, most.replace("dprobs", "quotient"))
    assert exercise(card, "exercise-1").score == 26


# ---- functions that write the module's names ----------------------------------------------------


def in_functions(*names: str) -> str:
    """The backward pass in functions that declare their gradients global."""
    cuts = [BACKWARD.index(f"\n{name} = ") for name in names]
    ends = zip([0, *cuts], [*cuts, len(BACKWARD)], strict=True)
    made = []
    for number, part in enumerate(BACKWARD[a:b].strip("\n") for a, b in ends):
        written = sorted(set(re.findall(r"^(d\w+) (?:\+)?=", part, re.MULTILINE)))
        body = part.replace("\n", "\n    ")
        head = f"def part_{number}():\n    global {', '.join(written)}"
        made.append(f"{head}\n    {body}\npart_{number}()")
    return "\n".join(made)


@pytest.mark.parametrize("names", [(), ("dh",), ("dh", "dbngain", "dembcat")])
def test_what_one_function_writes_another_reads(grade: Grade, names: tuple[str, ...]) -> None:
    code = in_functions(*names).replace("(1.0 - h**2)", "(1.0 - h)")
    card = grade(SETUP, FORWARD, code)
    assert wrong(card) == ["dhpreact"]
    assert exercise(card, "exercise-1").score == 25


# ---- training -----------------------------------------------------------------------------------

LOOP = """
e = {C}[{x}].view(n, -1)
hprebn = e @ {W1} + {b1}
inv = (hprebn.var(0, keepdim=True) + 1e-5)**-0.5
bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * inv
h = torch.tanh({bngain} * bnraw + {bnbias})
logits = h @ {W2} + {b2}
losses.append(F.cross_entropy(logits, {y}).item())
dlogits = (logits.softmax(1) - F.one_hot({y}, 27)) / n
dhpreact = (dlogits @ {W2}.T) * (1 - h**2)
dbngain, dbnbias = (dhpreact * bnraw).sum(0, keepdim=True), dhpreact.sum(0, keepdim=True)
dhprebn = {bngain} * inv * (dhpreact - dbnbias / n - bnraw * dbngain / (n - 1))
dW2, db2, dW1, db1 = h.T @ dlogits, dlogits.sum(0), e.T @ dhprebn, dhprebn.sum(0)
dC = torch.zeros(27, 10).index_add(0, {x}.view(-1), (dhprebn @ {W1}.T).view(-1, 10))
"""
NEW = """
n, losses = 32, []
P = dict(C=torch.randn(27, 10), W1=torch.randn(30, 90) * 0.3, b1=torch.randn(90) * 0.1,
         W2=torch.randn(90, 27) * 0.1, b2=torch.randn(27) * 0.1,
         bngain=torch.randn(1, 90) * 0.1 + 1, bnbias=torch.randn(1, 90) * 0.1)
"""
MADE_GRADIENTS = "g = dict(" + ", ".join(f"{name}=d{name}" for name in PARAMETERS) + ")"


def training(draw: str, x: str, y: str, update: str, held_in: str = 'P["{}"]') -> str:
    names = {name: held_in.format(name) for name in PARAMETERS}
    lines = [draw, *LOOP.format(x=x, y=y, **names).strip().split("\n"), MADE_GRADIENTS]
    body = "\n    ".join([*lines, *update.split("\n")])
    return f"{NEW}\nfor step in range(20000):\n    {body}\n"


@pytest.mark.parametrize(
    ("draw", "x", "y"),
    [
        ("k = torch.randint(len(X), (n,)); inp, out = X[k], Y[k]", "inp", "out"),
        (
            "both = torch.cat([X, Y[:, None]], 1)[torch.randint(len(X), (n,))]",
            "both[:, :3]",
            "both[:, 3]",
        ),
        ("k = torch.randperm(len(X))[:n]; letters = X[k]; nexts = Y[k]", "letters", "nexts"),
    ],
)
@pytest.mark.parametrize(
    "update",
    [
        "for name in P:\n    P[name] -= 0.1 * g[name]",
        "for name, p in P.items():\n    p -= 0.1 * g[name]",
    ],
)
def test_a_batch_is_known_by_its_gradients_where_no_loss_is_kept(
    grade: Grade, draw: str, x: str, y: str, update: str
) -> None:
    if x.startswith("both"):
        draw, x, y = f"{draw}; left, right = {x}, {y}", "left", "right"
    card = grade(SETUP, FORWARD, BACKWARD, training(draw, x, y, update))
    assert exercise(card, "exercise-4").score == 7
    assert {each.step for each in exercise(card, "exercise-4").targets} == {"right"}


def test_sums_over_what_a_loop_goes_through_update_nothing(grade: Grade) -> None:
    """`dC[row] += de` for the rows of `demb` is no training."""
    scatter = BACKWARD[BACKWARD.index("for k in range(Xb") :]
    rows = "for row, de in zip(Xb.view(-1), demb.view(-1, demb.shape[2])):\n    dC[row] += de\n"
    card = grade(SETUP, FORWARD, BACKWARD.replace(scatter, rows))
    assert row(card, "dC").score == 1


# ---- type hints ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hint", ["Tensor", "Optional[Tensor]", "Dict[str, Tensor]"])
def test_type_hints_are_not_read(grade: Grade, hint: str) -> None:
    typed = "from typing import Dict, Optional\nfrom torch import Tensor\n"
    back = re.sub(r"^(d\w+) = ", r"\1: Kind = ", BACKWARD, flags=re.MULTILINE)
    card = grade(SETUP, FORWARD, f"{typed}Kind = {hint}\n{back}")
    assert {each.step for each in exercise(card, "exercise-1").targets} == {"right"}
