"""Every habit keeps every answer: the notebooks are run in a plain namespace, without the grader."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.assignment import Assignment, load_assignment
from grader.proof import mutants
from grader.proof.habits import HABITS, Habit, NotHereError, applied, compatible
from grader.proof.mutant import Mutant
from grader.proof.plain import OFF, lost, run_plainly
from grader.proof.proof import shortened

ROOT = Path(__file__).parents[1]
Check = Callable[[dict[str, Any], dict[str, Any]], tuple[list[str], list[str]]]


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder = tmp_path_factory.mktemp("habits") / "assignment"
    return load_assignment(shortened(ROOT / "assignments" / "backprop_ninja", folder))


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    path = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def broken(notebook: dict[str, Any], assignment: Assignment) -> dict[str, Mutant]:
    return {mutant.id: mutant for mutant in mutants(notebook, assignment)}


@pytest.fixture(scope="module")
def check(assignment: Assignment) -> Check:
    """What of a notebook's gradients is lost in another one, and the errors of that."""
    known: dict[str, Any] = {}

    def compared(before: dict[str, Any], after: dict[str, Any]) -> tuple[list[str], list[str]]:
        key = json.dumps(before)
        if key not in known:
            found, errors = run_plainly(before, assignment, assignment.folder)
            assert not errors
            known[key] = found.gradients
        found, errors = run_plainly(after, assignment, assignment.folder)
        return lost(known[key], found.tensors), errors

    return compared


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS.keys())
def test_a_habit_changes_the_notebook_and_keeps_all_its_gradients(
    habit: Habit, notebook: dict[str, Any], assignment: Assignment, check: Check
) -> None:
    changed = applied([habit], notebook, assignment)
    missing, errors = check(notebook, changed)
    assert changed["cells"] != notebook["cells"]
    assert missing == []
    assert all(error.startswith("SyntaxError") for error in errors)
    assert (errors != []) == (habit.name == "unfinished")


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS.keys())
def test_a_habit_keeps_wrong_gradients_as_wrong_as_they_are(
    habit: Habit, broken: dict[str, Mutant], assignment: Assignment, check: Check
) -> None:
    training = habit.name.startswith("train_")
    mutant = broken["exercise-4-constant-dW1" if training else "sign-dbnvar"]
    changed = applied([habit], mutant.notebook, assignment)
    assert check(mutant.notebook, changed)[0] == []


def test_the_check_sees_a_gradient_that_is_not_kept(
    notebook: dict[str, Any], broken: dict[str, Mutant], check: Check
) -> None:
    missing, _ = check(notebook, broken["sign-dbnvar"].notebook)
    assert "exercise-1:bnvar" in missing
    assert "exercise-1:bnraw" not in missing
    missing, _ = check(notebook, broken["exercise-4-constant-dW1"].notebook)
    assert {part.partition(":")[0] for part in missing} == {"exercise-4"}
    assert OFF < 1e-3


def test_a_changed_notebook_shares_the_cells_that_were_not_changed(
    notebook: dict[str, Any], assignment: Assignment
) -> None:
    before = json.dumps(notebook)
    changed = applied([HABITS["toy_loss"], HABITS["prints"]], notebook, assignment)
    assert json.dumps(notebook) == before
    assert changed["cells"][0] is notebook["cells"][0]
    ids = [cell["id"] for cell in changed["cells"]]
    assert len(ids) == len(set(ids)) == len(notebook["cells"]) + 1


def test_habits_that_touch_the_same_thing_are_not_combined() -> None:
    assert compatible([HABITS["prints"], HABITS["d_x"], HABITS["train_while"]])
    assert not compatible([HABITS["d_x"], HABITS["in_dict"]])
    assert not compatible([HABITS["no_grad"], HABITS["tuple_function"]])
    assert not compatible([HABITS["train_while"], HABITS["train_function"]])


def test_the_order_in_which_habits_are_given_does_not_matter(
    notebook: dict[str, Any], assignment: Assignment
) -> None:
    several = [HABITS[name] for name in ("no_grad", "tmp", "weights")]
    assert applied(several, notebook, assignment) == applied(several[::-1], notebook, assignment)


def test_a_name_that_is_taken_is_not_given_again(
    notebook: dict[str, Any], assignment: Assignment
) -> None:
    taken = json.loads(json.dumps(notebook).replace("characters", "X"))
    with pytest.raises(NotHereError):
        applied([HABITS["X_Y"]], taken, assignment)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("emb_again", "emb = C[Xb]  #"),
        ("h_slope", "h = 0.001"),
        ("toy_loss", "loss = (torch.tensor(3.0)"),
        ("batch_norm_names", "dx_hat = bngain * dhpreact"),
        ("d_x", "d_probs = "),
        ("grad_x", "grad_probs = "),
        ("dL_dx", "dL_dprobs = "),
        ("in_dict", "grads['h'] = "),
        ("in_namespace", "G.h = "),
        ("fast", "dlogits_fast = "),
        ("emb_matrix", "demb_matrix[X"),
        ("X_Y", "dlogprobs[range(n), Y] = "),
        ("scale_shift", "dscale = "),
        ("experiment", "dbndiff += 0.5"),
        ("grader_cmp", "from grader import cmp"),
        ("colab", '"google.colab" in sys.modules'),
        ("eval_cmp", "eval(f"),
        ("train_function", "def train(max_steps=200_000):"),
        ("train_while", "while step < max_steps:"),
        ("train_data", "for p, grad in zip(parameters, grads):"),
        ("sum_helpers", "dbnbias = sum_rows(dhpreact)"),
        ("tuple_function", "return dh, dW2, db2, dhpreact"),
        ("dict_function", '"dhpreact": dhpreact,'),
        ("tmp", "tmp = "),
        ("pairs", "dlogit_maxes, dlogits = ("),
        ("zero_maxes", "dlogit_maxes = torch.zeros_like(logit_maxes)\ndlogits = dnorm_logits.clone()"),
        ("insight_logits", "dlogits = dlogprobs + probs / n"),
        ("attempts_h", 'dh = -dlogits @ W2.T\ncmp("h")\ndh = dlogits @ W2.T'),
        ("double", ".double()"),
        ("numpy", "dh = dlogits @ W2_np.T"),
        ("indented", "\n# this one took me an evening\n"),
        ("unfinished", "for name in"),
    ],
)  # fmt: skip
def test_the_habits_hold_what_students_do(
    name: str, text: str, notebook: dict[str, Any], assignment: Assignment
) -> None:
    changed = applied([HABITS[name]], notebook, assignment)
    assert any(text in "".join(cell["source"]) for cell in changed["cells"])


def test_a_wrong_first_attempt_is_wrong(
    notebook: dict[str, Any], assignment: Assignment, tmp_path: Path
) -> None:
    changed = applied([HABITS["attempts_h"]], notebook, assignment)
    for cell in changed["cells"]:
        source = "".join(cell["source"])
        if "dh = -dlogits @ W2.T" in source:
            cell["source"] = source.replace("dh = dlogits @ W2.T", "pass").splitlines(True)
    folder = tmp_path / "assignment"
    shutil.copytree(assignment.folder, folder)
    found, _ = run_plainly(notebook, assignment, folder)
    other, _ = run_plainly(changed, assignment, folder)
    assert "exercise-1:h" in lost(found.gradients, other.tensors)


def test_a_gradient_is_found_in_dicts_lists_arrays_and_namespaces(assignment: Assignment) -> None:
    source = (
        "import torch, numpy as np\nfrom types import SimpleNamespace as S\n"
        "a, b, c = {'h': torch.ones(3)}, S(x=torch.ones(2)), [np.ones(5, dtype=np.float32)]"
    )
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["exercise-1"]}}
    found, errors = run_plainly({"cells": [cell]}, assignment, assignment.folder)
    assert errors == []
    sizes = {tensor.numel() for tensor in found.tensors["exercise-1"]}
    assert {2, 3, 5} <= sizes
    assert all(bool((t == torch.ones_like(t)).all()) for t in found.tensors["exercise-1"])
