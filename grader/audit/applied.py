"""What the audit found, put onto the attempts of the ordinary run."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from grader.analysis import Lifetime, Program
from grader.attempt import Attempt
from grader.audit.auditor import Findings
from grader.audit.origin import key_of
from grader.audit.step import StepFinding
from grader.compare import Comparison
from grader.model import Diagnosis

IDLE = "it is computed from gradients that were still empty, for which every formula gives zeros"
VAGUE = frozenset({"unexplained", "constant"})
CONSTANT = Diagnosis(
    code="constant",
    why="It is the same numbers whatever the network is: they were not computed from it.",
    look_at="Which tensors of the forward pass does this gradient depend on?",
)


def applied(attempts: Sequence[Attempt], findings: Findings, program: Program) -> list[Attempt]:
    """The attempts with their steps, and those that have a step but never had a value."""
    judged = [_judged(attempt, findings, program) for attempt in attempts]
    valued = {attempt.lifetime.id for attempt in attempts if attempt.lifetime}
    return judged + [
        _without_value(program.lifetimes[number], findings)
        for number in sorted(findings.steps.keys() - valued)
    ]


def _judged(attempt: Attempt, findings: Findings, program: Program) -> Attempt:
    life, key = attempt.lifetime, key_of(attempt)
    finding = findings.steps.get(life.id) if life else None
    attempt = replace(
        attempt,
        copied=key in findings.copied,
        unproven=attempt.unproven or findings.unproven.get(key) or _idle(finding),
    )
    if life is None or finding is None or attempt.late:
        return attempt
    diagnosis = finding.diagnosis
    if life.id in findings.constant and (diagnosis is None or diagnosis.code in VAGUE):
        diagnosis = CONSTANT
    if life.id in findings.aliased and finding.step != "wrong":
        diagnosis = aliased(life, program.lifetimes)
    return replace(
        attempt,
        step=finding.step,
        constant=life.id in findings.constant,
        diagnosis=diagnosis,
    )


def _without_value(life: Lifetime, findings: Findings) -> Attempt:
    """A statement that raised, or was not reached, in the ordinary run."""
    finding = findings.steps[life.id]
    return Attempt(
        target=life.target,
        name=life.name,
        lifetime=life,
        exercise=life.exercise,
        order=-1,
        comparison=Comparison(
            verdict="missing",
            expected_shape=[],
            note="its line was never reached, or raised an error",
        ),
        step=finding.step,
        unproven=_idle(finding),
        diagnosis=finding.diagnosis,
    )


def _idle(finding: StepFinding | None) -> str | None:
    return IDLE if finding is not None and finding.idle else None


def aliased(life: Lifetime, lifetimes: Sequence[Lifetime]) -> Diagnosis:
    """A gradient that a later statement changed in place through another name."""
    culprit = next((other for other in lifetimes if other.alias_of == life.id), None)
    evidence: dict[str, object] = {"line": life.writes[-1].line, "cell": life.writes[-1].cell}
    why = f"d{life.target} is changed in place after it was computed, through another name."
    if culprit is not None:
        change = culprit.writes[-1]
        evidence |= {"through": culprit.name, "changed_line": change.line}
        evidence["changed_cell"] = change.cell
        why = (
            f"{culprit.name} is the same tensor as {life.name}, so line {change.line} changes both."
        )
    return Diagnosis(
        code="alias",
        why=why,
        look_at="Which of the two names should still hold the old values after that line?",
        evidence=evidence,
    )
