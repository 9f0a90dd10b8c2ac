"""The audit of one submission: probes in, steps judged, origins asked, reasons found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import torch
from msgspec.structs import replace

from grader import trace as traces
from grader.analysis import Lifetime, Program
from grader.assignment import Assignment
from grader.attempt import Attempt
from grader.audit.audit_run import AuditRun
from grader.audit.origin import Key, copied, key_of, suspects, unmoved, unproven
from grader.audit.probes import AUDITED, Probes
from grader.audit.reason import reason
from grader.audit.step import StepFinding, StepJudge, worst
from grader.model import IntegrityNote
from grader.packing import pack
from grader.passes import JudgedPass, judge_pass
from grader.plausible import done_before_parting, forged
from grader.reference import Network, Oracle
from grader.sandbox import RunOutcome, Session
from grader.trace import Trace
from grader.wire import Audit, RunRequest

SEED = 20_011
JITTER = 0.1
PERTURBATIONS = (0.25, 0.6)
"""Two audits disagree about whatever the engine had a hand in."""
ENDED = "its run was ended before it could be repeated"
UNMOVED = "it stays the same when the network changes"
STIFF = "the forward pass is the assignment's at these parameters alone"


class Findings(msgspec.Struct, kw_only=True):
    """What the audit found, by lifetime or, without one, by the student's variable."""

    steps: dict[int, StepFinding] = {}
    copied: set[Key] = set()
    constant: set[int] = set()
    unproven: dict[Key, str] = {}
    """Right values that may be somebody else's work, and why nobody can tell."""
    jittered: bool = True
    """Whether the network's parameters could be moved; pasted numbers are told by that."""
    integrity: list[IntegrityNote] = []
    """What was noted of the audit runs themselves."""
    aliased: set[int] = set()
    """Lifetimes whose probe was changed in place by a statement of another name."""


class Auditor:
    """Audits a submission whose ordinary run has ended."""

    def __init__(
        self,
        assignment: Assignment,
        oracle: Oracle,
        session: Session,
        request: RunRequest,
        again: Callable[[RunRequest, bytes], RunOutcome],
        *,
        seed: int,
    ) -> None:
        """`request` is what the session runs; `again` runs such a request anew."""
        self.assignment = assignment
        self.oracle = oracle
        self.session = session
        self.request = request
        self.again = again
        self._begun = done_before_parting(session.outcome.events)
        self.seed = seed

    def audit(
        self,
        program: Program,
        ordinary: Trace,
        passes: Mapping[int, JudgedPass],
        attempts: Sequence[Attempt],
    ) -> Findings:
        """Judge every step, and ask where the values of the others came from."""
        findings = Findings()
        spec = self.assignment.spec
        names = self.assignment.gradient_names
        probes = Probes(program, ordinary, passes, spec.exercises, names, self.seed)
        tensors = probes.blob() | self._example(program, seed=1)
        first = self._run(findings, tensors, PERTURBATIONS[0], JITTER)
        if first is None:
            self._origins(findings, suspects(attempts, {}), program, ordinary)
            return findings
        agreed = not any(judged.differs for judged in passes.values())
        findings.jittered = not (first.differs and agreed)
        if not findings.jittered:
            # What was computed from the parameters beforehand no longer fits them.
            first = self._run(findings, tensors, PERTURBATIONS[0], 0.0) or first
        judge = StepJudge(
            self.assignment, self.oracle.code, program.lifetimes, probes, first.seen, first.passes
        )
        self._steps(findings, judge, first)
        findings.aliased = _aliased(first.seen, probes)
        asked = suspects(attempts, findings.steps)
        jitter = JITTER if findings.jittered else 0.0
        if asked and (second := self._run(findings, tensors, PERTURBATIONS[1], jitter)):
            findings.copied = {key_of(each) for each in asked if copied(each, first, second)}
        if findings.jittered:
            lives = [each.lifetime for each in asked if each.lifetime is not None]
            lives += [life for life in program.lifetimes if _adrift(life, findings)]
            constants = unmoved(lives, ordinary, first, spec.tolerance)
            findings.constant = {n for n in constants if findings.steps[n].step == "wrong"}
            findings.unproven = dict.fromkeys(constants - findings.constant, UNMOVED)
        else:
            findings.unproven = {key_of(each): STIFF for each in asked}
        settled = findings.copied | findings.constant | findings.unproven.keys()
        left = [each for each in asked if key_of(each) not in settled]
        self._origins(findings, left, program, ordinary)
        for number, finding in findings.steps.items():
            if finding.step == "wrong" and number not in findings.copied:
                life = program.lifetimes[number]
                found = reason(judge, life, finding, program.lifetimes)
                findings.steps[number] = replace(finding, diagnosis=found)
        return findings

    def _steps(self, findings: Findings, judge: StepJudge, run: AuditRun) -> None:
        for number, observed in run.settled().items():
            if 0 <= number < len(judge.lifetimes):
                life = judge.lifetimes[number]
                finding = worst(judge.judge(life, each) for each in observed[:AUDITED])
                if not findings.jittered and not life.upstream:
                    finding = StepFinding(step="unknown", value=finding.value)
                findings.steps[number] = finding

    def _origins(
        self, findings: Findings, left: Sequence[Attempt], program: Program, ordinary: Trace
    ) -> None:
        """What is left of the suspects has to come out again in a replay."""
        if not left:
            return
        if self.session.outcome.status not in {"completed", "exited"}:
            findings.unproven |= {key_of(each): ENDED for each in left}
            return
        audit = Audit(seed=self.seed, jitter=0.0, perturbation=PERTURBATIONS[0], replay=True)
        request = replace(self.request, parts=False, audit=audit)
        outcome = self.again(request, pack(self._example(program, seed=0)))
        findings.integrity += forged(outcome.events, request)
        replay = traces.decode(outcome.events)
        findings.integrity += replay.integrity
        for each in left:
            if (why := unproven(each, ordinary, replay)) is not None:
                findings.unproven[key_of(each)] = why

    def _example(self, program: Program, *, seed: int) -> dict[str, torch.Tensor]:
        """Arguments for a function that is called; others, in the place of jitter, if not 0."""
        if self.assignment.spec.entry not in program.defined and not program.functions:
            return {}
        example = self.oracle.network(self.oracle.example(seed=seed))
        if not isinstance(example, Network):
            return {}
        values = example.inputs | example.tensors
        return {f"example/{name}": value.clone() for name, value in values.items()}

    def _run(
        self,
        findings: Findings,
        tensors: dict[str, torch.Tensor],
        perturbation: float,
        jitter: float,
    ) -> AuditRun | None:
        request = Audit(seed=self.seed, jitter=jitter, perturbation=perturbation)
        outcome = self.session.audit(request, pack(tensors))
        if outcome is None:
            return None
        findings.integrity += forged(
            outcome.events, self.request, begun=self._begun, probes=tensors
        )
        seen = traces.decode(outcome.events)
        findings.integrity += seen.integrity
        passes = {number: judge_pass(self.oracle, each) for number, each in seen.passes.items()}
        return AuditRun(seen=seen, passes=passes)


def _adrift(life: Lifetime, findings: Findings) -> bool:
    """Whether a wrong step was computed from no gradient at all."""
    finding = findings.steps.get(life.id)
    return finding is not None and finding.step == "wrong" and not life.upstream


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
