"""Fresh random networks: forward.py at leaves that no submission has ever seen, with cotangents.

The leaves have the student's shapes and types, and are drawn from the digest of the submission
and the assignment: the same submission always gets the same networks and the same scorecard, and
none can hold the answers for its own, as any change of it changes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec
import torch

from grader.assignment import Assignment, Exercise, Input
from grader.cleanroom.memory import give_back
from grader.reference import Network, Oracle
from grader.reference.script import ForwardRun
from grader.reference.variants import Variant, Variants
from grader.reference.vjp import CutNetwork

DRAWS = 2
"""Networks on which a step has to be right."""
NO_SCALE = 1e-3
"""RMS of cotangents in an exercise whose true gradients are all zero."""
MAX_KEPT = 32
MAX_ELEMENTS = 4_000_000
"""Of all networks that are kept, without what was cut of them."""
MAX_AT_REST = 500_000
"""Of a network that keeps its graph while others are looked at."""
MAX_STEPS = 8
"""Of a loop whose tensors are told apart."""
MAX_VARIED = 200_000
"""Elements of a network that is run again and again with one line changed."""


class Draw:
    """One fresh network, and what steps of it should give."""

    def __init__(
        self, oracle: Oracle, leaves: Mapping[str, torch.Tensor], network: Network, seed: int
    ) -> None:
        self.leaves = leaves
        self.network = network
        self._oracle = oracle
        self._seed = seed
        self._cotangents: dict[str, torch.Tensor] = {}
        self._cut: dict[frozenset[str], CutNetwork] = {}
        self.scale = _scale(network, oracle.assignment.targets)

    @property
    def elements(self) -> int:
        """Of all forward tensors."""
        return sum(each.numel() for each in self.network.tensors.values())

    def rest(self, *, done: bool = False) -> None:
        """Let go of what is made again when it is asked for: large networks are many times as
        large with all that was cut of them. done: all steps are judged.
        """
        if self.elements > MAX_AT_REST:
            self._cut.clear()
            for made in ("_run", "_single_steps") if done else ("_run",):
                vars(self).pop(made, None)
            give_back()

    def cotangent(self, target: str) -> torch.Tensor:
        """A random gradient of `target`, in its shape, with the zeros of the true one.

        Exact zeros are structure that students rightly use: only `[range(n), Yb]` of dlogprobs.
        A gradient that is zero everywhere is no structure, and gets a fully random one.
        """
        if target not in self._cotangents:
            gradient = self.network.gradients[target]
            number = list(self.network.gradients).index(target)  # whoever is asked for first
            generator = torch.Generator().manual_seed(self._seed + number)
            noise = torch.randn(gradient.shape, generator=generator) * self.scale
            if bool(gradient.any()):
                noise = torch.where(gradient != 0, noise, torch.zeros(()))
            self._cotangents[target] = noise.to(gradient.dtype)
        return self._cotangents[target]

    def expected(
        self, target: str, given: Mapping[str, torch.Tensor], silent: Iterable[str] = ()
    ) -> torch.Tensor:
        """The gradient of `target` where those in `given` are as they are, by autograd.

        silent: tensors that pass nothing on.
        """
        cuts = frozenset(given) | frozenset(silent)
        if not cuts:
            return self.network.gradients[target]
        single = cuts == given.keys() and cuts == self._direct(target)
        if single and all(value is self._cotangents.get(name) for name, value in given.items()):
            return self._single_steps[target]
        return self.cut(target, cuts).expected(target, given)

    @cached_property
    def _single_steps(self) -> dict[str, torch.Tensor]:
        """Every gradient, one step away from the cotangents of all others."""
        names = self.network.gradients.keys()
        given = {name: self.cotangent(name) for name in self._everywhere & names}
        targets = [*given, *self._oracle.assignment.parameters]
        return self._cut_at(self._everywhere).all_expected(targets, given)

    def _direct(self, target: str) -> frozenset[str]:
        """What reads a tensor, the loss left out."""
        assignment = self._oracle.assignment
        return assignment.forward.consumers(target) - {assignment.spec.loss}

    @property
    def _everywhere(self) -> frozenset[str]:
        assignment = self._oracle.assignment
        return frozenset(assignment.forward.tensors) - {assignment.spec.loss}

    def paths(self, target: str, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """What each of `given`, and the loss itself, contributes to it."""
        return self.cut(target, frozenset(given)).paths(target, given)

    def others(self, target: str, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """What other tensors of a target's shape get for the same cotangents, those left out that
        are made from it; of names that a loop binds again and again, one for each time.
        """
        shape = self.network.gradients[target].shape
        names = {name for name, value in self._run.scope.versions.items() if len(value) < MAX_STEPS}
        several = [
            f"{name}[{number}]"
            for name in sorted(names)
            if self._run.repeated(name)
            for number in range(len(self._run.scope.versions[name]))
        ]
        beyond = self._between(target, given) | given.keys()
        single = [name for name in self.network.gradients if name not in beyond]
        taken = {self._run.edge(name) for name in beyond if self._run.has(name)}
        return {
            name: self.cut(name, frozenset(given)).expected(name, given)
            for name in [*single, *several]
            if self._run.has(name)
            and self._run.tensor(name).shape == shape
            and self._run.edge(name) not in taken
        }

    def variants(self, target: str, given: Mapping[str, torch.Tensor]) -> Iterator[Variant]:
        """What a target would get from networks that differ in one line."""
        elements = sum(tensor.numel() for tensor in self.network.tensors.values())
        if elements > MAX_VARIED:
            return
        between = self._between(target, given)
        loss = self._oracle.assignment.spec.loss
        yield from self._variants.of(target, given, loss, between)

    def _between(self, target: str, given: Mapping[str, torch.Tensor]) -> set[str]:
        """A target, and what lies on its way to where these cotangents flow in."""
        between, pending = {target}, [target]
        while pending:
            more = self._oracle.assignment.forward.consumers(pending.pop()) - between
            between |= more
            pending += more - given.keys()
        return between

    @cached_property
    def _variants(self) -> Variants:
        assignment = self._oracle.assignment
        return Variants(assignment.forward, self.network.leaves(), assignment.parameters)

    def cut(self, target: str, cuts: frozenset[str]) -> CutNetwork:
        """Forward.py cut there; one that is cut everywhere serves all single steps."""
        single = bool(cuts) and cuts == self._direct(target)
        return self._cut_at(self._everywhere if single else cuts)

    @cached_property
    def _run(self) -> ForwardRun:
        return self._oracle.run(self.network.leaves())

    def _cut_at(self, cuts: frozenset[str]) -> CutNetwork:
        if cuts not in self._cut:
            self._cut[cuts] = CutNetwork(self._run, cuts, self._oracle.assignment.spec.loss)
        return self._cut[cuts]


class Networks:
    """Fresh networks of one submission."""

    def __init__(self, oracle: Oracle, sha256: str) -> None:
        """sha256: of the submission's file."""
        self._oracle = oracle
        digest = hashlib.sha256(f"{oracle.assignment.digest} {sha256}".encode())
        self._secret = int.from_bytes(digest.digest()[:7], "big")
        self._known: dict[object, list[Draw]] = {}
        self.kept: frozenset[str] = frozenset()
        """Parameters that are as they are: the student's network does without them."""

    def draws(self, inputs: Mapping[str, torch.Tensor]) -> list[Draw]:
        """Networks of the shapes of a student's inputs; none where forward.py does not run."""
        key = tuple(
            (name, str(value.dtype), tuple(value.shape), self._bound(name, value))
            for name, value in sorted(inputs.items())
        )
        if key not in self._known:
            made = (self._draw(inputs, number) for number in range(DRAWS))
            self._known[key] = [draw for draw in made if draw is not None]
            self._forget(key)
        found = self._known[key]
        return found if len(found) == DRAWS else []

    def _forget(self, newest: object) -> None:
        """Drop the oldest where there are too many, or they are too large together."""
        sizes = {key: sum(draw.elements for draw in draws) for key, draws in self._known.items()}
        while len(sizes) > MAX_KEPT or sum(sizes.values()) > MAX_ELEMENTS:
            oldest = next(iter(sizes))
            if oldest == newest:
                return
            del sizes[oldest], self._known[oldest]

    def _bound(self, name: str, value: torch.Tensor) -> object:
        """What is drawn below for an index, and a constant's value, or that of data."""
        leaf = self._spec(name)
        if leaf.kind == "constant":
            return value.item() if value.numel() == 1 else None
        if leaf.kind == "data":
            return value.numpy().tobytes()
        if leaf.kind == "parameter" or not value.numel():
            return name in self.kept and float(value.flatten()[0])
        return _range(value, leaf)

    def _draw(self, inputs: Mapping[str, torch.Tensor], number: int) -> Draw | None:
        generator = torch.Generator().manual_seed(self._secret + number)
        for resampled in (False, True):
            leaves = {
                name: self._fresh(name, value, generator, resampled=resampled)
                for name, value in sorted(inputs.items())
            }
            network = self._oracle.network(leaves)
            if isinstance(network, Network):
                return Draw(self._oracle, leaves, network, self._secret + 1000 + number)
        return None

    def _fresh(
        self, name: str, value: torch.Tensor, generator: torch.Generator, *, resampled: bool
    ) -> torch.Tensor:
        leaf = self._spec(name)
        if leaf.kind == "parameter" and name not in self.kept:
            drawn = torch.randn(value.shape, generator=generator) * leaf.scale + leaf.mean
            return drawn.to(value.dtype)
        # Data may have a form of which lines rightly make use: rows that sum up to one, a mask.
        if leaf.kind in {"constant", "data"} or name in self.kept or not value.numel():
            return value
        if resampled:
            picked = torch.randint(0, value.numel(), value.shape, generator=generator)
            return value.flatten()[picked]
        low, high = _range(value, leaf)
        if _selects(value):
            drawn = torch.randperm(high - low, generator=generator)[: len(value)] + low
            return drawn.sort().values.to(value.dtype)
        return torch.randint(low, high, value.shape, generator=generator).to(value.dtype)

    def _spec(self, name: str) -> Input:
        return self._oracle.assignment.spec.inputs[name]


def _selects(value: torch.Tensor) -> bool:
    """Whether an index picks rows, each once: nobody's labels are in ascending order by chance, and
    lines that write to such rows rightly take them for different ones.
    """
    return value.dim() == 1 and len(value) > 2 and bool((value[1:] > value[:-1]).all())


def _range(value: torch.Tensor, leaf: Input) -> tuple[int, int]:
    """From where to where an index is drawn: the assignment's range, or the student's."""
    return min(int(value.min()), leaf.low), max(int(value.max()) + 1, leaf.high)


def stray(assignment: Assignment, name: str, value: torch.Tensor, seed: int) -> torch.Tensor:
    """A fresh value for an input that belongs to no network at hand: an older pass's batch."""
    generator = torch.Generator().manual_seed(seed)
    if value.is_floating_point():
        leaf = assignment.spec.inputs[name]
        return (torch.randn(value.shape, generator=generator) * leaf.scale + leaf.mean).to(
            value.dtype
        )
    if not value.numel():
        return value
    return value.flatten()[torch.randint(0, value.numel(), value.shape, generator=generator)]


def _scale(network: Network, targets: Iterable[str]) -> float:
    """Median RMS of true gradients: one scale for all, so that no step's fault hides behind a
    cotangent that is nearly zero.
    """
    found = sorted(
        float(gradient.double().square().mean().sqrt())
        for name in targets
        if (gradient := network.gradients.get(name)) is not None and gradient.numel()
    )
    return (found[len(found) // 2] if found else 0.0) or NO_SCALE


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Upstream gradients of one draw in the student's own shapes, and in forward.py's."""

    theirs: dict[str, torch.Tensor]
    ours: dict[str, torch.Tensor]


def boundary(exercise: Exercise) -> frozenset[str]:
    """Result gradients of an exercise: its targets, and what it is given to start from."""
    given = (name for names in exercise.upstream.values() for name in names)
    return frozenset(exercise.targets) | frozenset(given)
