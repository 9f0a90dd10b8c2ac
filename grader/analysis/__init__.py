"""What a submission's code does, read off its source: lifetimes, forward passes, hooks."""

from grader.analysis.hooks import hooks_of
from grader.analysis.lifetime import Lifetime, Program, Site
from grader.analysis.recognise import Recogniser
from grader.analysis.walker import KnownNames, Walker

__all__ = [
    "KnownNames",
    "Lifetime",
    "Program",
    "Recogniser",
    "Site",
    "Walker",
    "hooks_of",
]
