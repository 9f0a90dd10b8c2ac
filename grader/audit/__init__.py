"""Each step on its own merits: cotangent probing, origin, and why a step is wrong."""

from grader.audit.applied import applied
from grader.audit.auditor import SEED, Auditor, Findings
from grader.audit.step import StepFinding

__all__ = ["SEED", "Auditor", "Findings", "StepFinding", "applied"]
