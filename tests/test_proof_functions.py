"""Mistakes in functions: made, known for what they are, and graded; `make mutants` runs them all."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from function_assignments import EXERCISES, RIGHT, assignment, graded

from grader.analysis.text import Text
from grader.proof.functions.mistakes import mistakes
from grader.proof.functions.proof import FunctionProof, FunctionSummary, prove_functions
from grader.proof.functions.rewrites import rewritten
from grader.proof.functions.trial import ChangedFunction, FunctionTrial, function_verdict
from grader.proof.functions.truth import FunctionTruth, SourcePiece
from grader.sandbox import open_sandbox

SOURCE = """
def back(dout, cache):
    x, w, t = cache
    da = dout * (1 - t ** 2) / len(x)
    dw = x.T @ da
    db = da.sum(axis=0, keepdims=True)
    dw += 0.1 * w
    return da @ w.T, dw, db
"""
SHAPES = {"dout": (3, 2), "t": (3, 2), "x": (3, 4), "w": (4, 2)}


def function(source: str) -> tuple[Text, ast.FunctionDef]:
    text = Text(source)
    node = text.tree.body[0]
    assert isinstance(node, ast.FunctionDef)
    return text, node


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("sign", "da = dout * (1 + (t ** 2)) / len(x)"),
        ("sign", "dw -= 0.1 * w"),
        ("constant", "dw = 2 * (x.T @ da)"),
        ("term", "pass"),
        ("factor", "da = dout * (1 - t ** 2)"),
        ("factor", "da = (1 - t ** 2) / len(x)"),
        ("power", "da = dout * (1 - t) / len(x)"),
        ("axis", "db = da.sum(axis=1, keepdims=True)"),
        ("keepdims", "db = da.sum(axis=0, keepdims=False)"),
        ("reduction", "db = da"),
        ("reduction", "db = da.mean(axis=0, keepdims=True)"),
        ("transpose", "dw = x @ da"),
        ("assignment", "dw = 0.1 * w"),
        ("operand", "da = t * (1 - t ** 2) / len(x)"),
    ],
)
def test_a_mistake_is_one_edit(kind: str, line: str) -> None:
    text, node = function(SOURCE)
    found = [new for each, new in mistakes(text, node, SHAPES) if each == kind]
    changed = [
        [b.strip() for a, b in zip(SOURCE.split("\n"), new.split("\n"), strict=True) if a != b]
        for new in found
    ]
    assert [line] in changed


def test_nothing_is_edited_in_names_that_are_put_together() -> None:
    text, node = function("def back(l):\n    return {f'db{l + 1}': 0}\n")
    assert list(mistakes(text, node, {})) == []


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("renamed", "my_da = dout * (1 - my_t ** 2)"),
        ("einsum", "np.einsum('ij,jk->ik', x.T, da)"),
        ("written out", "dw = dw + 0.1 * w"),
        ("commuted", "w * 0.1"),
        ("other arithmetic", "1 + -1 * (t * t)"),
        ("list", "return [da @ w.T, dw, db]"),
    ],
)
def test_a_rewrite_goes_through_the_function(name: str, part: str) -> None:
    assert part in dict(rewritten(*function(SOURCE)))[name]


def test_the_truth_tells_a_mistake_from_other_words(tmp_path: Path) -> None:
    truth = FunctionTruth(assignment(tmp_path))

    def known(old: str, new: str) -> dict[str, str]:
        assert old in RIGHT
        source = RIGHT.replace(old, new)
        found = truth.of(
            [SourcePiece("layers.py", None, source)], ["affine_backward", "norm_backward"]
        )
        return {target: status for (name, target), status in found.items() if name[0] == "a"}

    right = {"x": "right", "w": "right", "b": "right"}
    assert known("db = dout.sum(axis=0)", "db = dout.sum(0)[None]") == right
    assert known("db = dout.sum(axis=0)", "db = dout.mean(0)") == right | {"b": "wrong"}
    assert known("dx = dout.dot(w.T)", "dx = dout.dot(w)") == dict.fromkeys(right, "raises")
    assert known("dx = dout.dot(w.T)", "dx = dout.dot(w.T) * 1.00001") == right | {"x": "unknown"}


def test_the_fault_of_another_exercise_is_to_cost_nothing(tmp_path: Path) -> None:
    """layer_backward hands on to affine_backward, for which the assignment has a true one."""
    trial = FunctionTrial(assignment(tmp_path), [SourcePiece("layers.py", None, RIGHT)])
    made = [each for each in trial.made() if each.note == "dx = 2 * dout.dot(w.T)"]
    assert [each.wrong for each in made] == [{("affine_backward", "x")}]
    assert ("layer_backward", "x") in made[0].right


def test_a_verdict_tells_what_a_card_has_wrong(tmp_path: Path) -> None:
    work = assignment(tmp_path)
    source = RIGHT.replace("dw = x.T.dot(dout)", "dw = 3 * x.T.dot(dout)")
    (tmp_path / "data").mkdir()
    with open_sandbox(data_dirs=[tmp_path / "data"]) as sandbox:
        card = graded(tmp_path, work, sandbox, source)
    every = {(name, target) for name, (_, targets) in EXERCISES.items() for target in targets}

    def held(wrong: set[tuple[str, str]]) -> tuple[list[str], list[str], bool]:
        made = ChangedFunction(
            id="it", family="mutant", kind="constant", note="", pieces=[],
            wrong=frozenset(wrong), right=frozenset(every - wrong),
        )  # fmt: skip
        verdict = function_verdict(made, card)
        return verdict.marked_down, verdict.missed, verdict.localised

    w, b = ("affine_backward", "w"), ("affine_backward", "b")
    assert held({w}) == ([], [], True)
    assert held({w, b}) == ([], ["affine_backward:db"], False)
    assert held(set()) == (["affine_backward:dw"], [], False)


@pytest.fixture(scope="module", params=["layer_objects", "dlai_shallow"])
def proof(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> FunctionProof:
    folder = tmp_path_factory.mktemp("proof")
    return prove_functions(request.param, None, folder, jobs=2, sample=True)


def test_the_sample_has_mistakes_and_other_words(proof: FunctionProof) -> None:
    assert proof.summary.mutants >= 10, proof.text()
    assert proof.summary.rewrites >= 2, proof.text()


def test_no_right_function_is_marked_wrong(proof: FunctionProof) -> None:
    assert proof.summary.marked_down == proof.summary.noted == 0, proof.text()


def test_no_wrong_function_is_called_right(proof: FunctionProof) -> None:
    assert proof.summary.missed == 0, proof.text()


def test_a_mistake_costs_its_own_gradients_alone(proof: FunctionProof) -> None:
    assert proof.summary.localised == proof.summary.mutants, proof.text()


def test_most_mistakes_have_a_name(proof: FunctionProof) -> None:
    assert proof.summary.named >= 0.9 * proof.summary.mutants > 0, proof.text()


def test_the_command_takes_assignments_of_functions(tmp_path: Path) -> None:
    out, keep = tmp_path / "mutants.json", tmp_path / "kept"
    command = [sys.executable, "-m", "grader.proof", "--assignment", "dlai_logistic"]
    command += ["--every", "16", "--out", str(out), "--keep", str(keep)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert "wrong answers called right" in done.stdout, done.stderr
    found = msgspec.convert(json.loads(out.read_text())["summary"], FunctionSummary)
    assert found.mutants + found.rewrites + found.equivalent == len(list(keep.iterdir())) > 0
    assert done.returncode == (1 if found.broken_promises else 0)
