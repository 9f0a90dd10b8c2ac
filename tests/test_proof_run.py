"""The proof on a sample; `make mutants` runs the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.proof.proof import Proof, prove
from grader.proof.selection import SAMPLE


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    workspace: Path = tmp_path_factory.mktemp("proof")
    return prove("backprop_ninja", None, workspace, jobs=2, sample=True)


def test_the_sample_has_some_of_everything(proof: Proof) -> None:
    s = proof.summary
    assert (s.rewrites, s.honest, s.burdened, s.temporaries, s.copies) == (
        SAMPLE["rewrite"], SAMPLE["honest"], SAMPLE["burdened"], SAMPLE["temporary"], SAMPLE["copy"],
    )  # fmt: skip
    assert s.mutants >= SAMPLE["mutant"]


def test_no_right_answer_is_marked_wrong(proof: Proof) -> None:
    assert proof.summary.marked_down == 0, proof.text()


def test_no_wrong_step_is_called_right(proof: Proof) -> None:
    assert proof.summary.missed == 0, proof.text()


def test_every_value_verdict_is_as_known(proof: Proof) -> None:
    assert proof.summary.values_right == proof.summary.values_asked > 0, proof.text()


def test_the_mutated_step_is_the_only_one_called_wrong(proof: Proof) -> None:
    assert proof.summary.localised == proof.summary.localisable > 0, proof.text()


def test_nine_of_ten_diagnoses_name_the_mistake(proof: Proof) -> None:
    assert proof.summary.diagnosed >= 0.9 * proof.summary.diagnosable > 0, proof.text()


def test_plain_copies_earn_nothing(proof: Proof) -> None:
    assert proof.summary.copied_caught == proof.summary.copied > 0, proof.text()


def test_habits_cost_an_honest_student_no_points(proof: Proof) -> None:
    assert proof.summary.honest_lost == 0, proof.text()


def test_habits_raise_no_integrity_note(proof: Proof) -> None:
    assert proof.summary.honest_noted == 0, proof.text()


def test_habits_make_no_right_step_wrong(proof: Proof) -> None:
    assert proof.summary.honest_called == proof.summary.burdened_called == 0, proof.text()


def test_a_mistake_among_habits_is_not_free(proof: Proof) -> None:
    assert proof.summary.burdened_free == 0, proof.text()


def test_a_mistake_among_habits_costs_once(proof: Proof) -> None:
    assert proof.summary.burdened_twice == 0, proof.text()


def test_a_wrong_temporary_costs_all_that_is_made_with_it_and_nothing_else(proof: Proof) -> None:
    assert proof.summary.temporaries_free == 0, proof.text()
    assert proof.summary.temporaries_marked_down == 0, proof.text()


def test_no_copy_has_full_marks_without_a_note(proof: Proof) -> None:
    assert proof.summary.copies_unnoted == 0, proof.text()


def test_the_figures_are_told_as_a_table(proof: Proof) -> None:
    assert "right answers marked wrong" in proof.text()
