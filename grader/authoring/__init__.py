"""An assignment made of a notebook or script that somebody has: run once, and understood."""

from grader.authoring.draft import Draft, drafted
from grader.authoring.fault import DraftError

__all__ = ["Draft", "DraftError", "drafted"]
