"""A namespace examined: each gradient against autograd at the leaves that are there now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec
import torch

from grader.marking.comparison import compare
from grader.marking.forward_pass import judge_pass
from grader.marking.observation import Pass
from grader.protocol.gradient import gradient_name
from grader.records.comparison import Comparison
from grader.records.scorecard import Diagnosis
from grader.reference import Network
from grader.student.assignments import Known
from grader.student.namespace import Held, Namespace
from grader.student.steps import NamespaceSteps


class GradientCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one gradient."""

    target: str
    held: Held | None
    comparison: Comparison
    cause: str | None = None
    """The gradient further up from which a wrong value follows rightly, `dprobs`."""
    diagnosis: Diagnosis | None = None
    note: str | None = None


class NamespaceCheck:
    """One look at a namespace."""

    def __init__(self, known: Known, names: Mapping[str, object]) -> None:
        self.known = known
        self.namespace = Namespace(names, known.assignment)
        self._found: dict[str, GradientCheck] = {}
        inputs = self.namespace.inputs()
        during = Pass(cell=-1, inputs=inputs, tensors=self.namespace.forward())
        judged = judge_pass(known.oracle, during, inputs)
        self.network = judged.network if isinstance(judged.network, Network) else None
        self.differs = judged.differs
        """The first forward tensor that is not what the leaves give."""
        self.obstacle = judged.reason or (_outdated(judged.differs) if judged.differs else None)
        """Why nothing can be judged, in one sentence; None if it can."""

    def finding(self, target: str) -> GradientCheck:
        """The value of one d-name, looked at once."""
        if target not in self._found:
            self._found[target] = self.judge(target, self.namespace.gradient(target))
        return self._found[target]

    def judge(self, target: str, held: Held | None) -> GradientCheck:
        """A value for the gradient of `target`, wherever it comes from."""
        if held is None or held.value.kind == "none":
            missing = Comparison(verdict="missing", expected_shape=self._shape(target))
            return GradientCheck(target=target, held=held, comparison=missing)
        if self.network is None or self.obstacle is not None:
            unjudged = Comparison(
                verdict="unjudged",
                shape=held.value.shape,
                expected_shape=self._shape(target),
                dtype=held.value.dtype,
            )
            return GradientCheck(target=target, held=held, comparison=unjudged)
        tolerance = self.known.assignment.spec.tolerance
        comparison = compare(held.value, held.numbers, self.network.gradients[target], tolerance)
        if comparison.right:
            return GradientCheck(
                target=target, held=held, comparison=comparison, note=self._borrowed(target, held)
            )
        return self._explained(target, held, comparison)

    def _explained(self, target: str, held: Held, comparison: Comparison) -> GradientCheck:
        """A wrong value: what it follows from, else why it is wrong."""
        cause, diagnosis = None, None
        if held.numbers is not None and comparison.verdict != "unjudged":
            upstream = self._steps.followed(target, held.numbers)
            if upstream is not None:
                cause = self._cause(upstream)
            else:
                diagnosis = self._shared(target, held) or self._steps.reason(target, held.numbers)
        return GradientCheck(
            target=target, held=held, comparison=comparison, cause=cause, diagnosis=diagnosis
        )

    def _cause(self, upstream: frozenset[str]) -> str | None:
        """The first of these gradients that is wrong by its own fault, or what it follows from."""
        findings = (self.finding(name) for name in sorted(upstream))
        wrong = [each for each in findings if not each.comparison.right]
        own = (gradient_name(each.target) for each in wrong if each.cause is None)
        return next(own, next((each.cause for each in wrong), None))

    @cached_property
    def _steps(self) -> NamespaceSteps:
        assert self.network is not None
        held = {name: self.namespace.gradient(name) for name in self.network.tensors}
        numbers = {name: each.numbers for name, each in held.items() if each is not None}
        return NamespaceSteps(
            self.known,
            self.network,
            {name: each for name, each in numbers.items() if each is not None},
        )

    def _shape(self, target: str) -> list[int]:
        if self.network is not None:
            return list(self.network.gradients[target].shape)
        held = self.namespace.tensor(target)
        return held.value.shape or [] if held else []

    def _borrowed(self, target: str, held: Held) -> str | None:
        """Whether the value is the very memory in which autograd keeps its own answer."""
        tensor = self.namespace.tensor(target)
        if tensor is None or not isinstance(tensor.object, torch.Tensor):
            return None
        grad = grad_of(tensor.object)
        if grad is None or not _same_memory(grad, held.object):
            return None
        return (
            f"`{held.name}` is the same tensor as `{tensor.name}.grad`: "
            "a gradient that comes from autograd earns nothing"
        )

    def _shared(self, target: str, held: Held) -> Diagnosis | None:
        """A gradient that is derived later stands in the same memory: what wrote it wrote this."""
        order = self.known.assignment.forward.tensors
        earlier = order[: order.index(target)] if target in order else ()
        for name in reversed(earlier):
            other = self.namespace.gradient(name)
            if other is None or not _same_memory(other.object, held.object):
                continue
            if other.value.shape == held.value.shape:
                return Diagnosis(
                    code="alias",
                    why=f"`{other.name}` is the same tensor as `{held.name}`: a line that changes "
                    "one in place changes both.",
                    look_at="Which of the two names should still hold the old values?",
                    evidence={"through": other.name},
                )
        return None


def grad_of(tensor: torch.Tensor) -> torch.Tensor | None:
    """`tensor.grad` without torch's warning about tensors that keep none."""
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def _same_memory(one: object, other: object) -> bool:
    if type(one) is not torch.Tensor or type(other) is not torch.Tensor:
        return False
    return one.device == other.device and one.data_ptr() == other.data_ptr() != 0


def _outdated(differs: str) -> str:
    return (
        f"`{differs}` is not what the assignment's forward pass makes of the parameters and the "
        "batch that are in the notebook now: either they have changed since (a training step, a "
        "new batch), or the forward pass is another one. Run the forward pass and your "
        "gradients again, one after the other"
    )
