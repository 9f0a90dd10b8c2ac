"""Every gradient of one submission through the clean room: which target it is, and is its step
right and derived.

Each module here asks one question more than the one below it: `stage` (on which networks),
`forward_lines` (do the forward lines agree), `naming` (which gradient is it), `bindings` (what
does a step start from), `steps` (is it right).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress

from msgspec.structs import replace

from grader.analysis.effort import TooIntricateError
from grader.analysis.lifetime import Lifetime
from grader.analysis.statements import viewed
from grader.cleanroom.memory import outline
from grader.cleanroom.steps import Steps
from grader.cleanroom.wiring import Wiring
from grader.marking.forward_pass import JudgedPass, judge_pass
from grader.marking.step import StepFinding
from grader.reference import Unjudgeable


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
        self._drop_repeated()
        self._steps()
        for draws in self._drawn.values():
            for draw in draws:
                draw.rest(done=True)

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
        wanted: defaultdict[int, set[str | None]] = defaultdict(set)
        for each in self.seen.observed:
            wanted[each.pass_id] |= {
                each.target,
                self.targets.get(-1 if each.lifetime is None else each.lifetime),
            }
        judged = {}
        for number, during in self.seen.passes.items():
            inputs = self.wirings.inputs(wirings.get(number, ()), during)
            judged[number] = _reduced(judge_pass(self.oracle, during, inputs), wanted[number])
        return judged

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


def _reduced(judged: JudgedPass, wanted: Collection[str | None]) -> JudgedPass:
    """Without the numbers that nothing is compared with: of a notebook's many passes most have
    few gradients, and each has a network.
    """
    network = judged.network
    if isinstance(network, Unjudgeable):
        return judged
    gradients = {
        name: value if name in wanted else outline(value)
        for name, value in network.gradients.items()
    }
    return replace(judged, network=replace(network, tensors={}, gradients=gradients))
