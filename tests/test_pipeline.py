from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, SOLUTION, Grade, exercise, markdown, row

from grader.assignment import Assignment, load_assignment
from grader.pipeline import Grader
from grader.records.scorecard import Scorecard
from grader.sandbox import open_sandbox
from grader.submission import Submission

RIGHT = {"exact", "close"}
SEEDS = os.environ.get("GRADER_SEEDS")


def verdicts(card: Scorecard, identity: str = "exercise-1") -> dict[str, str]:
    return {target.name: target.verdict for target in exercise(card, identity).targets}


def test_the_solution_earns_full_marks_and_is_exact_on_all_26(grade: Grade) -> None:
    card = grade(content=SOLUTION.read_bytes())
    assert card.run == "completed"
    assert card.score == card.max_score == 43
    assert set(verdicts(card).values()) == {"exact"}
    assert card.integrity == []
    assert all(cell.error is None for cell in card.cells)


def test_the_starter_is_all_missing_without_an_error(grade: Grade) -> None:
    card = grade(content=(BUNDLED / "starter.ipynb").read_bytes())
    assert (card.status, card.run, card.score) == ("graded", "completed", 0)
    assert {v for e in card.exercises for v in verdicts(card, e.id).values()} == {"missing"}
    assert all(cell.error is None for cell in card.cells)


EXAMPLES: dict[str, float] = {
    "ada.ipynb": 43,
    "ben.ipynb": 15,
    "chen.ipynb": 24.5,
    "dmitri.py": 36,
    "emma.py": 26,
    "fatima.ipynb": 31,
    "goran.ipynb": 30,
    "hana.ipynb": 0,
    "ivan.ipynb": 43,
    "june.ipynb": 31,
}


@pytest.mark.parametrize(("name", "score"), EXAMPLES.items())
def test_the_bundled_class_gets_what_its_readme_says(
    grade: Grade, name: str, score: float | None
) -> None:
    card = grade(content=(BUNDLED / "examples" / name).read_bytes(), name=name)
    assert card.status == "graded"
    assert card.score == score


def test_every_example_is_in_the_table() -> None:
    files = {path.name for path in (BUNDLED / "examples").glob("*.*") if path.suffix != ".md"}
    assert files == set(EXAMPLES)


def test_several_different_mistakes_each_have_their_verdict(grade: Grade) -> None:
    card = grade(content=(BUNDLED / "examples" / "chen.ipynb").read_bytes())
    assert row(card, "dW2").verdict == "wrong_shape"
    assert row(card, "dbnbias").verdict == "mismatch"
    assert row(card, "dlogits", "exercise-2").verdict == "mismatch"
    assert row(card, "dC", "exercise-4").verdict == "mismatch"


@pytest.mark.skipif(SEEDS is None, reason="GRADER_SEEDS names no folder of real notebooks")
def test_two_real_notebooks_grade_right(tmp_path: Path) -> None:
    assert SEEDS is not None
    folder = Path(SEEDS)
    data = folder.parent / "data"
    assignment = load_assignment(BUNDLED, data=data if data.is_dir() else None)
    with open_sandbox(data_dirs=[path.parent for path in assignment.data]) as sandbox:
        grader = Grader(assignment, sandbox, assignment.data[0].parent)

        def graded(pattern: str) -> Scorecard:
            (path,) = folder.glob(pattern)
            return grader.grade(Submission(id="x", candidates=(path,), origin=path.name)).card

        first, second = graded("000_*.ipynb"), graded("001_*.ipynb")
    assert set(verdicts(first).values()) <= RIGHT
    assert len(verdicts(first)) == 26
    found = verdicts(second)
    assert found.pop("dlogprobs") in RIGHT
    assert found.pop("dprobs") in RIGHT
    assert found.pop("dcounts_sum_inv") == "wrong_shape"
    assert list(found.values()) == ["missing"] * 23


# ---- attempts, lifetimes and exercises -----------------------------------------------------------


def test_a_placeholder_none_before_and_after_an_answer_changes_nothing(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, "dlogits = None\n" + BACKWARD, "dlogits = None\ncmp(dlogits)")
    assert exercise(card, "exercise-1").score == 26


def test_a_later_exercise_does_not_spoil_an_earlier_one(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD, "# Exercise 2", "dlogits = torch.ones(3)")
    assert row(card, "dlogits").verdict == "exact"
    assert row(card, "dlogits", "exercise-2").verdict == "wrong_shape"


def test_the_best_attempt_counts_and_is_named(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD, "dh = torch.zeros_like(h)")
    assert (row(card, "dh").verdict, row(card, "dh").attempt) == ("exact", "1 of 2")


def test_a_gradient_accumulated_over_two_cells_is_right(grade: Grade) -> None:
    first, second = BACKWARD.split("dcounts += ")
    card = grade(SETUP, FORWARD, first, "x = 1", "dcounts += " + second)
    assert exercise(card, "exercise-1").score == 26
    assert {line.cell for line in row(card, "dcounts").lines} == {2, 4}


def test_a_gradient_changed_later_through_an_alias_is_right_with_a_note(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD.replace("dbndiff.clone()", "dbndiff"))
    assert row(card, "dbndiff").verdict == "exact"
    assert "changed in place" in (row(card, "dbndiff").note or "")
    assert row(card, "dW1").verdict in RIGHT


def test_a_gradient_written_through_a_view_counts_at_its_end(grade: Grade) -> None:
    source = BACKWARD.split("dC = ")[0] + (
        "dC = torch.zeros_like(C)\n"
        "flat = dC.view(-1, 10)\n"
        "flat.index_add_(0, Xb.view(-1), demb.view(-1, 10))"
    )
    assert row(grade(SETUP, FORWARD, source), "dC").verdict in RIGHT


def test_a_line_that_raises_ends_its_cell_but_not_the_notebook(grade: Grade) -> None:
    card = grade(
        SETUP, FORWARD, "dlogprobs = nothing\ndprobs = 1", BACKWARD.replace("dh =", "dh = 1/0 #", 1)
    )
    assert card.cells[2].status == "error"
    assert "line 1: NameError" in (card.cells[2].error or "")
    assert row(card, "dlogits").verdict == "exact"
    assert row(card, "dh").verdict == "missing"
    assert "raised" in (row(card, "dh").note or "")


def test_a_bare_comparison_that_raises_does_not_end_the_cell(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD.replace("dh =", "cmp('x', None)\nassert False\ndh =", 1))
    assert exercise(card, "exercise-1").score == 26
    assert "went on after NameError" in (card.cells[2].error or "")


def test_a_cell_that_is_no_python_is_named_and_the_others_run(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, "this is (", BACKWARD)
    assert card.cells[2].status == "error"
    assert exercise(card, "exercise-1").score == 26


def test_cells_after_the_last_gradient_are_not_run(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD, "while True:\n    pass")
    assert card.run == "completed"
    assert card.cells[-1].status == "skipped"


def test_a_renamed_gradient_is_found_by_its_alias(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD.replace("dW1", "dw1"))
    assert (row(card, "dW1").verdict, row(card, "dW1").found_as) == ("exact", "dw1")


def test_a_renamed_gradient_is_found_by_shape_and_value(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, BACKWARD.replace("dhpreact", "mine"))
    assert (row(card, "dhpreact").verdict, row(card, "dhpreact").found_as) == ("exact", "mine")


def test_a_variable_that_holds_autograds_gradient_is_not_found(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, "for t in [h]:\n    g1 = t.grad\nother = g1 * 1.0\ndprobs = 0")
    assert row(card, "dh").verdict == "missing"


def test_gradients_written_into_globals_are_seen(grade: Grade) -> None:
    source = BACKWARD + "\nglobals()['dh'] = dh\n"
    card = grade(SETUP, FORWARD, source.replace("dh = dlogits", "globals()['dh'] = dlogits"))
    assert row(card, "dh").verdict == "exact"


# ---- inputs and forward pass -----------------------------------------------------------------------


def test_gradients_are_judged_at_the_inputs_of_their_own_forward_pass(grade: Grade) -> None:
    card = grade(
        SETUP, FORWARD, BACKWARD, "for p in parameters:\n    p.data += 1\nix = None\nn = 7"
    )
    assert exercise(card, "exercise-1").score == 26


def test_inputs_under_other_names_are_found(grade: Grade) -> None:
    def renamed(text: str) -> str:
        return text.replace("bngain", "bn_gain").replace("dbn_gain", "dbngain")

    card = grade(renamed(SETUP), renamed(FORWARD), renamed(BACKWARD))
    assert exercise(card, "exercise-1").score == 26


def test_without_n_its_size_is_taken_from_the_batch(grade: Grade) -> None:
    def bare(text: str) -> str:
        return (
            text.replace("n = 32", "rows = 32")
            .replace("(n,)", "(rows,)")
            .replace("range(n)", "range(rows)")
            .replace("1/n", "1/rows")
            .replace("1.0/n", "1.0/rows")
            .replace("(n-1)", "(rows-1)")
        )

    assert exercise(grade(bare(SETUP), bare(FORWARD), bare(BACKWARD)), "exercise-1").score == 26


def test_a_forward_pass_that_differs_is_reported_once_with_its_line(grade: Grade) -> None:
    card = grade(SETUP, FORWARD.replace("1/(n-1)*", "1/n*"), BACKWARD)
    (note,) = card.notes
    assert "computes `bnvar` (line 8 of cell 1) otherwise than the assignment's" in note
    assert row(card, "dlogits").verdict in {"exact", "close", "mismatch"}


def test_another_network_is_unjudged_and_flagged(grade: Grade) -> None:
    card = grade(
        SETUP,
        FORWARD.replace("torch.tanh(hpreact)", "torch.tanh(hpreact)[:, :32]").replace(
            "h @ W2", "h @ W2[:32]"
        ),
        BACKWARD,
    )
    assert row(card, "dlogprobs").verdict == "unjudged"
    assert card.score == 0
    assert [note.code for note in card.integrity] == ["unjudged"]
    assert any("another network" in note for note in card.notes)


def strange(text: str) -> str:
    return text.replace("W1", "first_layer").replace("dfirst_layer", "dW1")


def test_inputs_under_names_that_nobody_knows_are_found_by_the_lines_that_read_them(
    grade: Grade,
) -> None:
    card = grade(strange(SETUP), strange(FORWARD), strange(BACKWARD))
    assert exercise(card, "exercise-1").score == 26
    assert card.integrity == []


def test_parameters_of_ones_are_found_under_names_that_nobody_knows(grade: Grade) -> None:
    """Their lines can be followed to a beginning that says nothing of them. Where a forward line
    stands above they might be gradients, too.
    """
    text = SETUP.replace("bngain", "stretching").replace("bnbias", "moving")
    above = "def predict(x):\n    emb = C[x]\n    return emb.sum()\n"
    begun = re.sub(r"torch.randn\(\(1, 64\).*", "torch.ones((1, 64)) * 0.9", text)
    assert begun.count("torch.ones(") == 2
    lines = [
        t.replace("bngain", "stretching").replace("bnbias", "moving") for t in (FORWARD, BACKWARD)
    ]
    card = grade(above + begun, *lines)
    assert exercise(card, "exercise-1").score == 26
    assert card.integrity == []


def test_inputs_that_cannot_be_found_leave_everything_unjudged(grade: Grade) -> None:
    line = "hprebn = embcat @ first_layer + b1"
    unread = strange(FORWARD).replace(line, f"exec('{line}')")
    card = grade(strange(SETUP), unread, strange(BACKWARD))
    assert row(card, "dlogprobs").verdict == "unjudged"
    assert [note.code for note in card.integrity] == ["unjudged"]
    assert any("inputs that were not found under any known name: W1" in n for n in card.notes)


# ---- training ----------------------------------------------------------------------------------------

TRAIN = """
max_steps = 200000
lossi = []
with torch.no_grad():
    for i in range(max_steps):
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
        dlogits[range(n), Yb] -= 1
        dlogits /= n
        dh = dlogits @ W2.T
        dW2 = h.T @ dlogits
        db2 = dlogits.sum(0)
        dhpreact = (1.0 - h**2) * dh
        dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
        dbnbias = dhpreact.sum(0, keepdim=True)
        dhprebn = bngain*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0) - n/(n-1)*bnraw*(dhpreact*bnraw).sum(0))
        dembcat = dhprebn @ W1.T
        dW1 = embcat.T @ dhprebn
        db1 = dhprebn.sum(0)
        demb = dembcat.view(emb.shape)
        dC = torch.zeros_like(C)
        for k in range(Xb.shape[0]):
            for j in range(Xb.shape[1]):
                dC[Xb[k, j]] += demb[k, j]
        for p, grad in zip(parameters, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]):
            p.data += -0.1 * grad
        lossi.append(loss.item())
"""


@pytest.mark.parametrize("step", ["{0} += -0.1 * d{0}", "{0} = {0} - 0.1 * d{0}"])
def test_copies_of_the_parameters_are_trained_in_their_place(grade: Grade, step: str) -> None:
    """Exercise 4 begun where the first three began, and none of them is changed by it."""
    names = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]
    copies = "\n".join(f"{name}_t = {name}.detach().clone()" for name in names)
    loop = TRAIN[: TRAIN.index("        for p, grad")]
    for name in names:
        loop = re.sub(rf"\b(d?){name}\b", rf"\1{name}_t", loop)
    steps = "\n".join(" " * 8 + step.format(f"{name}_t") for name in names)
    card = grade(SETUP, FORWARD, BACKWARD, copies + loop + steps)
    assert [exercise(card, f"exercise-{n}").score for n in (1, 4)] == [26, 7]
    assert card.integrity == []


def test_training_is_cut_short_and_right_in_its_first_and_last_iteration(grade: Grade) -> None:
    card = grade(SETUP, TRAIN)
    assert exercise(card, "exercise-4").score == 7
    assert card.run == "completed"


def test_training_without_a_known_parameter_is_cut_short_too(grade: Grade) -> None:
    card = grade(SETUP, TRAIN.replace("range(max_steps)", "range(200000)"))
    assert exercise(card, "exercise-4").score == 7


def test_a_gradient_that_goes_wrong_in_later_iterations_is_wrong(grade: Grade) -> None:
    broken = (
        TRAIN.replace("        dC = torch.zeros_like(C)\n", "        dC = dC0\n")
        .replace("lossi = []", "dC0 = torch.zeros_like(C)")
        .replace("        lossi.append(loss.item())\n", "")
    )
    card = grade(SETUP, broken)
    assert row(card, "dC", "exercise-4").verdict == "mismatch"
    assert row(card, "dW1", "exercise-4").verdict in RIGHT


def test_a_wrong_answer_to_an_exercise_is_not_saved_by_the_training_loop(grade: Grade) -> None:
    card = grade(SETUP, FORWARD, markdown("## Exercise 2"), "dlogits = torch.zeros(32, 27)", TRAIN)
    assert row(card, "dlogits", "exercise-2").verdict == "mismatch"


def test_what_only_the_training_loop_derives_counts_all_the_same(grade: Grade) -> None:
    assert row(grade(SETUP, TRAIN), "dlogits", "exercise-2").verdict in RIGHT


# ---- modules -----------------------------------------------------------------------------------------

MODULE = "import torch\nimport torch.nn.functional as F\n\ndef backward({}):\n{}\n    return {}\n"
PARAMETERS = (
    "Xb, Yb, n, C, W1, b1, W2, b2, bngain, bnbias, emb, embcat, hprebn, bnmeani, bndiff, bndiff2, "
    "bnvar, bnvar_inv, bnraw, hpreact, h, logits, logit_maxes, norm_logits, counts, counts_sum, "
    "counts_sum_inv, probs, logprobs"
)
INDENTED = "\n".join("    " + line for line in BACKWARD.splitlines())


@pytest.mark.parametrize("result", ["None", "dC", "{'dC': dC}"])
def test_a_modules_function_is_called_and_its_locals_are_judged(grade: Grade, result: str) -> None:
    content = MODULE.format(PARAMETERS, INDENTED, result).encode()
    card = grade(content=content, name="anna.py")
    assert exercise(card, "exercise-1").score == 26
    assert row(card, "dprobs").cell is None
    assert row(card, "dprobs").line == 8


def test_a_function_may_return_what_it_computes_under_other_names(grade: Grade) -> None:
    content = (
        b"def backward(probs, Yb, n):\n    x = -1 / n / probs\n    return {'probs': x * 0 + x}\n"
    )
    card = grade(content=content, name="anna.py")
    assert row(card, "dprobs").verdict == "mismatch"


def test_a_parameter_that_is_no_tensor_is_named(grade: Grade) -> None:
    content = b"def backward(whatever):\n    dprobs = 1\n"
    card = grade(content=content, name="anna.py")
    assert "its parameter `whatever` is no tensor" in (card.cells[0].error or "")


def test_a_module_that_lacks_another_is_called_with_what_it_takes_by_key(grade: Grade) -> None:
    """What runs it was not handed in; the function stands on its own."""
    names = [name.strip() for name in PARAMETERS.split(",")]
    taken = "\n".join(f"    {n} = graph['{n}']" for n in names if n not in {"Xb", "Yb"})
    lines = ["from absent import network", "import torch, torch.nn.functional as F"]
    lines += ["def my_backward(Xb, Yb, graph):", taken, INDENTED, "my_backward(*network())"]
    card = grade(content="\n".join(lines).encode(), name="anna.py")
    assert exercise(card, "exercise-1").score == 26


def test_what_a_function_is_not_called_for_does_not_hide_a_missing_module(grade: Grade) -> None:
    lines = ["from absent import network", "def my_backward(whatever):", "    dprobs = whatever"]
    lines += ["x, y = network()", "my_backward(x)"]
    card = grade(content="\n".join(lines).encode(), name="anna.py")
    assert card.status == "ungraded"
    assert "no module named absent" in (card.reason or "")


def test_a_script_under_the_name_of_a_notebook_is_judged_and_it_is_said(grade: Grade) -> None:
    card = grade(content=(SETUP + FORWARD + BACKWARD).encode(), name="anna.ipynb")
    assert exercise(card, "exercise-1").score == 26
    assert "anna.ipynb holds a Python script, though its name does not say so" in card.notes


def test_a_script_at_top_level_is_judged_like_a_notebook(grade: Grade) -> None:
    card = grade(content=(SETUP + FORWARD + BACKWARD).encode(), name="anna.py")
    assert exercise(card, "exercise-1").score == 26
    assert (
        row(card, "dprobs").line
        == (SETUP + FORWARD + BACKWARD).split("dprobs =")[0].count("\n") + 1
    )


# ---- what is handed in wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"not json", b'{"a": 1}', b"[]", b"<html></html>"])
def test_what_is_no_notebook_earns_nothing_with_one_line(grade: Grade, content: bytes) -> None:
    card = grade(content=content)
    assert (card.status, card.run, card.score, card.max_score) == ("graded", "not_run", 0, 43)
    assert card.reason is not None
    assert "anna.ipynb" in card.reason
    assert "\n" not in card.reason


def test_a_file_that_has_gone_leaves_its_submission_ungraded(
    tmp_path: Path, assignment: Assignment, data: Path
) -> None:
    with open_sandbox(data_dirs=[data]) as sandbox:
        submission = Submission(id="a", candidates=(tmp_path / "no.ipynb",), origin="no.ipynb")
        card = Grader(assignment, sandbox, data).grade(submission).card
    assert card.status == "ungraded"
    assert "no.ipynb" in (card.reason or "")
