"""A whole trial: make, grade, compare, add up."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec

from grader.assignment import Assignment, find_assignment, load_assignment
from grader.assignment.places import solution_of, solution_places
from grader.errors import UsageError
from grader.execution.batch import grade_all
from grader.execution.session import GradingSession
from grader.proof.figures import Summary, summary, table
from grader.proof.mutant import Mutant, MutantTally
from grader.proof.selection import everything, sampled
from grader.proof.trial import Verdict, verdict
from grader.reference.examination import examined
from grader.report import Reports
from grader.submission import Submission

LINES = 600
"""Lines of a data file with which mutants are run."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What came out, and every mutant with which something is not as it should be."""

    summary: Summary
    failures: list[Verdict]
    equivalent: int
    """Changes that turned out to change nothing, and are not counted."""

    def text(self) -> str:
        """The figures as a table for people."""
        rows = table(self.summary)
        lines = [f"{name:34}{figure:>22}   {goal}".rstrip() for name, figure, goal in rows]
        lines += ["", "diagnosis: expected → given"]
        for code, given in self.summary.confusion.items():
            lines.append(f"  {code:18} " + ", ".join(f"{c} {n}" for c, n in given.items()))
        if self.summary.habits:
            lines += ["", "habits in honest notebooks that suffered"]
        for habit, share in self.summary.habits.items():
            lines.append(f"  {habit:18} {share}")
        lines += ["", f"failures: {len(self.failures)}"]
        for failure in self.failures[:40]:
            lines.append(_failure(failure))
        return "\n".join(lines)


def prove(
    name: str,
    solution: Path | None,
    workspace: Path,
    *,
    jobs: int,
    every: int = 1,
    sample: bool = False,
) -> Proof:
    """Grade each `every`-th notebook that is made of an assignment's solution, or a sample."""
    folder = find_assignment(name)
    path = solution or solution_of(folder)
    if path is None:
        where = next(solution_places(folder))
        raise UsageError(
            f"mutants are made of a solution, and {name} has none: write it to {where}"
        )
    assignment = examined(load_assignment(shortened(folder, workspace / "assignment")))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    _check_tags(notebook, assignment, path)
    tally = MutantTally()
    made = everything(notebook, assignment, tally)
    made = sampled(made) if sample else made[::every]
    reports = Reports(workspace / "reports")
    with GradingSession(assignment, reports=reports) as session:
        submissions = [_written(mutant, workspace / "notebooks") for mutant in made]
        cards = [marked.card for marked in grade_all(session, submissions, jobs=jobs)]
    verdicts = [verdict(mutant, card) for mutant, card in zip(made, cards, strict=True)]
    return Proof(
        summary=summary(verdicts),
        failures=[each for each in verdicts if _fails(each)],
        equivalent=sum(tally.equivalent.values()),
    )


def _check_tags(notebook: dict[str, Any], assignment: Assignment, path: Path) -> None:
    """Mutants are made of the cells that are an exercise's by their tag."""
    tags = {tag for cell in notebook["cells"] for tag in cell["metadata"].get("tags", ())}
    missing = [each.id for each in assignment.spec.exercises if each.id not in tags]
    if missing:
        raise UsageError(
            f"{path}: no cell has the tag {missing[0]}: tag the answer cells of each exercise "
            "with its id, so that mutants can be made of them"
        )


def shortened(folder: Path, copy: Path) -> Path:
    """A copy of the assignment with the first lines of its data files alone: it is the marks
    that are tried here, and every mutant builds its data set anew.
    """
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("examples", "*.ipynb"))
    for path in load_assignment(copy).data:
        with contextlib.suppress(UnicodeDecodeError):
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(lines[:LINES]), encoding="utf-8")
    return copy


def _written(mutant: Mutant, folder: Path) -> Submission:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{mutant.id}.ipynb"
    path.write_text(json.dumps(mutant.notebook, ensure_ascii=False), encoding="utf-8")
    return Submission(id=mutant.id, candidates=(path,), origin=path.name)


def _fails(each: Verdict) -> bool:
    answers = (each.value, each.localised, each.diagnosed, each.caught)
    wrong = each.marked_down or each.unnoted or (each.family != "copy" and each.missed)
    if each.family in {"burdened", "temporary"}:
        wrong = wrong or each.free
    if each.family == "honest":
        wrong = wrong or each.notes
    return bool(wrong) or any(answer is False for answer in answers)


def _failure(each: Verdict) -> str:
    lists = {
        "called wrong": each.called,
        "lost points": each.lost,
        "called right": each.missed if each.family != "copy" else [],
        "free": each.free if each.family in {"burdened", "temporary"} else [],
        "notes": each.notes if each.family == "honest" else [],
        "copied without a note": each.unnoted,
    }
    said = [f"{what}: {', '.join(names)}" for what, names in lists.items() if names]
    if each.value is False:
        said.append("value verdict is not as known")
    if each.localised is False:
        said.append("not localised")
    if each.caught is False:
        said.append("copied and not caught")
    if each.diagnosed is False:
        said.append(f"{each.code} for {' or '.join(each.expected_codes)}")
    return f"  {each.id}: {'; '.join(said)}"
