"""The proof on a sample; `make mutants` runs the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.mutants.proof import Proof, prove


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    workspace: Path = tmp_path_factory.mktemp("proof")
    return prove("backprop_ninja", None, workspace, jobs=2, every=17)


def test_the_sample_has_mutants_and_rewrites(proof: Proof) -> None:
    assert proof.summary.mutants >= 30
    assert proof.summary.rewrites >= 20


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


def test_the_figures_are_told_as_a_table(proof: Proof) -> None:
    assert "right answers marked wrong" in proof.text()
