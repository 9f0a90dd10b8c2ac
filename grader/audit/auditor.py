"""The audit of one submission: probes in, steps judged, origins asked, reasons found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import torch

from grader import trace as traces
from grader.analysis import Lifetime, Program
from grader.assignment import Assignment
from grader.attempt import Attempt
from grader.audit.probes import AUDITED, Probes
from grader.audit.reason import reason
from grader.audit.step import StepFinding, StepJudge, worst
from grader.packing import pack
from grader.passes import JudgedPass, judge_pass
from grader.reference import Network, Oracle
from grader.sandbox import Session
from grader.trace import Observed, Trace
from grader.wire import Audit

SEED = 20_011
JITTER = 0.1
PERTURBATIONS = (0.25, 0.6)
"""Two audits disagree about whatever the engine had a hand in."""


class Findings(msgspec.Struct, kw_only=True):
    """What the audit found, by lifetime or, without one, by the student's variable."""

    steps: dict[int, StepFinding] = {}
    copied: set[int | str] = set()
    constant: set[int] = set()
    aliased: set[int] = set()
    """Lifetimes whose probe was changed in place by a statement of another name."""


class AuditRun(msgspec.Struct, kw_only=True):
    """One audit run, decoded."""

    seen: Trace
    passes: dict[int, JudgedPass]

    def settled(self) -> dict[int, list[Observed]]:
        """Lifetime → what it settled at, the first time and in a loop the second."""
        found: dict[int, list[Observed]] = {}
        for each in self.seen.observed:
            if each.lifetime is not None and not each.end:
                found.setdefault(each.lifetime, []).append(each)
        return found

    def appeared(self) -> dict[str, Observed]:
        """Variable → the last value that appeared without a visible statement."""
        return {each.name: each for each in self.seen.observed if each.lifetime is None}

    @property
    def differs(self) -> bool:
        """Whether a forward pass disagreed with the forward script."""
        return any(judged.differs is not None for judged in self.passes.values())


class Auditor:
    """Audits a submission whose ordinary run has ended."""

    def __init__(
        self, assignment: Assignment, oracle: Oracle, session: Session, *, seed: int = SEED
    ) -> None:
        self.assignment = assignment
        self.oracle = oracle
        self.session = session
        self.seed = seed

    def audit(
        self,
        program: Program,
        ordinary: Trace,
        passes: Mapping[int, JudgedPass],
        attempts: Sequence[Attempt],
    ) -> Findings:
        """Judge every step; nothing is found where the runs could not part."""
        findings = Findings()
        spec = self.assignment.spec
        names = self.assignment.gradient_names
        probes = Probes(program, ordinary, passes, spec.exercises, names, self.seed)
        tensors = pack(probes.blob() | self._example(program))
        first = self._run(tensors, PERTURBATIONS[0], JITTER)
        if first is None:
            return findings
        agreed = not any(judged.differs for judged in passes.values())
        jittered = not (first.differs and agreed)
        if not jittered:
            # What was computed from the parameters beforehand no longer fits them.
            first = self._run(tensors, PERTURBATIONS[0], 0.0) or first
        judge = StepJudge(
            self.assignment, self.oracle.code, program.lifetimes, probes, first.seen, first.passes
        )
        for number, observed in first.settled().items():
            if 0 <= number < len(program.lifetimes):
                life = program.lifetimes[number]
                finding = worst(judge.judge(life, each) for each in observed[:AUDITED])
                if not jittered and not life.upstream:
                    finding = StepFinding(step="unknown", value=finding.value)
                findings.steps[number] = finding
        findings.aliased = _aliased(first.seen, probes)
        if jittered:
            findings.constant = _constant(findings.steps, ordinary, program.lifetimes, passes)
        self._origins(findings, tensors, first, attempts, JITTER if jittered else 0.0)
        for number, finding in findings.steps.items():
            if finding.step == "wrong":
                life = program.lifetimes[number]
                found = reason(judge, life, finding, program.lifetimes)
                findings.steps[number] = msgspec.structs.replace(finding, diagnosis=found)
        return findings

    def _example(self, program: Program) -> dict[str, torch.Tensor]:
        """Other arguments for a function that is called, in the place of jitter."""
        if self.assignment.spec.entry not in program.defined and not program.functions:
            return {}
        example = self.oracle.network(self.oracle.example(seed=1))
        if not isinstance(example, Network):
            return {}
        values = example.inputs | example.tensors
        return {f"example/{name}": value.clone() for name, value in values.items()}

    def _run(self, tensors: bytes, perturbation: float, jitter: float) -> AuditRun | None:
        request = Audit(seed=self.seed, jitter=jitter, perturbation=perturbation)
        outcome = self.session.audit(request, tensors)
        if outcome is None:
            return None
        seen = traces.decode(outcome.events)
        passes = {number: judge_pass(self.oracle, each) for number, each in seen.passes.items()}
        return AuditRun(seen=seen, passes=passes)

    def _origins(
        self,
        findings: Findings,
        tensors: bytes,
        first: AuditRun,
        attempts: Sequence[Attempt],
        jitter: float,
    ) -> None:
        """Ask of every right value without a right step whether the engine made it."""
        suspects = [attempt for attempt in attempts if _suspect(attempt, findings)]
        if not suspects:
            return
        second = self._run(tensors, PERTURBATIONS[1], jitter)
        if second is None:
            return
        for attempt in suspects:
            life = attempt.lifetime
            key: int | str = life.id if life else attempt.name
            mine, other = _seen(key, first), _seen(key, second)
            if mine is None or other is None or not _same_inputs(mine, other, first, second):
                continue
            if life and not _same_reads(life, first.seen, second.seen):
                continue
            if not _same(mine.numbers, other.numbers):
                findings.copied.add(key)


def _suspect(attempt: Attempt, findings: Findings) -> bool:
    if not attempt.comparison.right:
        return False
    if attempt.lifetime is None:
        return True
    finding = findings.steps.get(attempt.lifetime.id)
    return finding is None or finding.step != "right"


def _seen(key: int | str, run: AuditRun) -> Observed | None:
    """A value in one audit run, by lifetime or by variable."""
    if isinstance(key, int):
        return next(iter(run.settled().get(key, ())), None)
    return run.appeared().get(key)


def _same(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    """Whether two values agree bit by bit; what cannot be compared shows no difference."""
    return a is None or b is None or a.shape != b.shape or torch.equal(a, b)


def _same_inputs(a: Observed, b: Observed, first: AuditRun, second: AuditRun) -> bool:
    one, two = first.seen.passes.get(a.pass_id), second.seen.passes.get(b.pass_id)
    if one is None or two is None or one.inputs.keys() != two.inputs.keys():
        return False
    return all(torch.equal(value, two.inputs[name]) for name, value in one.inputs.items())


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


def _aliased(seen: Trace, probes: Probes) -> set[int]:
    """Lifetimes whose probe did not stay as it was given."""
    found: set[int] = set()
    settled: set[int] = set()
    for each in seen.observed:
        if each.lifetime is None:
            continue
        if not each.end:
            settled.add(each.lifetime)
        elif each.lifetime in settled & probes.of_lifetime.keys() and each.numbers is not None:
            drawn = probes.of_lifetime[each.lifetime]
            same_shape = each.numbers.shape == drawn[0].shape
            if same_shape and not any(torch.equal(each.numbers, probe) for probe in drawn):
                found.add(each.lifetime)
    return found


def _constant(
    steps: Mapping[int, StepFinding],
    ordinary: Trace,
    lifetimes: Sequence[Lifetime],
    passes: Mapping[int, JudgedPass],
) -> set[int]:
    """Wrong steps without upstream that gave the same bits although every parameter moved,
    and the right answer with them.
    """
    before = {
        each.lifetime: each
        for each in reversed(ordinary.observed)
        if not each.end and each.occurrence == 0
    }
    found = set()
    for number, finding in steps.items():
        life, first = lifetimes[number], before.get(number)
        if finding.step != "wrong" or life.upstream or first is None or first.numbers is None:
            continue
        judged = passes.get(first.pass_id)
        if finding.value is None or judged is None or not isinstance(judged.network, Network):
            continue
        moved = not _same(judged.network.gradients[life.target], finding.expected)
        stayed = first.numbers.shape == finding.value.shape and torch.equal(
            first.numbers, finding.value
        )
        if stayed and moved:
            found.add(number)
    return found
