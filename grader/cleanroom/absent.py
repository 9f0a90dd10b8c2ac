"""Networks that do without a parameter of the assignment's, as the forward lines tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.analysis.lifetime import Lifetime
from grader.cleanroom.fresh_networks import MAX_WITNESSES, FreshNetworks
from grader.cleanroom.without import MAX_ABSENT


class Absent(FreshNetworks):
    """Where a network cannot be made for want of parameters, tries it without them."""

    def _wire(self) -> None:
        super()._wire()
        for lives in self._groups().values():
            missing = self._wanting(lives[0])
            if missing and self._does_without(missing, lives):
                return

    def _wanting(self, life: Lifetime) -> list[str]:
        """Parameters that no variable of the student's stands for."""
        if self.draws_of(life):
            return []
        known = self.wirings.inputs(self.wiring[life.id], self._pass(life))
        missing = [name for name in self.assignment.parameters if name not in known]
        return missing if len(missing) <= MAX_ABSENT else []  # else it is the names that differ

    def _does_without(self, missing: Sequence[str], lives: Sequence[Lifetime]) -> bool:
        for way in self.wirings.without.ways(missing):
            self._take(way)
            super()._wire()
            if any(self._bears_out(way, life) for life in lives):
                return True
        self._take({})
        super()._wire()
        return False

    def _take(self, way: Mapping[str, float]) -> None:
        self.wirings.without.neutral = dict(way)
        self.networks.kept = frozenset(way)
        self._drawn.clear()

    def _bears_out(self, way: Mapping[str, float], life: Lifetime) -> bool:
        """Whether forward.py without these parameters is the student's network, and one in which
        no more gradients vanish than in the assignment's: with zeros for a matrix of weights
        all are zero that lie behind it.
        """
        if not self.draws_of(life) or not self._zeros(life) <= self._always_zero:
            return False
        wiring, place = self.wiring[life.id], self.wirings.place(life)
        found = self.wirings.witnesses(sorted(way), wiring, place)
        witnesses = list(found)[-MAX_WITNESSES:]  # the first ones, before any other slip
        return bool(witnesses) and self._guess([], life, witnesses)
