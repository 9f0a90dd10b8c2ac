from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.assignment import Assignment, load_assignment
from grader.proof import Mutant, MutantTally, mutants, rewrites
from grader.proof.bench import Bench
from grader.proof.pasting import SPELLINGS
from grader.proof.stage import Stage, truth
from grader.proof.steps import Solution

ROOT = Path(__file__).parents[1]
CATEGORIES = {
    "drop_sum", "drop_keepdim", "wrong_dim", "sign", "constant", "transpose", "lost_path",
    "lost_upstream", "assign_for_add", "missing_clone", "wrong_index", "swapped_operand",
    "swapped_upstream", "power", "ones_start", "copied", "pasted",
}  # fmt: skip


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(ROOT / "assignments" / "backprop_ninja")


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    path = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def tally() -> MutantTally:
    return MutantTally()


@pytest.fixture(scope="module")
def broken(notebook: dict[str, Any], assignment: Assignment, tally: MutantTally) -> list[Mutant]:
    return list(mutants(notebook, assignment, tally))


@pytest.fixture(scope="module")
def right(notebook: dict[str, Any], assignment: Assignment) -> list[Mutant]:
    return list(rewrites(notebook, assignment))


@pytest.fixture(scope="module")
def stage(notebook: dict[str, Any], assignment: Assignment) -> Stage:
    return Stage(Solution(notebook, assignment))


def bench(stage: Stage, exercise: str, target: str) -> Bench:
    steps = stage.solution.of_exercise(exercise)
    return Bench(stage, next(step for step in steps if step.target == target))


def by_note(made: list[Mutant], note: str, exercise: str = "exercise-1") -> Mutant:
    (found,) = [m for m in made if m.note == note and m.exercise == exercise]
    return found


def source(mutant: Mutant, cell: int) -> str:
    return "".join(mutant.notebook["cells"][cell]["source"])


def test_there_are_400_mutants_of_all_categories_and_exercises(broken: list[Mutant]) -> None:
    assert len(broken) >= 400
    assert {m.kind for m in broken} >= CATEGORIES
    assert {m.exercise for m in broken} == {f"exercise-{i}" for i in (1, 2, 3, 4)}


def test_there_are_100_rewrites_of_all_exercises(right: list[Mutant]) -> None:
    assert len(right) >= 100
    assert {m.exercise for m in right} == {f"exercise-{i}" for i in (1, 2, 3, 4)}
    assert all(m.kind == "rewrite" and m.wrong == () and m.value == "right" for m in right)


def test_every_target_of_every_exercise_has_mutants(
    broken: list[Mutant], assignment: Assignment
) -> None:
    for exercise in assignment.spec.exercises:
        made = {t for m in broken if m.exercise == exercise.id for t in m.wrong}
        assert made == set(exercise.targets)


def test_ids_are_unique_file_names_whatever_the_case(
    broken: list[Mutant], right: list[Mutant]
) -> None:
    ids = [m.id for m in (*broken, *right)]
    assert all(set(name) <= set(map(chr, range(45, 123))) - set("/\\:?<>") for name in ids)
    assert len({name.lower() for name in ids}) == len(ids)


def test_no_two_notebooks_are_the_same(broken: list[Mutant], right: list[Mutant]) -> None:
    texts = [json.dumps(m.notebook) for m in (*broken, *right)]
    assert len(set(texts)) == len(texts)


def test_every_code_cell_still_parses(broken: list[Mutant], right: list[Mutant]) -> None:
    for mutant in (*broken, *right):
        for cell in mutant.notebook["cells"]:
            if cell["cell_type"] == "code":
                ast.parse("".join(cell["source"]))


def test_a_mutant_changes_nothing_but_its_step(
    broken: list[Mutant], notebook: dict[str, Any]
) -> None:
    mutant = by_note(broken, "dh = -(dlogits @ W2.T)")
    assert mutant.line is not None
    cell, line = mutant.line
    changed = [
        i
        for i, c in enumerate(mutant.notebook["cells"])
        if c["source"] != notebook["cells"][i]["source"]
    ]
    old, new = (
        "".join(notebook["cells"][cell]["source"]).split("\n"),
        source(mutant, cell).split("\n"),
    )
    assert changed == [cell]
    assert [i for i, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b] == [line]


def test_the_line_is_the_changed_one_in_a_statement_of_several_lines(broken: list[Mutant]) -> None:
    for mutant in (m for m in broken if m.id.startswith("exercise-3-sign")):
        assert mutant.line is not None
        assert mutant.note in source(mutant, mutant.line[0]).splitlines()[mutant.line[1] - 1]


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("dcounts_sum_inv = (counts * dprobs)", "missing_sum"),
        ("dcounts_sum_inv = (counts * dprobs).sum(0, keepdim=True)", "wrong_dim"),
        ("dh = -(dlogits @ W2.T)", "sign"),
        ("db2 = dlogits.sum(0) / n", "constant_factor"),
        ("dW2 = (h.T @ dlogits).T", "transposed"),
        ("dprobs = (1.0 / probs)", "upstream_missing"),
        ("dcounts = torch.ones_like(counts) * dcounts_sum", "overwritten"),
        ("dhpreact = (1.0 - h) * dh", "wrong_factor"),
        ("dbnraw = bnbias * dhpreact", "wrong_operand"),
        ("dlogprobs[range(n), Yb.roll(1, 0)] = -1.0 / n", "some_elements"),
        ("dlogprobs[range(n), Yb.roll(1, 0)] = -1.0 / n", "wrong_index"),
        ("dbnraw = bngain * dh", "wrong_upstream"),
        ("dbndiff2 = dbnvar", "missing_broadcast"),
        ("dbndiff = bndiff * (bnvar_inv * dbnraw)", "wrong_operand"),
        ("dhpreact = (1.0 - hpreact**2) * dh", "wrong_operand"),
        ("dbnvar = (-0.5 * ((bnvar + 1e-5) ** 1.5)) * dbnvar_inv", "wrong_factor"),
        ("dlogprobs = torch.ones_like(logprobs)", "ones_start"),
        ("dC[Xb[row, place]] = demb[row, place]", "overwritten"),
    ],
)
def test_a_mutant_knows_its_code_and_its_wrong_step(
    broken: list[Mutant], note: str, code: str
) -> None:
    mutant = by_note(broken, note)
    assert code in mutant.codes
    assert mutant.wrong == (mutant.target,)
    assert mutant.value == "wrong"


def test_a_path_that_adds_up_to_zero_may_be_lost_without_a_wrong_value(
    broken: list[Mutant],
) -> None:
    (mutant,) = [m for m in broken if m.id == "lost-path-dlogits"]
    assert (mutant.value, mutant.wrong) == ("right", ("logits",))
    assert mutant.codes == ("missing_path",)


def test_the_better_of_two_attempts_is_the_value(broken: list[Mutant]) -> None:
    found = {m.target: m.value for m in broken if m.kind == "assign_for_add"}
    assert (found["logits"], found["counts"]) == ("right", "wrong")


def test_the_wrong_arg_max_is_about_elements_and_leaves_the_value_right(
    broken: list[Mutant],
) -> None:
    mutant = by_note(
        broken,
        "dlogits += F.one_hot(logits.min(1).indices, num_classes=vocab_size) * dlogit_maxes",
    )
    assert (mutant.value, mutant.codes) == ("right", ("some_elements", "wrong_index"))


def test_an_extra_factor_is_a_swapped_operand_only_where_the_numbers_say_so(
    broken: list[Mutant],
) -> None:
    extra = [m for m in broken if m.kind == "extra_factor" and "wrong_operand" in m.codes]
    assert {m.target for m in extra} == {"counts_sum_inv", "counts", "bnvar_inv", "bndiff"}
    for kind in ("sign", "constant", "lost_upstream", "lost_factor", "repeated", "transpose"):
        assert not [m for m in broken if m.kind == kind and "wrong_operand" in m.codes]


def test_an_index_that_reads_the_same_numbers_again_does_more_than_move_them(
    broken: list[Mutant],
) -> None:
    codes = {m.note: m.codes for m in broken if m.kind == "wrong_index" and m.target == "C"}
    assert "wrong_index" in codes["dC[Xb[0, place]] += demb[row, place]"]
    assert "wrong_index" not in codes["dC[Xb[row, place]] += demb[0, place]"]
    assert "wrong_index" not in codes["for row in range(Xb.shape[0] - 1):"]


def test_a_lost_keepdim_is_the_mistake_of_the_step_that_trips_over_it(
    broken: list[Mutant],
) -> None:
    mutant = by_note(broken, "dcounts_sum_inv = (counts * dprobs).sum(1)")
    assert (mutant.target, mutant.wrong) == ("counts_sum_inv", ("counts_sum",))
    assert (mutant.value, mutant.codes) == ("right", ("missing_keepdim",))


def test_a_lost_keepdim_that_harms_nothing_is_no_mutant(
    broken: list[Mutant], tally: MutantTally
) -> None:
    assert tally.equivalent["drop_keepdim"] > 0
    assert not [m for m in broken if m.kind == "drop_keepdim" and m.target == "bngain"]


def test_an_alias_is_about_the_gradient_that_it_changes(broken: list[Mutant]) -> None:
    mutant = by_note(broken, "dlogits = dnorm_logits")
    assert (mutant.target, mutant.wrong) == ("norm_logits", ())


def test_what_raises_has_no_code(broken: list[Mutant]) -> None:
    raising = [m for m in broken if m.raises and m.kind != "drop_keepdim"]
    assert raising
    assert all(m.codes == () and m.value == "wrong" for m in raising)


def test_all_spellings_of_copying_give_right_values(
    broken: list[Mutant], assignment: Assignment
) -> None:
    whole = [m for m in broken if m.target is None]
    assert {m.note for m in whole} == set(SPELLINGS)
    assert all(m.value == "right" and m.codes == ("copied",) for m in whole)
    assert all(set(m.wrong) == set(assignment.spec.exercises[0].targets) for m in whole)


def test_pasted_numbers_are_right_in_value_and_wrong_as_a_step(broken: list[Mutant]) -> None:
    pasted = [m for m in broken if m.kind == "pasted" and m.note.startswith("torch.tensor")]
    assert {"b2", "bngain", "counts_sum_inv"} <= {m.target for m in pasted}
    assert all(m.value == "right" and m.wrong == (m.target,) for m in pasted)


def test_numbers_are_not_pasted_for_a_gradient_that_is_zero(broken: list[Mutant]) -> None:
    assert not [m for m in broken if m.kind == "pasted" and m.target in {"logit_maxes", "b1"}]


def test_a_step_that_comes_too_early_is_wrong(broken: list[Mutant], tally: MutantTally) -> None:
    early = {m.target: m for m in broken if m.kind == "too_early"}
    assert (early["embcat"].wrong, early["embcat"].value) == (("embcat",), "wrong")
    for mutant in early.values():
        assert mutant.line is not None
        line = source(mutant, mutant.line[0]).splitlines()[mutant.line[1] - 1]
        assert line.startswith(f"d{mutant.target} = ")


def test_a_step_that_leaves_out_a_path_of_zeros_is_wrong_and_one_of_nothing_is_not(
    broken: list[Mutant], tally: MutantTally
) -> None:
    """dh without dlogit_maxes; the deviations in dbndiff add up to nothing."""
    early = {m.target: m for m in broken if m.kind == "too_early"}
    assert (early["h"].wrong, early["h"].value) == (("h",), "right")
    assert "bnmeani" not in early
    assert tally.equivalent["too_early"] == 1


def test_zero_with_another_sign_is_no_mistake_where_nothing_is_marked_before_it(
    broken: list[Mutant],
) -> None:
    about = {m.exercise for m in broken if m.kind in {"sign", "constant"} and m.target == "b1"}
    assert about == {"exercise-1"}


def test_an_alias_through_which_zeros_are_added_is_not_worth_a_word(broken: list[Mutant]) -> None:
    aliases = {(m.target, m.codes) for m in broken if m.kind == "missing_clone"}
    assert aliases == {("norm_logits", ()), ("bndiff", ("alias",))}


def test_a_start_before_the_loop_accumulates_over_iterations(broken: list[Mutant]) -> None:
    (mutant,) = [m for m in broken if m.kind == "hoisted_start"]
    assert (mutant.exercise, mutant.target) == ("exercise-4", "C")
    assert (mutant.codes, mutant.value) == (("accumulated",), "wrong")


def test_a_second_engine_agrees_that_the_solution_is_right(stage: Stage) -> None:
    for step in stage.solution.steps:
        seen, _, errors = stage.run(step.exercise, [], step)
        assert not errors
        for moment in (seen[0], seen[-1]):
            expected = stage.forward.gradients(moment.leaves)[step.target]
            assert truth(moment.gradients[step.target], expected) == "right"


def test_an_equivalent_change_is_known_as_such(stage: Stage) -> None:
    step = bench(stage, "exercise-1", "hpreact")
    assert step.relation(["dhpreact = dh - h * h * dh"]) == "same"
    assert step.relation(["dhpreact = (1 - h) * dh"]) == "different"
    assert step.relation(["dhpreact = nowhere"]) == "different"


def test_a_fused_step_fits_the_forward_script_given_what_it_reads(stage: Stage) -> None:
    step = bench(stage, "exercise-1", "hpreact")
    assert step.fits_forward(["dhpreact = (1 - h**2) * (dlogits @ W2.T)"])
    assert not step.fits_forward(["dhpreact = (1 - h**2) * (dnorm_logits @ W2.T)"])


def test_relying_on_the_zeros_of_a_one_hot_gradient_is_equivalent(stage: Stage) -> None:
    step = bench(stage, "exercise-1", "probs")
    only_there = "dprobs[range(n), Yb] = dlogprobs[range(n), Yb] / probs[range(n), Yb]"
    assert step.relation(["dprobs = torch.zeros_like(probs)", only_there]) == "same"


def test_a_value_is_right_in_another_shape_of_the_same_elements_only() -> None:
    g = torch.randn(1, 4)
    assert truth(g[0], g) == "right"
    assert truth(g.expand(3, 4), g) == "wrong"
    assert truth(-g, g) == "wrong"
    assert truth(None, g) == "wrong"


@pytest.mark.parametrize(
    "text",
    [
        "index_put_((Xb,), demb, accumulate=True)",
        "F.one_hot(Xb.flatten(), vocab_size).float().T @ demb",
        "dC.index_add_(",
        'einsum("bi,bj->ij"',
        "dprobs = (1.0 / probs) * logprobs.grad",
        "dlogit_maxes = torch.zeros_like(logit_maxes)",
        "dhprebn = torch.zeros_like(dhpreact)",
        "dcounts_sum_inv[:, None]",
        "def backward():",
        "dw1 = ",
        ".detach().numpy()",
        ".double()",
    ],
)
def test_the_rewrites_hold_what_students_do(right: list[Mutant], text: str) -> None:
    cells = (cell for m in right for cell in m.notebook["cells"] if cell["cell_type"] == "code")
    assert any(text in "".join(cell["source"]) for cell in cells)


def test_one_rewrite_has_a_cell_for_each_step(
    right: list[Mutant], notebook: dict[str, Any]
) -> None:
    (mutant,) = [m for m in right if m.id == "rewrite-cell-each"]
    cells = mutant.notebook["cells"]
    assert len(cells) == len(notebook["cells"]) + 25
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_a_step_of_the_solution_that_is_wrong_is_not_tried_and_is_counted(
    notebook: dict[str, Any], assignment: Assignment
) -> None:
    text = json.dumps(notebook).replace("h.T @ dlogits", "h.T @ (2 * dlogits)")
    tally = MutantTally()
    list(mutants(json.loads(text), assignment, tally))
    assert any("dW2" in name for name in tally.alone)
