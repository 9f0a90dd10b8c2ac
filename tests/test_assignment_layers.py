"""The bundled assignments of layers: what their solutions, starters, examples and mistakes earn."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import layer_mistakes
import pytest
from conftest import ROOT

from grader.assignment import Assignment, load_assignment
from grader.cli.starter import write_starter
from grader.execution.session import GradingSession
from grader.records.scorecard import Scorecard, TargetScore
from grader.submission import discover

MISTAKES = {"eecs498_layers": layer_mistakes.TORCH, "layer_objects": layer_mistakes.NUMPY}
NOTES = {"copied": "copied", "own": "own_forward"}
"""Word of expected.toml → the note that tells the instructor."""
ROUNDS = range(max(len(edits) for each in MISTAKES.values() for edits in each.values()))
Class = tuple[Assignment, GradingSession]


@pytest.fixture(scope="module", params=list(MISTAKES))
def opened(request: pytest.FixtureRequest) -> Iterator[Class]:
    assignment = load_assignment(ROOT / "assignments" / request.param)
    with GradingSession(assignment) as session:
        yield assignment, session


@pytest.fixture(scope="module")
def examples(opened: Class, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorecard]:
    folder = opened[0].folder / "examples"
    return graded(opened[1], folder, tmp_path_factory.mktemp("examples"))


def graded(session: GradingSession, path: Path, workspace: Path) -> dict[str, Scorecard]:
    found = discover([path], workspace)
    return {each.id: session.grade(each).card for each in found.submissions}


def alone(session: GradingSession, folder: Path, workspace: Path) -> Scorecard:
    """Of a folder with the files of one student."""
    shutil.copytree(folder, workspace / "class" / "anna")
    return graded(session, workspace / "class", workspace / "unpacked")["anna"]


def rows(card: Scorecard) -> dict[tuple[str, str], TargetScore]:
    return {(e.id, target.of): target for e in card.exercises for target in e.targets}


def lost(card: Scorecard) -> set[tuple[str, str]]:
    return {key for key, target in rows(card).items() if target.score < target.max_score}


def word(target: TargetScore) -> str:
    """What became of a target, as expected.toml puts it."""
    if target.score == target.max_score:
        return "right"
    if target.diagnosis is not None and target.diagnosis.code in {"unfinished", "raises"}:
        return "unfinished" if target.score == 0 else "?"
    return {"own_forward": "own", "copied": "copied", "none": "wrong"}.get(target.basis, "?")


def expected(assignment: Assignment, said: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Exercise and target → word."""
    return {
        (exercise.id, target): each if isinstance(each, str) else each.get(target, "right")
        for exercise in assignment.spec.exercises
        for each in [said.get(exercise.id, {})]
        for target in exercise.targets
    }


def test_the_solution_earns_everything_without_a_note(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    card = alone(session, ROOT / "solutions" / assignment.name, tmp_path)
    assert lost(card) == set()
    assert [note.text for note in card.integrity] == []


def test_the_starter_is_the_solution_without_its_answers(opened: Class, tmp_path: Path) -> None:
    assignment, _ = opened
    write_starter(ROOT / "solutions" / assignment.name, tmp_path)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    there = (assignment.folder / "starter").glob("*.py")
    assert made == {path.name: path.read_text("utf-8") for path in there}


def test_the_starter_earns_nothing_and_is_no_error(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    card = alone(session, assignment.folder / "starter", tmp_path)
    assert card.score == 0
    assert card.status == "graded"
    for exercise in card.exercises:
        assert "unfinished" in (exercise.cause or ""), (exercise.id, exercise.cause)


def test_every_example_earns_what_is_said_of_it(
    opened: Class, examples: dict[str, Scorecard]
) -> None:
    assignment, _ = opened
    said = tomllib.loads((assignment.folder / "examples" / "expected.toml").read_text("utf-8"))
    assert set(said) == set(examples)
    for name, entry in said.items():
        found = {key: word(target) for key, target in rows(examples[name]).items()}
        wanted = expected(assignment, entry)
        assert {k: v for k, v in found.items() if v != wanted[k]} == {}, name
        notes = {note.code for note in examples[name].integrity}
        assert notes == {NOTES[word] for word in wanted.values() if word in NOTES}, name


def test_every_example_is_told_of(opened: Class) -> None:
    folder = opened[0].folder / "examples"
    told = (folder / "README.md").read_text("utf-8")
    there = [path for path in folder.iterdir() if path.suffix not in {".md", ".toml"}]
    assert [path.name for path in there if f"| `{path.name}" not in told] == []


@pytest.mark.parametrize("number", ROUNDS)
def test_a_mistake_in_every_layer_costs_what_is_wrong_by_it_and_nothing_else(
    opened: Class, tmp_path: Path, number: int
) -> None:
    assignment, session = opened
    mistakes = {
        exercise: edits[number]
        for exercise, edits in MISTAKES[assignment.name].items()
        if number < len(edits)
    }
    wrong = broken(ROOT / "solutions" / assignment.name, mistakes, tmp_path / "work")
    card = alone(session, tmp_path / "work", tmp_path)
    assert lost(card) == wrong
    assert {rows(card)[key].basis for key in wrong} == ({"none"} if wrong else set())


def broken(
    solution: Path, mistakes: dict[str, tuple[str, str, str]], folder: Path
) -> set[tuple[str, str]]:
    """Write the solution with these mistakes; gives the targets that are wrong by them."""
    folder.mkdir()
    for path in solution.glob("*.py"):
        source = path.read_text("utf-8")
        for exercise, (old, new, _) in mistakes.items():
            if f"class {exercise.partition('.')[0]}" in source:
                source = layer_mistakes.edited(source, exercise, old, new)
        (folder / path.name).write_text(source, "utf-8")
    return {(e, target) for e, (_, _, wrong) in mistakes.items() for target in wrong.split()}


def test_every_function_has_mistakes_to_be_tried(opened: Class) -> None:
    assignment, _ = opened
    mistakes = MISTAKES[assignment.name]
    assert set(mistakes) == {each.id for each in assignment.spec.exercises}
    assert {e: len(each) for e, each in mistakes.items() if len(each) < 5} == {}
    for exercise in assignment.spec.exercises:
        told = {target for *_, wrong in mistakes[exercise.id] for target in wrong.split()}
        assert told == set(exercise.targets)
