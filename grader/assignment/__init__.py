"""The instructor's side: what is to be derived, from what, for how many points."""

from grader.assignment.functions import FunctionFile
from grader.assignment.loader import Assignment, find_assignment, load_assignment
from grader.assignment.packages import check_environment
from grader.assignment.spec import Exercise, Gradescope, Input, Late, Rates, Spec, Tolerance

__all__ = [
    "Assignment",
    "Exercise",
    "FunctionFile",
    "Gradescope",
    "Input",
    "Late",
    "Rates",
    "Spec",
    "Tolerance",
    "check_environment",
    "find_assignment",
    "load_assignment",
]
