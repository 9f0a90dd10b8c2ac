"""One step, right or changed, tried on random cotangents: what it makes of them is its meaning."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

import msgspec
import torch

from grader.analysis.text import Text, names_in
from grader.errors import AssignmentError
from grader.proof.mutant import MutantTally
from grader.proof.scope import Scope, value_reads
from grader.proof.stage import Stage, compiled, quiet, same_elements
from grader.proof.steps import SolutionStep
from grader.proof.vjp import Tensors

JITTER = 0.1
SAME, DIFFERENT = 2e-5, 1e-3
"""Of the greatest element: below the first two results agree, above the second they do not."""
Relation = Literal["same", "reshaped", "different", "borderline"]


class Evaluated(msgspec.Struct, frozen=True):
    """What some source for a step gave."""

    value: torch.Tensor | None
    """None where the source raised, or left no tensor."""
    changed: frozenset[str] = frozenset()
    """Gradients from above that it changed in place."""


class Bench:
    """A step with the forward pass and the cotangents to try it on.

    Two sets of cotangents: full ones, and such as are zero where the true gradient is. A
    formula may rely on the zeros, so a mutant must differ on both.
    """

    def __init__(self, stage: Stage, step: SolutionStep) -> None:
        self.stage, self.step = stage, step
        self.names = stage.before_step[step.exercise, step.name]
        self.leaves = stage.forward.leaves(self.names, jitter=JITTER)
        fresh = self.leaves | stage.forward.tensors(self.leaves)
        self.state = self.names | {name: fresh[name] for name in fresh if name in self.names}
        self.gradients = stage.forward.gradients(self.leaves)
        self.cotangents = self._cotangents()
        self._expected: dict[tuple[int, frozenset[str]], torch.Tensor] = {}
        self.right = [self.evaluate(step.sources, kind) for kind in range(2)]
        self.reads = self.reads_of(step.sources)
        if (
            self.right[0].value is None
            or self.relation(step.sources) != "same"
            or not self.fits_forward(step.sources)
        ):
            raise AssignmentError(f"the solution's own step d{step.target} is not right")

    def _cotangents(self) -> list[Tensors]:
        generator = torch.Generator().manual_seed(11)
        scale = float(
            torch.stack([g.square().mean().sqrt() for g in self.gradients.values()]).median()
        )
        full, sparse = {}, {}
        for name, true in self.gradients.items():
            full[name] = torch.randn(true.shape, generator=generator) * scale
            zero_by_accident = float(true.abs().max()) < 1e-6
            sparse[name] = full[name] * (1 if zero_by_accident else (true != 0))
        return [full, sparse]

    @cached_property
    def scope(self) -> Scope:
        """What a changed statement may refer to."""
        assignment, exercise = self.stage.solution.assignment, self.step.exercise
        before = self.stage.solution.of_exercise(exercise)
        before = before[: before.index(self.step)]
        known = {earlier.name for earlier in before} | {
            name for source in self.step.sources for name in names_in(ast.parse(source))
        }
        canonical = assignment.gradient_names
        tensors = [*assignment.parameters, *self._forward_tensors()]
        return Scope(
            name=self.step.name,
            target=self.step.target,
            floats={x: tuple(self.state[x].shape) for x in tensors if x in self.state},
            gradients={
                x: tuple(self.gradients[canonical[x][1:]].shape)
                for x in self.names
                if x in canonical and x in known and x != self.step.name
            },
            indices=frozenset(_of_kind(assignment.spec.inputs, "index") & self.names.keys()),
            scalars=frozenset(_of_kind(assignment.spec.inputs, "constant") & self.names.keys()),
        )

    def _forward_tensors(self) -> list[str]:
        """Those that this exercise computes itself, if it does, for others are out of date."""
        solution = self.stage.solution
        tensors = [
            name for name in solution.assignment.forward.tensors if name != self.stage.forward.loss
        ]
        stored = {
            node.id
            for cell in self.stage.cells[self.step.exercise]
            for node in ast.walk(ast.parse(solution.sources[cell]))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        return [name for name in tensors if name in stored] or tensors

    def evaluate(
        self,
        sources: Iterable[str],
        kind: int,
        shapes: Mapping[str, torch.Size] | None = None,
    ) -> Evaluated:
        """Run some source for the step on one of the two sets of cotangents.

        shapes: of gradients that come in another shape than the tensor's.
        """
        source = "\n".join(sources)
        canonical = self.stage.solution.assignment.gradient_names
        names = dict(self.state)
        used = {
            name: canonical[name][1:] for name in names_in(ast.parse(source)) & canonical.keys()
        }
        used.pop(self.step.name, None)
        for name, target in used.items():
            cotangent = self.cotangents[kind][target].clone()
            names[name] = cotangent.reshape((shapes or {}).get(name, cotangent.shape))
        if ".grad" in source:
            self._with_grad(names, kind)
        try:
            with torch.no_grad(), quiet():
                exec(compiled(source), names)  # noqa: S102
        except Exception:  # noqa: BLE001 - a mutant may fail in any way
            return Evaluated(None)
        value = names.get(self.step.name)
        changed = {
            target
            for name, target in used.items()
            if name in self.scope.gradients
            and not torch.equal(names[name].reshape(-1), self.cotangents[kind][target].reshape(-1))
        }
        return Evaluated(value if isinstance(value, torch.Tensor) else None, frozenset(changed))

    def _with_grad(self, names: dict[str, object], kind: int) -> None:
        """Let `x.grad` be the cotangent of x too."""
        for name, cotangent in self.cotangents[kind].items():
            tensor = names.get(name)
            if isinstance(tensor, torch.Tensor) and tensor.shape == cotangent.shape:
                names[name] = tensor.detach().clone()
                names[name].grad = cotangent.clone()  # type: ignore[attr-defined]

    def relation(
        self, sources: Iterable[str], shapes: Mapping[str, torch.Size] | None = None
    ) -> Relation:
        """How the results of some source agree with those of the right one."""
        sources = tuple(sources)
        both = [
            compare(self.evaluate(sources, kind, shapes).value, right.value)
            for kind, right in enumerate(self.right)
        ]
        for relation in ("same", "reshaped", "borderline"):
            if relation in both:
                return relation
        return "different"

    def reads_of(self, sources: Iterable[str]) -> frozenset[str]:
        """Tensors whose gradients some source reads."""
        canonical = self.stage.solution.assignment.gradient_names
        found = {read.id for source in sources for read in value_reads(Text(source))}
        return frozenset(
            canonical[name][1:] for name in found & canonical.keys() - {self.step.name}
        )

    def fits_forward(self, sources: Iterable[str]) -> bool:
        """Whether the result is right for what is read, if not for what should have been.

        Asked of the forward script cut at what is read, at all direct consumers, nowhere.
        """
        sources = tuple(sources)
        consumers = self.stage.solution.assignment.forward.consumers(self.step.target)
        cuts = {
            self.reads_of(sources),
            frozenset(consumers - {self.stage.forward.loss}),
            frozenset[str](),
        }
        return any(
            compare(self.evaluate(sources, kind).value, self.expected(kind, cut)) == "same"
            for kind in range(2)
            for cut in cuts
        )

    def expected(self, kind: int, cut: frozenset[str]) -> torch.Tensor:
        """The right gradient, given those of the tensors in `cut`."""
        key = (kind, cut)
        if key not in self._expected:
            given = {name: self.cotangents[kind][name] for name in cut - {self.step.target}}
            self._expected[key] = self.stage.forward.vjp(self.leaves, self.step.target, given)
        return self._expected[key]


def benches(stage: Stage, steps: Iterable[SolutionStep], tally: MutantTally) -> Iterator[Bench]:
    """The steps that can be tried alone: not one of several that a loop makes, nor one that is made
    with temporaries of its own. That the solution is right is shown by grading it.
    """
    for step in steps:
        try:
            yield Bench(stage, step)
        except (AssignmentError, KeyError):
            tally.alone[f"{step.exercise} {step.name}"] += 1


def compare(value: torch.Tensor | None, expected: torch.Tensor | None) -> Relation:
    """How near two results are, relative to the greatest element expected."""
    assert expected is not None
    if value is None or not same_elements(value.shape, expected.shape):
        return "different"
    if value.dtype.is_complex or not bool(torch.isfinite(value).all()):
        return "different"
    expected = expected.double()  # a mask of truth values has no magnitude
    difference = (value.detach().double().reshape(expected.shape) - expected).abs().max()
    off = float(difference) / max(float(expected.abs().max()), 1e-30)
    if off > DIFFERENT:
        return "different"
    if off > SAME:
        return "borderline"
    return "same" if value.shape == expected.shape else "reshaped"


def _of_kind(inputs: Mapping[str, object], kind: str) -> set[str]:
    return {name for name, leaf in inputs.items() if getattr(leaf, "kind", None) == kind}
