"""The whole trial of an assignment of functions, and its figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.assignment import find_assignment, load_assignment
from grader.assignment.places import solution_of, solution_places
from grader.errors import UsageError
from grader.execution.batch import grade_all
from grader.execution.session import GradingSession
from grader.proof.functions.trial import (
    ChangedFunction,
    FunctionTrial,
    FunctionVerdict,
    function_verdict,
)
from grader.proof.functions.truth import SourcePiece, pieces
from grader.submission import Submission, discover

SAMPLE = 36
"""Changes in the sample, from one end of all to the other."""
SHOWN = 40


class FunctionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures."""

    mutants: int
    rewrites: int
    equivalent: int
    marked_down: int
    """Of these three: with a right gradient that lost points, or was called wrong."""
    missed: int
    """Mutants with a wrong gradient that was called right, or has full points."""
    localised: int
    """Mutants of which the wrong gradients, and no others, lost points."""
    named: int
    """Mutants of which a wrong gradient has a reason: what it does to those further down is seldom
    one mistake of theirs."""
    wrong: int
    """Wrong gradients of all mutants."""
    reasons: int
    """Of these: with a reason."""
    noted: int
    """Rewrites with an integrity note."""
    unnamed: dict[str, str]
    """Kind of mistake → of how many wrong gradients no reason was found."""
    codes: dict[str, dict[str, int]]
    """Kind of mistake → reason → how often."""
    discarded: dict[str, int]

    @property
    def broken_promises(self) -> int:
        return self.marked_down + self.missed + self.noted


class FunctionProof(msgspec.Struct, frozen=True, kw_only=True):
    """What came out, and everything with which something is not as it should be."""

    summary: FunctionSummary
    failures: list[FunctionVerdict]

    def text(self) -> str:
        s = self.summary
        rows = [
            ("mutants", f"{s.mutants}", ""),
            ("correct rewrites", f"{s.rewrites}", ""),
            ("edits that change nothing", f"{s.equivalent}", ""),
            ("right answers marked wrong", f"{s.marked_down}", "0"),
            ("wrong answers called right", f"{s.missed}", "0"),
            ("rewrites with a note", f"{s.noted}", "0"),
            ("only the mutated is wrong", _share(s.localised, s.mutants), "≥ 99 %"),
            ("the mistake has a name", _share(s.named, s.mutants), "≥ 90 %"),
            ("wrong gradients with a reason", _share(s.reasons, s.wrong), ""),
        ]
        lines = [f"{name:34}{figure:>22}   {goal}".rstrip() for name, figure, goal in rows]
        lines += ["", "mistake → reason given"]
        for kind, given in s.codes.items():
            lines.append(f"  {kind:18} " + ", ".join(f"{c} {n}" for c, n in given.items()))
        lines += ["", "not graded: " + ", ".join(f"{n} {w}" for w, n in s.discarded.items())]
        lines += ["", f"failures: {len(self.failures)}"]
        return "\n".join([*lines, *map(_failure, self.failures[:SHOWN])])


def is_of_functions(name: str) -> bool:
    """Whether the exercises of an assignment, or some of them, are functions."""
    return bool(load_assignment(find_assignment(name)).functions)


def prove_functions(
    name: str,
    solution: Path | None,
    workspace: Path,
    *,
    jobs: int,
    every: int = 1,
    sample: bool = False,
) -> FunctionProof:
    """Grade each `every`-th change of an assignment's solution, or a sample."""
    folder = find_assignment(name)
    path = solution or solution_of(folder)
    if path is None:
        where = next(solution_places(folder))
        raise UsageError(
            f"mutants are made of a solution, and {name} has none: write it to {where}"
        )
    trial = FunctionTrial(load_assignment(folder), pieces(path))
    made = list(trial.made(max(1, len(trial.changes) // SAMPLE) if sample else every))
    for each in made:
        _write(each.pieces, path, workspace / "notebooks" / each.id)
    verdicts = _graded(trial, made, workspace, jobs)
    return FunctionProof(
        summary=_summary(verdicts, trial.discarded), failures=[v for v in verdicts if _fails(v)]
    )


def _graded(
    trial: FunctionTrial, made: Sequence[ChangedFunction], workspace: Path, jobs: int
) -> list[FunctionVerdict]:
    found = discover([workspace / "notebooks"], workspace / "unpacked").submissions
    handed: dict[str, Submission] = {each.id: each for each in found}
    with GradingSession(trial.assignment) as session:
        results = list(grade_all(session, [handed[each.id] for each in made], jobs=jobs))
    return [function_verdict(m, r.card) for m, r in zip(made, results, strict=True)]


def _write(made: Sequence[SourcePiece], solution: Path, folder: Path) -> None:
    """As a student hands it in."""
    notebook = json.loads(solution.read_text(encoding="utf-8")) if _is_notebook(solution) else {}
    for piece in made:
        target = folder / piece.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if piece.cell is None:
            target.write_text(piece.source, encoding="utf-8")
        else:
            notebook["cells"][piece.cell]["source"] = piece.source
            target.write_text(json.dumps(notebook), encoding="utf-8")


def _is_notebook(path: Path) -> bool:
    return path.suffix == ".ipynb"


def _summary(verdicts: Sequence[FunctionVerdict], discarded: Counter[str]) -> FunctionSummary:
    broken = [each for each in verdicts if each.family == "mutant"]
    codes: dict[str, Counter[str]] = {}
    for each in broken:
        codes.setdefault(each.kind, Counter()).update(each.codes.values())
    unnamed = {
        kind: _share(sum(len(v.unnamed) for v in broken if v.kind == kind), given.total())
        for kind, given in codes.items()
    }
    wrong = sum(len(each.codes) for each in broken)
    return FunctionSummary(
        mutants=len(broken),
        rewrites=sum(each.family == "rewrite" for each in verdicts),
        equivalent=sum(each.family == "equivalent" for each in verdicts),
        marked_down=sum(bool(each.marked_down) for each in verdicts),
        missed=sum(bool(each.missed) for each in verdicts),
        localised=sum(each.localised for each in broken),
        named=sum(len(each.unnamed) < len(each.codes) for each in broken),
        wrong=wrong,
        reasons=wrong - sum(len(each.unnamed) for each in broken),
        noted=sum(bool(each.notes) for each in verdicts if each.family == "rewrite"),
        unnamed=unnamed,
        codes={kind: dict(given.most_common()) for kind, given in codes.items()},
        discarded=dict(discarded),
    )


def _fails(each: FunctionVerdict) -> bool:
    noted = each.family == "rewrite" and each.notes
    return bool(each.marked_down or each.missed or each.unnamed or noted or not each.localised)


def _failure(each: FunctionVerdict) -> str:
    lists = {"marked wrong": each.marked_down, "called right": each.missed, "no name": each.unnamed}
    if each.family == "rewrite":
        lists["notes"] = each.notes
    said = "; ".join(f"{what}: {', '.join(names)}" for what, names in lists.items() if names)
    return f"  {each.id}: {said}: {each.note}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "–"
