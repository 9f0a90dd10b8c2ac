"""`check()` with the cells that a kernel has run: steps as `grader check` judges them."""

from __future__ import annotations

import ast
import atexit
import secrets
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from grader.analysis.study import Study, run_request, study
from grader.cleanroom.inspection import Inspection
from grader.cleanroom.networks import Networks
from grader.cleanroom.room import CleanRoom
from grader.exercises.script.candidate import Choice
from grader.exercises.script.script import Script
from grader.marking import card
from grader.marking.attempt import Attempt
from grader.notebook import Notebook
from grader.records.scorecard import (
    Diagnosis,
    ExerciseScore,
    Isolation,
    Scorecard,
    Source,
    TargetScore,
)
from grader.reference import Oracle
from grader.sandbox import RunOutcome, Sandbox, open_sandbox
from grader.student.assignments import Known
from grader.student.kernel_run import KernelRun
from grader.student.memory import remembered
from grader.submission import Submission

HERE: Collection[str] = frozenset({"unjudged"})
"""Notes that are for whoever marks, and say nothing to a student that a row does not."""

COMPLETED = RunOutcome(
    status="completed", events=(), isolation=Isolation(backend=""), environment={}
)


def steps_card(
    known: Known, names: Mapping[str, object], history: Notebook, notebook: str
) -> Scorecard | str:
    """The card of what a kernel holds and of the lines that made it; a reason where they cannot be
    read. Nothing of the student's is run here: the clean room is a process of its own.
    """
    work = study(history, known.assignment)
    if not isinstance(work, Study):
        return f"values alone were judged: {work.reason}"
    script = _script(known.oracle)
    source = Source(path=notebook, sha256="", format="ipynb")
    request = run_request(work, known.assignment, data="")
    run = KernelRun(names, work, request, remembered())
    with CleanRoom(script.sandbox, work.formulas, request) as room:
        seen = run.trace(script.oracle, script.networks(""), room)
        answers = script.judged(Choice(source=source, study=work), work, COMPLETED, seen, room)
    submission = Submission(id=notebook, candidates=(), origin=notebook)
    found = card.graded(submission, answers, known.assignment)
    return replace(
        found,
        run="not_run",
        reason=run.moved if _nothing_judged(found) else None,
        exercises=[_as_seen(exercise) for exercise in found.exercises],
        integrity=[note for note in found.integrity if note.code not in HERE],
    )


def _nothing_judged(found: Scorecard) -> bool:
    rows = [row for exercise in found.exercises for row in exercise.targets]
    return all(row.verdict in {"unjudged", "missing"} for row in rows)


def _as_seen(exercise: ExerciseScore) -> ExerciseScore:
    rows = [_earlier(_unheld(row)) for row in exercise.targets]
    return replace(exercise, cause=None, targets=rows)


def _earlier(row: TargetScore) -> TargetScore:
    """Of several attempts the best counts, the later of equals: what stands there now is worse."""
    number, _, of = (row.attempt or "").partition(" of ")
    if number == of:
        return row
    note = f"this is attempt {row.attempt}; what the name holds now is a later one, which is worse"
    return replace(row, note=f"{row.note}; {note}" if row.note else note)


def _unheld(row: TargetScore) -> TargetScore:
    """Without its value nobody knows whether its lines are what ran: nothing is called wrong."""
    if row.verdict != "unjudged":
        return row
    step = "right" if row.step == "right" else "unknown"
    return replace(row, step=step, root_cause=None, diagnosis=None)


@lru_cache(maxsize=1)
def clean_room() -> Sandbox:
    """The clean room's own process, which is kept: it takes a second to begin."""
    sandbox = open_sandbox(required=False)
    atexit.register(sandbox.close)
    return sandbox


class KernelScript(Script):
    """Marks as ever; what was found out about the same lines before is not sought again."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._networks = super().networks(_secret())
        self._reasons: dict[object, Diagnosis | None] = {}

    def networks(self, _: str) -> Networks:
        """One secret a kernel."""
        return self._networks

    def reasons(self, inspection: Inspection, room: CleanRoom) -> Callable[[Attempt], Attempt]:
        """Reasons, each sought once: that takes some tenths of a second."""
        seek = super().reasons(inspection, room)

        def explained(attempt: Attempt) -> Attempt:
            key = _lines_of(attempt, inspection)
            if key is None:
                return seek(attempt)
            if key not in self._reasons:
                self._reasons[key] = seek(attempt).diagnosis
            return replace(attempt, diagnosis=self._reasons[key])

        return explained


def _lines_of(attempt: Attempt, inspection: Inspection) -> object:
    """All that the reason of a wrong step rests on: its lines, those of what it reads, and the
    shapes of the network. None for a step that is not wrong.
    """
    evidence = attempt.finding.evidence
    if attempt.key is None or attempt.finding.step != "wrong" or evidence is None:
        return None
    below = inspection.formulas.below(inspection.study.definitions[attempt.key])
    statements = {s.node: s.cell for each in below for s in each.formula.statements}
    lines = frozenset((cell, ast.unparse(node)) for node, cell in statements.items())
    shapes = tuple((n, tuple(t.shape)) for n, t in evidence.draws[0].network.inputs.items())
    return attempt.target, attempt.exercise, lines, shapes


@lru_cache(maxsize=4)
def _script(oracle: Oracle) -> KernelScript:
    return KernelScript(oracle.assignment, clean_room(), Path(), templates=False)


@lru_cache(maxsize=1)
def _secret() -> str:
    """What the fresh networks of this kernel are drawn from."""
    return secrets.token_hex(16)
