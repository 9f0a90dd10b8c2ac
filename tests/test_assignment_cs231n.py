"""The three bundled assignments in the form of CS231n: solution, starter, examples, typical mistakes."""

from __future__ import annotations

import ast
import shutil
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT
from cs231n_mistakes import (
    CLASSIFIERS,
    LAYERS,
    LAYERS_CALLING,
    RECURRENT,
    RECURRENT_CALLING,
    WAYS,
    Mistake,
)

from grader.assignment import Assignment, load_assignment
from grader.assignment.places import solution_of
from grader.cli.starter import write_starter
from grader.pipeline import Grader
from grader.records.scorecard import Scorecard, TargetScore
from grader.sandbox import Sandbox, open_sandbox
from grader.submission import discover

NAMES = ("cs231n_classifiers", "cs231n_layers", "cs231n_recurrent")
TABLES: list[tuple[str, dict[str, list[Mistake]]]] = [
    ("cs231n_classifiers", CLASSIFIERS),
    ("cs231n_layers", LAYERS),
    ("cs231n_layers", LAYERS_CALLING),
    ("cs231n_recurrent", RECURRENT),
    ("cs231n_recurrent", RECURRENT_CALLING),
]
ROUNDS = [
    pytest.param(name, table, number, id=f"{name}-{next(iter(table))}-{number}")
    for name, table in TABLES
    for number in range(max(map(len, table.values())))
]
"""In a round every function of a table has its mistake of that number, so that a handful of runs
tries them all. Functions that call others stand in tables of their own."""


@cache
def loaded(name: str) -> Assignment:
    return load_assignment(ROOT / "assignments" / name)


@cache
def expected(name: str) -> dict[str, dict[str, str | dict[str, str]]]:
    path = ROOT / "assignments" / name / "examples" / "expected.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


EXAMPLES = [(name, student) for name in NAMES for student in expected(name)]


@pytest.fixture(scope="module")
def numpy_sandbox(data: Path) -> Iterator[Sandbox]:
    with open_sandbox(data_dirs=[data], engines=[False]) as opened:
        yield opened


class Marking:
    """Grades hand-ins as a student's of a class folder."""

    def __init__(self, sandbox: Sandbox, data: Path, workspace: Path) -> None:
        self._sandbox = sandbox
        self._data = data
        self._workspace = workspace

    def __call__(self, name: str, path: Path) -> Scorecard:
        place = self._workspace / "class" / (f"anna{path.suffix}" if path.is_file() else "anna")
        place.parent.mkdir(parents=True)
        shutil.copy(path, place) if path.is_file() else shutil.copytree(path, place)
        (submission,) = discover([place.parent], self._workspace / "unpacked").submissions
        return Grader(loaded(name), self._sandbox, self._data).grade(submission).card


@pytest.fixture
def mark(numpy_sandbox: Sandbox, data: Path, tmp_path: Path) -> Marking:
    return Marking(numpy_sandbox, data, tmp_path)


def targets(card: Scorecard) -> Iterator[tuple[str, TargetScore]]:
    for exercise in card.exercises:
        for target in exercise.targets:
            yield exercise.id, target


def given(target: TargetScore) -> str:
    """What a target was given, in the words of expected.toml."""
    if target.score == target.max_score:
        return "right"
    if target.score:
        return "own" if target.basis == "own_forward" else f"{target.basis}, {target.score}"
    code = target.diagnosis.code if target.diagnosis is not None else ""
    return code if code in {"unfinished", "raises"} else "wrong"


def due(name: str, student: str, exercise: str, target: TargetScore) -> str:
    found = expected(name)[student].get(exercise, "right")
    return found if isinstance(found, str) else found.get(target.of, "right")


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_earns_full_marks_without_a_note(mark: Marking, name: str) -> None:
    card = mark(name, ROOT / "solutions" / name)
    assert (card.status, card.score) == ("graded", card.max_score)
    assert (card.integrity, card.notes) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_the_starter_earns_nothing_is_unfinished_and_raises_nothing(
    mark: Marking, name: str
) -> None:
    card = mark(name, ROOT / "assignments" / name / "starter")
    assert (card.status, card.run, card.score) == ("graded", "completed", 0)
    assert {given(target) for _, target in targets(card)} == {"unfinished"}
    assert all(cell.error is None for cell in card.cells)
    assert card.integrity == []


@pytest.mark.parametrize("name", NAMES)
def test_the_starter_is_the_solution_without_its_answers(name: str, tmp_path: Path) -> None:
    write_starter(ROOT / "solutions" / name, tmp_path)
    made, bundled = (
        {path.relative_to(folder): path.read_text() for path in folder.rglob("*.py")}
        for folder in (tmp_path, ROOT / "assignments" / name / "starter")
    )
    assert made == bundled


@pytest.mark.parametrize("name", NAMES)
def test_the_assignment_finds_its_solution_in_folders(name: str) -> None:
    assert solution_of(ROOT / "assignments" / name) == ROOT / "solutions" / name


@pytest.mark.parametrize(("name", "student"), EXAMPLES)
def test_every_example_is_given_what_is_said(mark: Marking, name: str, student: str) -> None:
    folder = ROOT / "assignments" / name / "examples"
    path = folder / student
    card = mark(name, path if path.is_dir() else path.with_suffix(".py"))
    assert card.status == "graded"
    found = {f"{exercise}.{target.of}": given(target) for exercise, target in targets(card)}
    wanted = {
        f"{exercise}.{target.of}": due(name, student, exercise, target)
        for exercise, target in targets(card)
    }
    assert found == wanted
    # Half of the points for the gradient of another forward function: a person should look at it.
    codes = {note.code for note in card.integrity}
    assert codes == ({"own_forward"} if "own" in wanted.values() else set())


@pytest.mark.parametrize("name", NAMES)
def test_expected_names_exercises_targets_and_examples_that_exist(name: str) -> None:
    known = {each.id: set(each.targets) for each in loaded(name).spec.exercises}
    folder = ROOT / "assignments" / name / "examples"
    handed_in = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert set(expected(name)) == handed_in
    for exercises in expected(name).values():
        for exercise, found in exercises.items():
            assert isinstance(found, str) or set(found) <= known[exercise]
        assert set(exercises) <= set(known)


@pytest.mark.parametrize(("name", "table", "number"), ROUNDS)
def test_a_typical_mistake_is_wrong_where_it_is_made_and_nowhere_else(
    mark: Marking, name: str, table: dict[str, list[Mistake]], number: int, tmp_path: Path
) -> None:
    folder = tmp_path / "anna"
    shutil.copytree(ROOT / "solutions" / name, folder)
    wrong = {}
    for function, mistakes in table.items():
        if number < len(mistakes):
            before, after, spoilt = mistakes[number]
            _edit(folder, function, before, after)
            wrong["TwoLayerNet.loss" if function == "loss" else function] = set(spoilt.split())
    found: dict[str, set[str]] = {exercise: set() for exercise in wrong}
    for exercise, target in targets(mark(name, folder)):
        if exercise in found and target.score < target.max_score:
            assert target.score == 0
            found[exercise].add(target.of)
    assert found == wrong


@pytest.mark.parametrize(("name", "edits"), WAYS)
def test_other_right_ways_are_right(
    mark: Marking, name: str, edits: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "anna"
    shutil.copytree(ROOT / "solutions" / name, folder)
    for function, before, after in edits:
        _edit(folder, function, before, after)
    card = mark(name, folder)
    wrong = [(exercise, t.name) for exercise, t in targets(card) if t.score < t.max_score]
    assert (wrong, card.integrity) == ([], [])


COLUMNS = """
import numpy as np

def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(X.shape[1]):
        scores = W @ X[:, i]
        p = np.exp(scores - scores.max())
        p /= p.sum()
        loss -= np.log(p[y[i]])
        p[y[i]] -= 1
        dW += np.outer(p, X[:, i])
    loss = loss / X.shape[1] + reg / 2 * (W * W).sum()
    return loss, dW / X.shape[1] + reg * W

def svm_loss_naive(W, X, y, reg):
    return np.maximum(W @ X, 0).sum(), np.zeros_like(W)
"""


def test_examples_in_columns_as_in_the_first_year(mark: Marking, tmp_path: Path) -> None:
    path = tmp_path / "linear.py"
    path.write_text(COLUMNS)
    found = {e: t for e, t in targets(mark("cs231n_classifiers", path)) if not e.startswith("T")}
    assert given(found["softmax_loss_naive"]) == "right"
    assert given(found["svm_loss_naive"]) == "unfinished"


@pytest.mark.parametrize("edit", [("reg * W", "W"), ("p[y[i]] -= 1", "pass")])
def test_examples_in_columns_make_nothing_right(
    mark: Marking, edit: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "linear.py"
    path.write_text(COLUMNS.replace(*edit))
    found = dict(targets(mark("cs231n_classifiers", path)))
    assert given(found["softmax_loss_naive"]) == "wrong"


def test_handing_on_to_a_wrong_function_of_the_same_layer_earns_nothing(
    mark: Marking, tmp_path: Path
) -> None:
    folder = tmp_path / "anna"
    shutil.copytree(ROOT / "solutions" / "cs231n_layers", folder)
    _edit(folder, "batchnorm_backward", "dx = dcentred - dcentred.mean(axis=0)", "dx = dcentred")
    _edit(
        folder,
        "batchnorm_backward_alt",
        "x_hat, inv_std, gamma = cache",
        "return batchnorm_backward(dout, cache)\n    x_hat, inv_std, gamma = cache",
    )
    found = {
        f"{exercise}.{t.of}": t.score / t.max_score
        for exercise, t in targets(mark("cs231n_layers", folder))
        if "batchnorm" in exercise and t.of == "x"
    }
    assert found == {
        "batchnorm_backward.x": 0,
        "batchnorm_backward_alt.x": 0,  # its own lines are no derivation
        "spatial_batchnorm_backward.x": 1,  # its own lines are right
    }


def test_a_missing_regularisation_is_told_as_what_lacks(mark: Marking, tmp_path: Path) -> None:
    folder = tmp_path / "anna"
    shutil.copytree(ROOT / "solutions" / "cs231n_classifiers", folder)
    _edit(folder, "softmax_loss_vectorized", " / X.shape[0] + 2 * reg * W", " / X.shape[0]")
    (wrong,) = [t for _, t in targets(mark("cs231n_classifiers", folder)) if t.diagnosis]
    assert wrong.diagnosis is not None
    assert wrong.diagnosis.code == "missing_path"
    assert "the one that comes back through a square" in wrong.diagnosis.why


LATER = ROOT / "assignments/cs231n_classifiers/examples/hiro/cs231n/classifiers/fc_net.py"


@pytest.mark.parametrize(
    "place",
    [
        "fc_net.py",
        "hw2_fc_net_final.py",
        "fc_net (1).py",
        "cs231n/classifiers/fc_net.py",
        "hw2/cs231n/classifiers/two_layers.py",
    ],
)
def test_a_lone_module_finds_what_it_imports_wherever_it_stands_and_whatever_its_name(
    mark: Marking, place: str, tmp_path: Path
) -> None:
    path = tmp_path / "anna" / place
    path.parent.mkdir(parents=True)
    shutil.copy(LATER, path)  # its imports: `..layers`, `..layer_utils`
    card = mark("cs231n_classifiers", tmp_path / "anna")
    assert card.exercises[-1].score == card.exercises[-1].max_score


def test_a_renamed_module_keeps_to_its_own_siblings(mark: Marking, tmp_path: Path) -> None:
    folder = tmp_path / "anna" / "mine"
    folder.mkdir(parents=True)
    source = LATER.read_text().replace("..layers", ".parts").replace("..layer_utils", ".sandwich")
    (folder / "net.py").write_text(source)
    stand_ins = ROOT / "assignments/cs231n_classifiers/support/cs231n"
    shutil.copy(stand_ins / "layers.py", folder / "parts.py")
    sandwich = (stand_ins / "layer_utils.py").read_text().replace(".layers", ".parts")
    (folder / "sandwich.py").write_text(sandwich)
    card = mark("cs231n_classifiers", tmp_path / "anna")
    assert card.exercises[-1].score == card.exercises[-1].max_score


def _edit(folder: Path, function: str, before: str, after: str) -> None:
    """Put another text into a function of the one module that has it."""
    for path in folder.rglob("*.py"):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name == function:
                lines = source.split("\n")
                text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                assert text.count(before) == 1
                changed = text.replace(before, after).split("\n")
                lines[node.lineno - 1 : node.end_lineno] = changed
                path.write_text("\n".join(lines))
                return
    raise AssertionError(function)


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_there_are_five_mistakes_for_every_function(
    name: str, table: dict[str, list[Mistake]]
) -> None:
    tried = [set(t) for n, t in TABLES if n == name]
    functions = {each.id.removeprefix("TwoLayerNet.") for each in loaded(name).spec.exercises}
    assert set.union(*tried) == functions
    assert all(len(mistakes) >= 5 for mistakes in table.values())
