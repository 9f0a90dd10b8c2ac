"""The bundled assignments of scripts, in the real sandbox: solutions and right rewrites of them keep
all their points, no mistake is called right, and what goes wrong in their fields is named.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Grade

from grader.assignment import Assignment, load_assignment
from grader.records.scorecard import Scorecard, TargetScore

NAMES = ("micro_mlp", "attention", "convolution", "recurrent", "embedding_skipgram")
ASSIGNMENTS = {name: load_assignment(ROOT / "assignments" / name) for name in NAMES}
VARIANTS = {
    name: tomllib.loads((Path(__file__).parent / "variants" / f"{name}.toml").read_text("utf-8"))
    for name in NAMES
}
NAMED = 0.8
"""Share of mistakes whose reason has to be named, in each assignment."""
VAGUE = {"unexplained", "some_elements"}
"""Where several gradients are wrong by one mistake, one of them may not be explained."""


def solution(name: str) -> dict[str, Any]:
    path = ROOT / "solutions" / name / "solution.ipynb"
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return notebook


def edited(name: str, edits: list[list[str]]) -> bytes:
    """The solution with each old text replaced in the first cell that has it, once."""
    notebook = solution(name)
    for old, new in edits:
        cells = [cell for cell in notebook["cells"] if old in "".join(cell["source"])]
        source = "".join(cells[0]["source"])
        assert source.count(old) == 1, old
        cells[0]["source"] = source.replace(old, new)
    return json.dumps(notebook).encode()


def variants(kind: str) -> list[Any]:
    """Every third, or all: `GRADER_EVERY=1 pytest …`, some minutes."""
    every = int(os.environ.get("GRADER_EVERY", "3"))
    return [
        pytest.param(name, variant, id=f"{name}-{variant.get('name', number)}")
        for name in NAMES
        for number, variant in enumerate(VARIANTS[name][kind])
        if number % every == 0
    ]


def targets(card: Scorecard) -> list[tuple[str, TargetScore]]:
    return [(each.id, target) for each in card.exercises for target in each.targets]


def honest(card: Scorecard) -> None:
    """Full points, every step followed and right, and nobody is told anything."""
    assert [(e, t.name, t.verdict) for e, t in targets(card) if t.step != "right"] == []
    assert card.score == card.max_score
    assert (card.integrity, card.notes) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_has_all_points_and_no_note(grade: Grade, name: str) -> None:
    path = ROOT / "solutions" / name / "solution.ipynb"
    honest(grade(content=path.read_bytes(), by=ASSIGNMENTS[name]))


@pytest.mark.parametrize("name", NAMES)
def test_the_starter_runs_as_it_is_and_earns_nothing(grade: Grade, name: str) -> None:
    content = (ROOT / "assignments" / name / "starter.ipynb").read_bytes()
    card = grade(content=content, by=ASSIGNMENTS[name])
    assert {target.verdict for _, target in targets(card)} == {"missing"}
    assert [cell.error for cell in card.cells if cell.error] == []
    assert (card.score, card.integrity, card.notes) == (0, [], [])


@pytest.mark.parametrize(("name", "variant"), variants("rewrite"))
def test_a_right_rewrite_keeps_all_points_without_a_note(
    grade: Grade, name: str, variant: dict[str, Any]
) -> None:
    honest(grade(content=edited(name, variant["edits"]), by=ASSIGNMENTS[name]))


@pytest.mark.parametrize(("name", "variant"), variants("mutant"))
def test_a_mistake_is_found_in_its_own_step_and_named(
    grade: Grade, name: str, variant: dict[str, Any]
) -> None:
    card = grade(content=edited(name, variant["edits"]), by=ASSIGNMENTS[name])
    first: Assignment = ASSIGNMENTS[name]
    where = variant.get("exercise", home(first, variant["wrong"]))
    mistaken = [(e, t) for e, t in targets(card) if e == where and t.of in variant["wrong"]]
    assert len(mistaken) == len(variant["wrong"])
    for _, target in mistaken:
        assert target.step in {"wrong", "unknown"}, target.name
        assert target.score < target.max_score, target.name
    others = [t.name for e, t in targets(card) if t.step == "wrong" and (e, t) not in mistaken]
    assert others == []
    if codes := variant.get("codes"):
        given = {t.diagnosis.code for _, t in mistaken if t.diagnosis}
        assert given & set(codes)
        assert given <= {*codes, *VAGUE}


@pytest.mark.parametrize("name", NAMES)
def test_mistakes_of_the_field_are_named(name: str) -> None:
    """Each that has codes is held against them above."""
    mutants = VARIANTS[name]["mutant"]
    assert len(mutants) >= 20
    assert len(VARIANTS[name]["rewrite"]) >= 20
    assert sum(bool(mutant.get("codes")) for mutant in mutants) >= NAMED * len(mutants)


EXPECTED = {
    name: tomllib.loads((ROOT / "assignments" / name / "examples" / "expected.toml").read_text())
    for name in NAMES
}


@pytest.mark.parametrize(
    ("name", "student"), [(name, student) for name in NAMES for student in EXPECTED[name]]
)
def test_an_example_is_given_what_it_is_to_be_given(grade: Grade, name: str, student: str) -> None:
    (path,) = (ROOT / "assignments" / name / "examples").glob(f"{student}.*")
    card = grade(content=path.read_bytes(), name=path.name, by=ASSIGNMENTS[name])
    expected = EXPECTED[name][student]
    for exercise, target in targets(card):
        said = expected.get(exercise, {})
        wanted = said if isinstance(said, str) else said.get(target.of)
        code = target.diagnosis.code if target.diagnosis else target.verdict
        given = None if target.score == target.max_score else code
        assert given == wanted, f"{exercise} {target.name}"
    assert (card.integrity, card.notes) == ([], [])


def test_every_example_is_expected_and_described() -> None:
    for name in NAMES:
        folder = ROOT / "assignments" / name / "examples"
        files = {path.name for path in folder.iterdir()} - {"README.md", "expected.toml"}
        assert {Path(each).stem for each in files} == set(EXPECTED[name])
        assert len(files) >= 6
        assert all(f"`{each}`" in (folder / "README.md").read_text("utf-8") for each in files)


def home(assignment: Assignment, wrong: list[str]) -> str:
    """The first exercise that asks for these gradients."""
    return next(e.id for e in assignment.spec.exercises if set(wrong) <= set(e.targets))
