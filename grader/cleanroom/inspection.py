"""Every gradient of one submission through the clean room: which target it is, and is its step
right and derived.

Each module here asks one question more than the one below it: `stage` (on which networks),
`forward_lines` (do the forward lines agree), `naming` (which gradient is it), `bindings` (what
does a step start from), `steps` (is it right).
"""

from __future__ import annotations

from contextlib import suppress

from grader.analysis.effort import TooIntricateError
from grader.analysis.lifetime import Lifetime
from grader.analysis.statements import viewed
from grader.cleanroom.steps import Steps
from grader.cleanroom.wiring import Wiring
from grader.marking.forward_pass import JudgedPass, judge_pass
from grader.marking.step import StepFinding


class Inspection(Steps):
    """The clean room's work on one submission."""

    def run(self) -> None:
        """All of it: forward lines, names, exercises, steps."""
        if not self.seen.passes or not self.lives:
            self._assign_by_name()
            self._exercises()
            return
        self.room.gradients = {self.study.definitions[life.id].formula for life in self.lives}
        self._wire()
        self._compute_full()
        self._hold_forward()
        self._name()
        self._exercises()
        self._steps()

    def give_up(self) -> None:
        """Judge by values alone, and by what a line asks of autograd in plain sight."""
        self.findings.clear()
        self.inner.clear()
        self._assign_by_name()
        for life in self.lives:
            formula = self.study.definitions[life.id].formula
            with suppress(TooIntricateError, RecursionError):
                if self.formulas.asks_engine(formula) or any(
                    each.formula.autograd for each in formula.inputs()
                ):
                    self.findings[life.id] = StepFinding(step="unknown", copied=True)

    def judged_passes(self) -> dict[int, JudgedPass]:
        """Every forward pass of the ordinary run, held against forward.py at its own leaves."""
        wirings: dict[int, Wiring] = {}
        for each in self.seen.observed:
            if each.lifetime in self.wiring:
                wirings.setdefault(each.pass_id, self.wiring[each.lifetime])
        return {
            number: judge_pass(
                self.oracle, each, self.wirings.inputs(wirings.get(number, ()), each)
            )
            for number, each in self.seen.passes.items()
        }

    def has_slip(self, life: Lifetime) -> bool:
        """Whether the forward pass of a lifetime deviates somewhere."""
        return bool(self.slips.get(self.wiring.get(life.id, ())))

    def raised(self, life: Lifetime) -> bool:
        """Whether a lifetime has no value because a statement of its cell raised."""
        site = life.settle
        return site is not None and any(
            cell.index == site.cell and cell.status == "error" for cell in self.seen.cells
        )

    def changed_through(self, life: Lifetime) -> Lifetime | None:
        """A later gradient that is the same tensor, and was changed in place."""
        for other in self.lives:
            if other.id <= life.id or len(other.writes) < 2:
                continue
            first = next(self.study.definitions[other.id].formula.statements, None)
            value = first.assigns.get(other.name) if first is not None else None
            if viewed(value) == life.name:
                return other
        return None
