"""What a kernel has run, as a run of the grader's would have shown it: of now, and of what is
remembered of earlier cells. What neither has is `gone`, and only its step can be judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Place
from grader.analysis.study import Study
from grader.cleanroom.again import Again
from grader.cleanroom.networks import Networks
from grader.cleanroom.room import CleanRoom
from grader.marking.observation import Observed, Pass, Trace
from grader.protocol import RunRequest, Value
from grader.reference import Oracle
from grader.student.memory import KernelMemory
from grader.student.moment import Moment, observed

MAX_MOMENTS = 8
"""Earlier times that are looked at."""
GONE = "its value is gone: its name, the parameters or the batch have changed since"


class KernelRun:
    """One look at a kernel, and at what is remembered of it."""

    def __init__(
        self,
        names: Mapping[str, object],
        study: Study,
        request: RunRequest,
        memory: KernelMemory | None = None,
    ) -> None:
        self._study = study
        self._request = request
        self._memory = memory
        slicer = study.slicer
        end = Place(slicer.module, len(slicer.module.statements))
        self._now = Moment(0, names, study, request, end)
        self.moved: str | None = None
        """Why the variables of now tell nothing."""

    def trace(self, oracle: Oracle, networks: Networks, room: CleanRoom) -> Trace:
        """What a run would have shown."""
        passes: dict[int, Pass] = {}
        seen: list[Observed] = []
        left = [
            life for life in self._study.program.lifetimes if life.id in self._study.definitions
        ]
        order = {life.id: number for number, life in enumerate(left)}
        for moment in self._moments(left):
            trace = _trace({moment.number: moment.seen}, ())
            again = Again(oracle.assignment, oracle, networks, self._study, trace, room)
            mine = [life for life in left if self._there(life, moment, again)]
            if not mine and moment is not self._now:
                continue
            moment.tell(again, mine)
            passes[moment.number] = moment.seen
            for life in mine:
                found = list(moment.observed(order[life.id], life))
                seen += found
                left = [each for each in left if not found or each is not life]
        self.moved = self._now.moved
        seen += [self._gone(order[life.id], life) for life in left if self._now.knows(life.name)]
        written = {life.name for life in self._study.program.lifetimes}
        seen += self._now.unwritten(len(order), written)
        return _trace(passes, sorted(seen, key=lambda each: each.order))

    def _gone(self, order: int, life: Lifetime) -> Observed:
        gone = Value(kind="other", note=self.moved or GONE)
        return observed(order, gone, None, name=life.name, lifetime=life.id, number=-1)

    def _moments(self, left: Sequence[Lifetime]) -> Iterator[Moment]:
        """Now, and the times after earlier cells, the last first."""
        yield self._now
        cells = {life.writes[-1].cell for life in left}
        looked = 0
        for cell in sorted(cells, reverse=True):
            held = self._memory.after(cell) if self._memory is not None else None
            if held is None or looked == MAX_MOMENTS:
                continue
            looked += 1
            place = self._study.slicer.end_of_cell(cell)
            yield Moment(cell, held, self._study, self._request, place)

    def _there(self, life: Lifetime, moment: Moment, again: Again) -> bool:
        """Whether the network of a gradient is the one of a moment."""
        definition = self._study.definitions[life.id]
        return all(map(moment.holds, again.begins_with(definition) or {definition}))


def _trace(passes: dict[int, Pass], seen: Sequence[Observed]) -> Trace:
    return Trace(passes=passes, observed=list(seen), cells=[], outputs={}, notes=[], integrity=[])
