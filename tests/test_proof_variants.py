"""What is known of variants with habits, of wrong temporaries and of copies."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.assignment import Assignment, load_assignment
from grader.proof import Mutant, mutants, rewrites
from grader.proof.copies import copies
from grader.proof.crossing import NOT_CROSSED, burdened, fits, honest
from grader.proof.habits import HABITS, compatible
from grader.proof.plain import lost, run_plainly
from grader.proof.routes import ROUTES
from grader.proof.selection import SAMPLE, sampled
from grader.proof.temporaries import clearly, temporaries

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(ROOT / "assignments" / "backprop_ninja")


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    path = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def broken(notebook: dict[str, Any], assignment: Assignment) -> dict[str, Mutant]:
    return {mutant.id: mutant for mutant in mutants(notebook, assignment)}


@pytest.fixture(scope="module")
def right(notebook: dict[str, Any], assignment: Assignment) -> list[Mutant]:
    return list(rewrites(notebook, assignment))


@pytest.fixture(scope="module")
def kept(notebook: dict[str, Any], right: list[Mutant], assignment: Assignment) -> list[Mutant]:
    return list(honest(notebook, right, assignment))


@pytest.fixture(scope="module")
def loaded(broken: dict[str, Mutant], assignment: Assignment) -> list[Mutant]:
    return list(burdened(list(broken.values()), assignment))


@pytest.fixture(scope="module")
def wrong_temporaries(notebook: dict[str, Any], assignment: Assignment) -> list[Mutant]:
    return list(temporaries(notebook, assignment))


@pytest.fixture(scope="module")
def copied(notebook: dict[str, Any], assignment: Assignment) -> list[Mutant]:
    return list(copies(notebook, assignment))


def test_there_are_a_thousand_of_either_kind(kept: list[Mutant], loaded: list[Mutant]) -> None:
    assert len(kept) == len(loaded) == 1000
    assert {m.family for m in kept} == {"honest"}
    assert {m.family for m in loaded} == {"burdened"}


def test_every_habit_is_there_alone_and_among_others(
    kept: list[Mutant], loaded: list[Mutant]
) -> None:
    alone = {m.habits[0] for m in kept if m.id.startswith("solution--") and len(m.habits) == 1}
    assert alone == set(HABITS)
    for variants in (kept, loaded):
        among = Counter(name for m in variants for name in m.habits if len(m.habits) > 1)
        assert min(among[name] for name in HABITS) >= 3


def test_ids_of_variants_are_unique_file_names(kept: list[Mutant], loaded: list[Mutant]) -> None:
    ids = [m.id.lower() for m in (*kept, *loaded)]
    assert len(set(ids)) == len(ids)
    assert max(len(name) for name in ids) < 200
    assert not any(set(name) & set('/\\:?<>" ') for name in ids)


def test_the_same_variants_are_drawn_every_time(
    notebook: dict[str, Any], assignment: Assignment, kept: list[Mutant], right: list[Mutant]
) -> None:
    again = list(honest(notebook, right, assignment, 150))
    assert [m.id for m in again[:80]] == [m.id for m in kept[:80]]
    assert len(again) == 150


def test_the_truth_about_a_mutant_stays_what_it_was(
    loaded: list[Mutant], broken: dict[str, Mutant]
) -> None:
    for variant in loaded:
        base = broken[variant.id.partition("--")[0]]
        assert (variant.wrong, variant.exercise) == (base.wrong, base.exercise)
        assert variant.kind == base.kind
        assert variant.kind not in NOT_CROSSED
        assert not base.raises
        assert not base.breaks


def test_a_mistake_may_cost_more_where_only_right_values_give_names_away(
    loaded: list[Mutant],
) -> None:
    for variant in loaded:
        by_value = any(HABITS[name].by_value for name in variant.habits)
        assert variant.once == (not by_value)


def test_habits_of_a_variant_go_together_and_with_its_mistake(
    kept: list[Mutant], loaded: list[Mutant]
) -> None:
    for variant in (*kept, *loaded):
        habits = [HABITS[name] for name in variant.habits]
        assert compatible(habits)
        assert all(fits(variant, habit) for habit in habits)


def test_zeros_for_what_is_zero_are_not_put_beside_a_mistake_above_them(
    broken: dict[str, Mutant],
) -> None:
    zeros = HABITS["zero_maxes"]
    assert not fits(broken["sign-dcounts_sum"], zeros)
    assert not fits(broken["lost-path-dlogits"], zeros)
    assert fits(broken["sign-dbnvar"], zeros)


@pytest.mark.parametrize("number", range(0, 1000, 37))
def test_a_drawn_variant_keeps_what_its_base_computes(
    number: int,
    kept: list[Mutant],
    loaded: list[Mutant],
    broken: dict[str, Mutant],
    notebook: dict[str, Any],
    assignment: Assignment,
    tmp_path: Path,
) -> None:
    # What is computed otherwise by intention, or in other numbers, has a test of its own.
    other = {"double", "double_first", "zero_maxes", "insight_logits", "numpy"}
    (tmp_path / "data").mkdir()
    for path in assignment.data:
        (tmp_path / "data" / path.name).write_bytes(path.read_bytes())
    for variant in (kept[number], loaded[number]):
        base = broken.get(variant.id.partition("--")[0])
        if set(variant.habits) & other:
            continue
        before, _ = run_plainly(base.notebook if base else notebook, assignment, tmp_path)
        after, errors = run_plainly(variant.notebook, assignment, tmp_path)
        finite = {
            exercise: {x: t for x, t in tensors.items() if bool(torch.isfinite(t).all())}
            for exercise, tensors in before.gradients.items()
        }
        assert lost(finite, after.tensors) == [], variant.id
        assert all(error.startswith("SyntaxError") for error in errors), variant.id


def test_wrong_temporaries_are_never_marked_themselves(
    wrong_temporaries: list[Mutant], assignment: Assignment
) -> None:
    assert len(wrong_temporaries) >= 50
    (training,) = (e for e in assignment.spec.exercises if e.training)
    changed = {m.id.split("-d")[-1].partition("-")[0] for m in wrong_temporaries}
    assert changed == {"logits", "h", "hpreact", "hprebn", "embcat", "emb"}
    for mutant in wrong_temporaries:
        assert mutant.family == "temporary"
        assert mutant.exercise == training.id
        assert mutant.wrong
        assert set(mutant.wrong) <= set(training.targets)


def test_a_wrong_temporary_spoils_all_that_is_made_with_it_and_nothing_else(
    wrong_temporaries: list[Mutant],
) -> None:
    wrong = {m.note: set(m.wrong) for m in wrong_temporaries}
    assert wrong["demb = -dembcat.view(emb.shape)"] == {"C"}
    assert wrong["dh = -(dlogits @ W2.T)"] == {"C", "W1", "bngain", "bnbias"}
    # b1 stays right: what batch norm does to a column, it does to a constant in it.
    assert wrong["dlogits /= -n"] == {"C", "W1", "W2", "b2", "bngain", "bnbias"}


def test_what_may_be_rounding_is_not_called_wrong() -> None:
    zero = torch.full((3,), 1e-9)
    assert clearly(torch.full((3,), 1e-5), zero) == "unknown"
    assert clearly(torch.full((3,), 1.0), zero) == "wrong"
    assert clearly(torch.zeros(3), zero) == "right"
    assert clearly(None, zero) == "wrong"
    assert clearly(torch.full((3,), 1e-5), torch.ones(3)) == "wrong"


def test_every_route_gives_the_networks_own_gradients(copied: list[Mutant]) -> None:
    for mutant in copied:
        (name,) = (r for r in ROUTES if mutant.note == r or mutant.note.startswith(f"{r}-d"))
        assert not mutant.raises, mutant.id
        assert (mutant.value == "right") == ROUTES[name].right, mutant.id


def test_every_route_is_taken_by_a_whole_exercise_and_by_single_steps(
    copied: list[Mutant],
) -> None:
    assert len(copied) == 3 * len(ROUTES)
    assert {m.family for m in copied} == {"copy"}
    assert {m.note for m in copied if m.target is None} == set(ROUTES)
    assert all(m.wrong == (m.target,) for m in copied if m.target is not None)


def test_the_cells_of_copies_and_temporaries_parse(
    copied: list[Mutant], wrong_temporaries: list[Mutant]
) -> None:
    for mutant in (*copied, *wrong_temporaries):
        for cell in mutant.notebook["cells"]:
            if cell["cell_type"] == "code":
                ast.parse("".join(cell["source"]))


def test_the_sample_has_some_of_each_family_and_is_always_the_same(
    kept: list[Mutant],
    loaded: list[Mutant],
    copied: list[Mutant],
    wrong_temporaries: list[Mutant],
    right: list[Mutant],
    broken: dict[str, Mutant],
) -> None:
    made = [*broken.values(), *right, *wrong_temporaries, *copied, *kept, *loaded]
    found = sampled(made)
    assert Counter(m.family for m in found) == SAMPLE
    assert 60 <= len(found) <= 80
    assert len({m.id for m in found}) == len(found)
    assert [m.id for m in sampled(made)] == [m.id for m in found]
