"""Whether the autograd engine made a right value: asked where its step is not right.

`copied` takes evidence: two audits with the same probes whose engines err differently disagree.
What is not copied has to come out again, bit for bit, in a replay: the notebook from the top in
a new process, where nothing differs from the ordinary run but the engine. A value that does
not is no fault that could be proven, and is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from grader.analysis import Lifetime
from grader.assignment import Tolerance
from grader.attempt import Attempt
from grader.audit.audit_run import AuditRun
from grader.audit.step import StepFinding
from grader.compare import close, squeezed
from grader.reference import Network
from grader.trace import Observed, Trace

Key = int | str
"""A lifetime, or the variable of a value without one."""


def key_of(attempt: Attempt) -> Key:
    """By which runs know what an attempt is about."""
    return attempt.lifetime.id if attempt.lifetime else attempt.name


def suspects(attempts: Iterable[Attempt], steps: Mapping[int, StepFinding]) -> list[Attempt]:
    """Attempts with a right value that no right step accounts for."""
    return [attempt for attempt in attempts if _suspect(attempt, steps)]


def _suspect(attempt: Attempt, steps: Mapping[int, StepFinding]) -> bool:
    if not attempt.comparison.right:
        return False
    if attempt.lifetime is None or attempt.late:
        return True
    finding = steps.get(attempt.lifetime.id)
    return finding is None or finding.step != "right"


def copied(attempt: Attempt, first: AuditRun, second: AuditRun) -> bool:
    """Whether two audits show that the engine made a value: inputs and upstream are equal in
    both, and it is not.
    """
    mine, other = first.value(key_of(attempt)), second.value(key_of(attempt))
    if attempt.late:
        mine, other = first.ended(key_of(attempt)), second.ended(key_of(attempt))
    if mine is None or other is None or not same_inputs(mine, other, first.seen, second.seen):
        return False
    if attempt.lifetime and not _same_reads(attempt.lifetime, first.seen, second.seen):
        return False
    return not same(mine.numbers, other.numbers)


def unproven(attempt: Attempt, ordinary: Trace, replay: Trace) -> str | None:
    """Why a value is not shown to be the student's own; None where it came out again."""
    mine, again = _all(key_of(attempt), ordinary), _all(key_of(attempt), replay)
    if len(mine) != len(again):
        return "it was not there when the notebook ran again"
    for one, two in zip(mine, again, strict=True):
        if not same_inputs(one, two, ordinary, replay):
            return "the network had other inputs when the notebook ran again"
        if not _alike(one, two):
            return "it came out otherwise when autograd gave other numbers"
    return None


def unmoved(
    lives: Iterable[Lifetime], ordinary: Trace, run: AuditRun, tolerance: Tolerance
) -> set[int]:
    """Those lifetimes that settled at the same bits although every parameter moved, and the right
    answer with them.
    """
    before = {
        each.lifetime: each.numbers
        for each in reversed(ordinary.observed)
        if not each.end and each.occurrence == 0
    }
    found = set()
    for life in lives:
        now = run.value(life.id)
        if now is None or now.numbers is None:
            continue
        judged, then = run.passes.get(now.pass_id), before.get(life.id)
        if judged is None or not isinstance(judged.network, Network) or then is None:
            continue
        expected = judged.network.gradients[life.target]
        if squeezed(list(then.shape)) != squeezed(list(expected.shape)):
            continue
        stayed = then.shape == now.numbers.shape and torch.equal(then, now.numbers)
        if stayed and not close(then.reshape(expected.shape), expected, tolerance).all():
            found.add(life.id)
    return found


def same(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    """Whether two values agree bit by bit; what cannot be compared shows no difference."""
    return a is None or b is None or a.shape != b.shape or torch.equal(a, b)


def same_inputs(a: Observed, b: Observed, first: Trace, second: Trace) -> bool:
    """Whether two values were computed from the same leaves."""
    one, two = first.passes.get(a.pass_id), second.passes.get(b.pass_id)
    if one is None or two is None or one.inputs.keys() != two.inputs.keys():
        return False
    return all(torch.equal(value, two.inputs[name]) for name, value in one.inputs.items())


def _alike(a: Observed, b: Observed) -> bool:
    if (a.occurrence, a.end, a.value.kind) != (b.occurrence, b.end, b.value.kind):
        return False
    if a.numbers is None or b.numbers is None:
        return a.numbers is b.numbers
    if (a.numbers.dtype, a.numbers.shape) != (b.numbers.dtype, b.numbers.shape):
        return False
    return torch.allclose(a.numbers, b.numbers, rtol=0.0, atol=0.0, equal_nan=True)


def _all(key: Key, trace: Trace) -> list[Observed]:
    if isinstance(key, int):
        return [each for each in trace.observed if each.lifetime == key]
    return [each for each in trace.observed if each.lifetime is None and each.name == key]


def _same_reads(life: Lifetime, first: Trace, second: Trace) -> bool:
    """Whether a step read the same in both audits, its own `.grad` apart."""
    for up in life.upstream:
        if up.target == life.target:
            continue
        for key in first.reads.keys() | second.reads.keys():
            if key[:2] != (up.read, up.name):
                continue
            a, b = first.reads.get(key), second.reads.get(key)
            if a is None or b is None or not torch.equal(a, b):
                return False
    return True
