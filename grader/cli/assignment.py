"""`grader assignment check`: an assignment tried before a class is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import nbformat

from grader.assignment import Assignment, check_environment, find_assignment, load_assignment
from grader.assignment.places import solution_of, solution_places
from grader.errors import AssignmentError, UsageError
from grader.execution.session import GradingSession
from grader.records.scorecard import Scorecard, TargetScore
from grader.submission import Submission


def check(name: str, *, solution: Path | None, run: bool) -> int:
    """Exit status of the command; prints each fault with its place and its cure.

    run: also mark the solution, which must be full, and the starter, which must be empty.
    """
    if Path(name).is_dir() and not (Path(name) / "assignment.toml").is_file():
        raise UsageError(f"{name} holds no assignment.toml: `grader new` writes one")
    assignment = load_assignment(find_assignment(name))
    check_environment(assignment)
    from grader.reference.examination import ForwardExamination

    scripts = assignment.of_kind("script")
    examination = ForwardExamination(scripts)
    faults = list(map(str, examination.faults)) if assignment.scripted else []
    remarks = examination.remarks if assignment.scripted and not faults else []
    if run and not faults:
        try:
            marked = Marked(assignment, solution)
        except AssignmentError as error:
            faults = [str(error)]
        else:
            faults, remarks = marked.faults, [*remarks, *marked.remarks]
    for fault in faults:
        click.echo(fault)
    for remark in remarks:
        click.echo(f"  note: {remark}")
    if faults:
        click.echo(
            f"{assignment.name}: {_count(len(faults), 'fault')}, nothing can be graded by it"
        )
        return 2
    exercises = assignment.spec.exercises
    gradients = sum(len(exercise.targets) for exercise in exercises)
    click.echo(
        f"{assignment.name}: all right: {_count(len(exercises), 'exercise')}, "
        f"{_count(gradients, 'gradient')}, {assignment.max_score:g} points"
    )
    return 0


class Marked:
    """The solution and the starter, graded as a student's."""

    def __init__(self, assignment: Assignment, solution: Path | None) -> None:
        self.faults: list[str] = []
        self.remarks: list[str] = []
        folder, starter = assignment.folder, assignment.spec.starter
        solution = solution or solution_of(folder)
        # The instructor's own code: it is run here in any case.
        with GradingSession(assignment, required=False) as session:
            if solution is None:
                where = next(solution_places(folder))
                self.remarks.append(f"no solution to try: write it to {where}")
            else:
                card = _card(solution, session)
                rows = [row for exercise in card.exercises for row in exercise.targets]
                if rows and all(row.verdict == "missing" for row in rows):
                    self.remarks.append(f"{solution} holds no answers yet: it was not tried")
                else:
                    self.faults += _not_full(solution, card)
            if starter is None or not (folder / starter).exists():
                target = folder / "starter.ipynb"
                self.remarks.append(f"no starter to try: grader starter SOLUTION {target}")
            else:
                self.faults += _not_empty(folder / starter, session)


def _not_full(path: Path, card: Scorecard) -> Iterator[str]:
    cure = "a student who writes this would lose it, too: mend the solution, or forward.py"
    for exercise in card.exercises:
        for row in exercise.targets:
            if row.score < row.max_score or row.basis != "value":
                points = f"{row.score:g} of {row.max_score:g}"
                yield f"{path}: {exercise.id}: {row.name} earns {points}: {_why(row)}: {cure}"


def _why(row: TargetScore) -> str:
    if row.diagnosis is not None:
        return row.diagnosis.why.rstrip(".")
    if row.unproven is not None:
        return f"its lines cannot be followed ({row.unproven})"
    return f"{row.verdict}{': ' if row.note else ''}{row.note or ''}, its step is {row.step}"


def _not_empty(path: Path, session: GradingSession) -> Iterator[str]:
    card = _card(path, session)
    for exercise in card.exercises:
        given = [row.name for row in exercise.targets if row.score]
        if given:
            yield (
                f"{path}: {exercise.id}: {', '.join(given)} earn points as it is handed out: take "
                "their lines out of the starter: grader starter SOLUTION STARTER"
            )
    for cell in card.cells:
        if cell.status == "error" and not _forward_waits(cell.error):
            yield (
                f"{path}: cell {cell.index}: {cell.error}: students begin with this: mend it, or "
                "name the data that it reads under `data`"
            )


def _forward_waits(error: str | None) -> bool:
    """Names that are missing because the answers are."""
    return "NameError" in (error or "") and "name 'd" in (error or "")


def _card(path: Path, session: GradingSession) -> Scorecard:
    files = [path] if path.is_file() else _files(path)
    for each in files:
        if each.suffix == ".ipynb":
            _read(each)
    submission = Submission(
        id=path.stem,
        candidates=tuple(files),
        origin=str(path),
        origins=tuple(map(str, files)),
        places=tuple(f.relative_to(path).as_posix() if f != path else f.name for f in files),
    )
    return session.grade(submission).card


def _files(folder: Path) -> list[Path]:
    """Notebooks before modules, as they are handed in."""
    found = [path for kind in ("*.ipynb", "*.py") for path in sorted(folder.rglob(kind))]
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def _read(path: Path) -> None:
    try:
        nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, json.JSONDecodeError, nbformat.ValidationError) as error:
        text = str(error).splitlines()[0][:200]
        raise AssignmentError(f"{path}: is no notebook: {text}: save it anew in Jupyter") from error


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
