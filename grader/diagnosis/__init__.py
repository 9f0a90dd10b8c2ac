"""Why a wrong backward step is wrong: hypotheses tried on random cotangents."""

from grader.diagnosis.codes import CODES
from grader.diagnosis.context import Context
from grader.diagnosis.registry import HYPOTHESES, diagnose

__all__ = ["CODES", "HYPOTHESES", "Context", "diagnose"]
