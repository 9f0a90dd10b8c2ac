"""One audit run, decoded and held against the reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from grader.passes import JudgedPass
from grader.trace import Observed, Trace


class AuditRun(msgspec.Struct, kw_only=True):
    """What a run with probes showed, and its forward passes judged."""

    seen: Trace
    passes: Mapping[int, JudgedPass]

    def settled(self) -> dict[int, list[Observed]]:
        """Lifetime → what it settled at, the first time and in a loop the second."""
        found: dict[int, list[Observed]] = {}
        for each in self.seen.observed:
            if each.lifetime is not None and not each.end:
                found.setdefault(each.lifetime, []).append(each)
        return found

    def value(self, key: int | str) -> Observed | None:
        """What a lifetime settled at first, or a variable without one was last seen with."""
        if isinstance(key, int):
            return next(iter(self.settled().get(key, ())), None)
        appeared = (each for each in self.seen.observed if each.lifetime is None)
        return self._last(each for each in appeared if each.name == key)

    def ended(self, key: int | str) -> Observed | None:
        """What a lifetime was changed to after it had settled, the last time."""
        return self._last(each for each in self.seen.observed if each.lifetime == key)

    @staticmethod
    def _last(observed: Iterable[Observed]) -> Observed | None:
        last = None
        for each in observed:
            if each.end:
                last = each
        return last

    @property
    def differs(self) -> bool:
        """Whether a forward pass disagreed with the forward script."""
        return any(judged.differs is not None for judged in self.passes.values())
