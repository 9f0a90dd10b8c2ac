"""What each gradient should be, given the gradients that flow into it as they are now.

A kernel shows values and no statements, so what a step read is not known: it is taken to be the
nearest gradients that are there, and then what an exercise says of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec
import torch

from grader.diagnosis import Context, diagnose
from grader.marking.comparison import greatest, squeezed
from grader.records.scorecard import Diagnosis
from grader.reference import Network
from grader.reference.script import ForwardRun
from grader.reference.vjp import CutNetwork
from grader.student.assignments import Known

Upstream = frozenset[str]
VAGUE = frozenset({"unexplained"})
FAINT = 1e-4
"""Of the greatest element of a gradient: a part that is smaller is rounding."""


class NamespaceSteps:
    """The steps of one network, with the student's gradients as cotangents."""

    def __init__(
        self, known: Known, network: Network, gradients: Mapping[str, torch.Tensor]
    ) -> None:
        """gradients: forward tensor → the student's gradient of it; those of other shapes or
        with numbers that are not finite are no cotangents.
        """
        self._known = known
        self._network = network
        self._forward = known.assignment.forward
        self._loss = known.assignment.spec.loss
        self._gradients = dict(_cotangents(network, gradients))
        self._cut: dict[Upstream, CutNetwork] = {}

    def upstreams(self, target: str) -> list[Upstream]:
        """What `target` may have been computed from, the likeliest first."""
        declared = [
            frozenset(exercise.upstream[target])
            for exercise in self._known.assignment.spec.exercises
            if target in exercise.upstream
        ]
        present = [each for each in declared if each <= self._gradients.keys()]
        return list(dict.fromkeys([frozenset(self._nearest(target)), *present]))

    def followed(self, target: str, value: torch.Tensor) -> Upstream | None:
        """The upstream from which `value` follows rightly; None where there is no such."""
        for upstream in self.upstreams(target):
            expected = self._expected(target, upstream)
            if upstream and self._matches(value, expected):
                return upstream
        return None

    def reason(self, target: str, value: torch.Tensor) -> Diagnosis | None:
        """Why a wrong value is wrong: the first explanation that says more than that it is."""
        vague = None
        for upstream in self.upstreams(target):
            context = self._context(target, value, upstream)
            found = diagnose(context)
            if _telling(found, context):
                return found
            vague = vague or found
        return self._elsewhere(target, value) or vague

    def _elsewhere(self, target: str, value: torch.Tensor) -> Diagnosis | None:
        """The gradient of another tensor that the value was made from, if that explains it."""
        upstream = self.upstreams(target)[0]
        context = self._context(target, value, upstream)
        if squeezed(list(value.shape)) != squeezed(list(context.expected.shape)):
            return None
        everything = {name: each for name, each in self._gradients.items() if name != target}
        found = diagnose(msgspec.structs.replace(context, cotangents=everything))
        return found if found.code == "wrong_upstream" else None

    def _context(self, target: str, value: torch.Tensor, upstream: Upstream) -> Context:
        network = self._network
        read = self._read(upstream)
        return Context(
            target=target,
            student=value,
            expected=self._expected(target, upstream),
            cotangents=read,
            paths=self._cut_at(target, upstream).paths(target, read),
            consumers=self._unread(target, read),
            tensors=network.inputs | network.tensors,
            accumulates=False,  # not known
            index={n: t for n, t in network.inputs.items() if not t.is_floating_point()},
        )

    def _unread(self, target: str, read: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """What each direct consumer that was not read would have passed on."""
        upstream = frozenset(read)
        direct = self._forward.consumers(target) - {self._loss} - upstream
        onward = {name: self._expected(name, upstream) for name in direct}
        # All cut at once: a consumer may itself be computed from another one.
        everything = dict(read) | onward
        shares = self._cut_at(target, frozenset(everything)).paths(target, everything)
        return {name: shares[name] for name in onward if name in shares}

    def _nearest(self, target: str) -> Iterator[str]:
        """The first gradients that are there on each way from `target` to the loss."""
        for consumer in sorted(self._forward.consumers(target) - {self._loss}):
            if consumer in self._gradients:
                yield consumer
            else:
                yield from self._nearest(consumer)

    def _expected(self, target: str, upstream: Upstream) -> torch.Tensor:
        return self._cut_at(target, upstream).expected(target, self._read(upstream))

    def _read(self, upstream: Upstream) -> dict[str, torch.Tensor]:
        return {name: self._gradients[name] for name in sorted(upstream)}

    @cached_property
    def _run(self) -> ForwardRun:
        return self._known.oracle.run(self._network.leaves())

    def _cut_at(self, target: str, upstream: Upstream) -> CutNetwork:
        """The network cut there; one that is cut everywhere serves all single steps alike."""
        if upstream == self._forward.consumers(target) - {self._loss}:
            upstream = frozenset(self._forward.tensors) - {self._loss}
        if upstream not in self._cut:
            self._cut[upstream] = CutNetwork(self._run, upstream, self._loss)
        return self._cut[upstream]

    def _matches(self, value: torch.Tensor, expected: torch.Tensor) -> bool:
        if squeezed(list(value.shape)) != squeezed(list(expected.shape)):
            return False
        off = greatest(value.double().reshape(expected.shape) - expected.double())
        return off <= self._known.assignment.spec.tolerance.step * greatest(expected.double())


def _telling(found: Diagnosis, context: Context) -> bool:
    """Whether a diagnosis explains something.

    What comes along a path that carries next to nothing explains no mistake that is seen: such
    a match is an accident.
    """
    share = context.paths.get(str(found.evidence.get("path")))
    faint = share is not None and greatest(share) <= FAINT * greatest(context.expected)
    return found.code not in VAGUE and not faint


def _cotangents(
    network: Network, gradients: Mapping[str, torch.Tensor]
) -> Iterator[tuple[str, torch.Tensor]]:
    for name, value in gradients.items():
        tensor = network.tensors.get(name)
        if tensor is None or squeezed(list(value.shape)) != squeezed(list(tensor.shape)):
            continue
        if bool(torch.isfinite(value.double()).all()):
            yield name, value.reshape(tensor.shape).to(tensor.dtype)
