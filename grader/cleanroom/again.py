"""Values of the ordinary run, computed once more by their lines from what it begins with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import torch

from grader.analysis.slicer import Definition
from grader.cleanroom.fresh_networks import FreshNetworks
from grader.cleanroom.room import SILENT, Computed, Question


class Again(FreshNetworks):
    """The lines of a run whose values are gone, at leaves that are still there."""

    def compute(
        self, wanted: Sequence[Definition], leaves: Collection[Definition]
    ) -> dict[Definition, Computed]:
        """What lines give from these leaves; a reason where they read another one, or anything
        that cannot be followed. The leaves hold what the trace's only pass has.
        """
        self._values()
        bound = dict(self._held(leaves))
        known = [each for each in wanted if self.begins_with(each) <= set(leaves)]
        answers = self.room.ask([Question("as it ran", bound, known)]) if known else [{}]
        return {each: answers[0].get(each, SILENT) for each in wanted}

    def begins_with(self, definition: Definition) -> set[Definition]:
        """The leaves on which a value rests."""
        found = self.formulas.leaves(definition).values()
        return {leaf for leaves in found for leaf in leaves}

    def _held(self, leaves: Iterable[Definition]) -> Iterable[tuple[Definition, torch.Tensor]]:
        (during,) = self.seen.passes.values()
        for leaf in leaves:
            value = self.wirings.value(leaf, during)
            if value is not None:
                yield leaf, value
