"""An assignment made of a notebook or script that somebody has: run once, and understood."""

from grader.authoring.draft import DraftAssignment, drafted
from grader.authoring.fault import DraftError

__all__ = ["DraftAssignment", "DraftError", "drafted"]
