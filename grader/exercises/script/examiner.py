"""Attempts of a script: each lifetime's values against the reference at their own forward pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.analysis import Lifetime
from grader.analysis.study import Study
from grader.assignment import Tolerance
from grader.cleanroom.inspection import Inspection
from grader.marking.attempt import Attempt
from grader.marking.comparison import SEVERITY, compare
from grader.marking.forward_pass import JudgedPass
from grader.marking.observation import Observed, Trace
from grader.marking.step import StepFinding
from grader.records.comparison import Comparison
from grader.records.scorecard import Line
from grader.reference import Network

NO_FORWARD = "the forward pass of this loop was not found"
UNPASSED = "no forward pass was seen before it"
CHANGED_LATER = "right when it was computed, and changed in place later through another name"


class Examiner:
    """Compares what a run showed with the reference."""

    def __init__(
        self,
        study: Study,
        inspection: Inspection,
        passes: dict[int, JudgedPass],
        tolerance: Tolerance,
    ) -> None:
        self.study = study
        self.program = study.program
        self.recogniser = study.recogniser
        self.inspection = inspection
        self.passes = passes
        self.tolerance = tolerance

    def attempts(self, trace: Trace) -> list[Attempt]:
        """All attempts of a run, in the order in which they were last seen."""
        groups: defaultdict[tuple[int, str], list[Observed]] = defaultdict(list)
        for seen in trace.observed:
            if seen.lifetime is not None and 0 <= seen.lifetime < len(self.program.lifetimes):
                groups[seen.lifetime, ""].append(seen)
            elif seen.target is not None and seen.value.kind != "none":
                groups[-1, seen.name].append(seen)
        judged = (self._attempt(key, group) for key, group in groups.items())
        return sorted((a for a in judged if a is not None), key=lambda attempt: attempt.order)

    def _attempt(self, key: tuple[int, str], group: list[Observed]) -> Attempt | None:
        life = self.program.lifetimes[key[0]] if key[0] >= 0 else None
        last = group[-1]
        target = self.inspection.targets.get(life.id) if life else last.target
        if target is None:
            return None
        found = self._judge(target, group)
        if found is None:
            return None
        if life is not None and self._passless(life, group):
            found = (_unjudged(last, NO_FORWARD), None, False)
        comparison, note, late = found
        return Attempt(
            target=target,
            name=life.text if life else last.name,
            key=life.id if life else None,
            exercise=life.exercise if life else self._exercise(last, target),
            order=last.order,
            comparison=comparison,
            changed=note == CHANGED_LATER,
            late=late,
            finding=self._finding(life, late=late),
            slipped=life is not None and self.inspection.has_slip(life),
            note=note,
            lines=self._lines(life, last.cell),
            in_loop=life is not None and life.loop is not None,
        )

    def _finding(self, life: Lifetime | None, *, late: bool) -> StepFinding:
        """What the clean room says of a lifetime, if what it computed is what counts."""
        if life is None:
            return StepFinding(step="unknown", why="no line in sight writes it")
        found = self.inspection.findings.get(life.id)
        if late:
            return StepFinding(step="unknown", why="it was written by something out of sight")
        return found or StepFinding(step="unknown", why="it cannot be followed")

    def unvalued(self, attempts: Sequence[Attempt]) -> Iterator[Attempt]:
        """Steps that never gave a value because a statement raised, judged all the same."""
        if not any(isinstance(judged.network, Network) for judged in self.passes.values()):
            return  # another network than the assignment's: its steps say nothing of ours
        valued = {attempt.key for attempt in attempts}
        for life in self.program.lifetimes:
            target = self.inspection.targets.get(life.id)
            if life.id in valued or target is None or not self.inspection.raised(life):
                continue
            yield Attempt(
                target=target,
                name=life.text,
                key=life.id,
                exercise=life.exercise,
                order=-1,
                comparison=Comparison(
                    verdict="missing",
                    expected_shape=[],
                    note="its line was never reached, or raised an error",
                ),
                finding=self._finding(life, late=False),
                lines=self.study.lines(life),
                in_loop=life.loop is not None,
            )

    def _lines(self, life: Lifetime | None, cell: int) -> list[Line]:
        """The lines that made a value, or the cell in which one without a visible statement
        appeared.
        """
        if life is not None:
            return self.study.lines(life)
        if cell < 0 or self.study.notebook.module:
            return []
        return [Line(cell=cell, line=1, text="(appeared while this cell ran)")]

    def _passless(self, life: Lifetime, group: Sequence[Observed]) -> bool:
        """Whether a training loop goes on without a forward pass that anybody saw, and its lines
        cannot be followed either: no value of another pass is evidence of anything.
        """
        settled = [each.pass_id for each in group if not each.end]
        known = self.inspection.findings.get(life.id)
        unknown = known is None or known.step == "unknown"
        return life.loop is not None and unknown and len(settled) > 1 and len(set(settled)) == 1

    def _exercise(self, seen: Observed, target: str) -> str | None:
        exercise = self.recogniser.exercise_in(seen.cell, target)
        return exercise.id if exercise else None

    def _judge(
        self, target: str, group: list[Observed]
    ) -> tuple[Comparison, str | None, bool] | None:
        """The worst of the checked iterations; in each, the better of settled and ended.

        Also a note, and whether the value came only after the last visible write.
        """
        results = [
            result
            for settled, ends in _moments(group)
            if (result := self._moment(target, settled, ends)) is not None
        ]
        return max(results, key=lambda result: SEVERITY[result[0].verdict], default=None)

    def _moment(
        self, target: str, settled: Observed | None, ends: list[Observed]
    ) -> tuple[Comparison, str | None, bool] | None:
        first = self._compare(target, settled)
        last = self._compare(target, ends[-1]) if ends else None
        if first is None or first.verdict == "missing":
            return (last, None, settled is not None) if last is not None else None
        if last is None:
            return first, None, False
        if first.right:
            return first, None if last.right else CHANGED_LATER, False
        return (last, None, True) if last.right else (first, None, True)

    def _compare(self, target: str, seen: Observed | None) -> Comparison | None:
        if seen is None:
            return None
        judged = self.passes.get(seen.pass_id)
        network = judged.network if judged else None
        if not isinstance(network, Network) or target not in network.gradients:
            reason = judged.reason if judged else seen.value.note or UNPASSED
            return _unjudged(seen, reason)
        return compare(seen.value, seen.numbers, network.gradients[target], self.tolerance)


def _unjudged(seen: Observed, reason: str | None) -> Comparison:
    return Comparison(
        verdict="unjudged",
        shape=seen.value.shape,
        expected_shape=[],
        dtype=seen.value.dtype,
        note=reason,
    )


def _moments(group: Sequence[Observed]) -> Iterator[tuple[Observed | None, list[Observed]]]:
    """Each settled value with the values seen after it, up to the next settled one.

    What was seen before the first settling is a value half-way and counts only where
    nothing settled.
    """
    settled = [i for i, seen in enumerate(group) if not seen.end]
    if not settled:
        yield None, list(group)
        return
    for start, stop in zip(settled, [*settled[1:], len(group)], strict=True):
        yield group[start], list(group[start + 1 : stop])
