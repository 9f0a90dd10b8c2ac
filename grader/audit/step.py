"""One step judged on its own: what it made of its probes, against the VJP of the forward script."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType

import msgspec
import torch

from grader.analysis import Lifetime, Upstream
from grader.assignment import Assignment
from grader.audit.probes import Probes
from grader.compare import close, squeezed
from grader.model import Diagnosis, Step
from grader.passes import JudgedPass
from grader.reference import Network
from grader.reference.vjp import CutNetwork
from grader.trace import Observed, Trace

MAX_CHOICES = 8
"""Combinations of values that are tried where one gradient was read at several moments."""
MAX_SUBSET = 5
"""Upstream gradients up to which every part of them is tried."""

Cotangents = dict[str, torch.Tensor]


class StepFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit run says about one lifetime."""

    step: Step
    value: torch.Tensor | None = None
    """What the step made of its probes."""
    expected: torch.Tensor | None = None
    """The VJP for the upstream that was read, where the step is wrong."""
    cotangents: Mapping[str, torch.Tensor] = {}
    pass_id: int = -1
    diagnosis: Diagnosis | None = None
    idle: bool = False
    """Right for zeros made of zeros that had not been filled yet: any formula gives those."""


def worst(findings: Iterable[StepFinding]) -> StepFinding:
    """In a loop the worse of the checked iterations counts; wrong, then unknown, then right."""
    order = ("wrong", "unknown", "right")
    return min(findings, key=lambda finding: order.index(finding.step))


class StepJudge:
    """Judges the steps of one audit run."""

    def __init__(
        self,
        assignment: Assignment,
        code: CodeType,
        lifetimes: Sequence[Lifetime],
        probes: Probes,
        seen: Trace,
        passes: Mapping[int, JudgedPass],
    ) -> None:
        self.assignment = assignment
        self.code = code
        self.lifetimes = lifetimes
        self.probes = probes
        self.seen = seen
        self.passes = passes
        self._named = probes.blob()
        self._occurrence = {
            (each.lifetime, each.pass_id): each.occurrence
            for each in reversed(seen.observed)
            if not each.end and each.lifetime is not None
        }
        self._settled = {
            (each.lifetime, each.pass_id): each.order
            for each in reversed(seen.observed)
            if not each.end
        }
        self._cut: dict[tuple[int, frozenset[str]], CutNetwork] = {}

    def judge(self, life: Lifetime, observed: Observed) -> StepFinding:
        """Judge what a lifetime settled at in the audit run.

        `wrong` only where it matches the VJP for none of: the upstream read, a part of it,
        the direct consumers, no upstream at all.
        """
        judged = self.passes.get(observed.pass_id)
        network = judged.network if judged else None
        if observed.numbers is None or not isinstance(network, Network) or judged is None:
            return StepFinding(step="unknown")
        value = observed.numbers
        choices, complete, empty = self._cotangents(life, network, observed.pass_id)
        for cotangents in self._candidates(life, choices, network, observed.pass_id):
            if self._matches(life.target, value, cotangents, observed.pass_id):
                idle = empty and not value.any()
                return StepFinding(step="right", value=value, pass_id=observed.pass_id, idle=idle)
        followed = complete and not life.hidden and not life.opaque and len(choices) == 1
        if not followed or judged.differs is not None:
            return StepFinding(step="unknown", value=value, pass_id=observed.pass_id)
        return StepFinding(
            step="wrong",
            value=value,
            expected=self.expected(life.target, choices[0], observed.pass_id),
            cotangents=choices[0],
            pass_id=observed.pass_id,
        )

    def expected(self, target: str, cotangents: Cotangents, pass_id: int) -> torch.Tensor:
        """The vector-Jacobian product of a step; zeros where nothing has influence."""
        return self._cut_for(target, cotangents, pass_id).expected(target, cotangents)

    def paths(self, target: str, cotangents: Cotangents, pass_id: int) -> dict[str, torch.Tensor]:
        """What each cut, and the loss itself, contributes to the gradient of `target`."""
        return self._cut_for(target, cotangents, pass_id).paths(target, cotangents)

    def _cut_for(self, target: str, cotangents: Cotangents, pass_id: int) -> CutNetwork:
        forward, loss = self.assignment.forward, self.assignment.spec.loss
        cuts = frozenset(cotangents)
        if cuts == forward.consumers(target) - {loss}:
            # One step only: the network cut everywhere serves all targets alike.
            cuts = frozenset(forward.tensors) - {loss}
        return self._network(pass_id, cuts)

    def _network(self, pass_id: int, cuts: frozenset[str]) -> CutNetwork:
        key = (pass_id, cuts)
        if key not in self._cut:
            network = self.passes[pass_id].network
            assert isinstance(network, Network)
            self._cut[key] = CutNetwork(
                self.code,
                network.leaves(),
                self.assignment.parameters,
                cuts,
                self.assignment.spec.loss,
            )
        return self._cut[key]

    def _matches(
        self, target: str, value: torch.Tensor, cotangents: Cotangents, pass_id: int
    ) -> bool:
        expected = self.expected(target, cotangents, pass_id)
        if squeezed(list(value.shape)) != squeezed(list(expected.shape)):
            return False
        value = value.reshape(expected.shape).double()
        allowed = self.assignment.spec.tolerance.step * expected.double().abs().max()
        if bool(((value - expected.double()).abs() <= allowed).all()):
            return True
        # Without upstream the gradient itself is meant, and its zeros are noise.
        return not cotangents and bool(close(value, expected, self.assignment.spec.tolerance).all())

    def _cotangents(
        self, life: Lifetime, network: Network, pass_id: int
    ) -> tuple[list[Cotangents], bool, bool]:
        """The cotangents that a lifetime's statements read, whether all are known, and whether
        some were still empty.

        Several where one gradient was read at several moments with different values.
        """
        values: dict[str, list[torch.Tensor]] = {}
        complete, empty = True, False
        for up in life.upstream:
            if up.target == life.target:
                complete = complete and up.lifetime is None  # its own `.grad` is no upstream
                continue
            read = self._read(up, pass_id)
            wanted = network.tensors.get(up.target, network.inputs.get(up.target))
            if read is None or wanted is None or not _fits(read, wanted):
                complete = False
                continue
            if not read.any() and self._lively(up, network, pass_id):
                if self._filled(up, pass_id):
                    complete = False  # and emptied in place: what comes of it tells nothing
                    continue
                empty = True
            read = read.reshape(wanted.shape).to(wanted.dtype)
            known = values.setdefault(up.target, [])
            if not any(torch.equal(read, other) for other in known):
                known.append(read)
        names = sorted(values)
        products = itertools.product(*(values[name] for name in names))
        combinations = [
            dict(zip(names, product, strict=True))
            for product in itertools.islice(products, MAX_CHOICES)
        ]
        return combinations, complete, empty

    def _read(self, up: Upstream, pass_id: int) -> torch.Tensor | None:
        """The value as the statement read it."""
        key = (up.read, up.name, pass_id)
        if (value := self.seen.reads.get(key)) is not None:
            return value
        if (name := self.seen.probes_read.get(key)) is not None:
            return self._named.get(name)
        if up.lifetime is not None:
            return self._probe(up.lifetime, pass_id)
        return self.probes.of_orphan.get(up.name)

    def _lively(self, up: Upstream, network: Network, pass_id: int) -> bool:
        """Whether what a statement reads under this name should not be all zeros."""
        given = None if up.lifetime is None else self._probe(up.lifetime, pass_id)
        meant = network.gradients.get(up.target) if given is None else given
        return meant is not None and bool(meant.any())

    def _filled(self, up: Upstream, pass_id: int) -> bool:
        """Whether a gradient had been computed when a statement read it."""
        settled = self._settled.get((up.lifetime, pass_id))
        read = self.seen.read_at.get((up.read, up.name, pass_id))
        return up.lifetime is None or read is None or (settled is not None and settled < read)

    def _probe(self, lifetime: int, pass_id: int) -> torch.Tensor | None:
        """The probe that stood for a gradient during a pass."""
        probes = self.probes.of_lifetime.get(lifetime)
        if probes is None:
            return None
        occurrence = self._occurrence.get((lifetime, pass_id), 0)
        return probes[occurrence] if occurrence < len(probes) else None

    def _candidates(
        self,
        life: Lifetime,
        choices: Iterable[Cotangents],
        network: Network,
        pass_id: int,
    ) -> Iterator[Cotangents]:
        for choice in choices:
            yield choice
            if 1 < len(choice) <= MAX_SUBSET:
                for size in range(len(choice) - 1, 0, -1):
                    for names in itertools.combinations(choice, size):
                        yield {name: choice[name] for name in names}
        if (direct := self.consumers(life, network, pass_id)) is not None:
            yield direct
        yield {}

    def consumers(self, life: Lifetime, network: Network, pass_id: int) -> Cotangents | None:
        """Probes of the target's direct consumers, the latest before it; None if one lacks."""
        found: Cotangents = {}
        for name in self.assignment.forward.consumers(life.target):
            if name == self.assignment.spec.loss:
                continue
            earlier = [
                other.id
                for other in self.lifetimes
                if other.target == name and other.id in self.probes.of_lifetime
            ]
            near = [number for number in earlier if number < life.id] or earlier
            if not near:
                return None
            probe = self._probe(near[-1], pass_id)
            if probe is None or not _fits(probe, network.tensors[name]):
                return None  # it was drawn for a pass of another size
            found[name] = probe.reshape(network.tensors[name].shape)
        return found or None


def _fits(value: torch.Tensor, wanted: torch.Tensor) -> bool:
    return squeezed(list(value.shape)) == squeezed(list(wanted.shape))
