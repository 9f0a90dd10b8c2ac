"""What a submission's code does, read off its source: lifetimes, forward passes, hooks."""

from grader.analysis.hooks import hooks_of
from grader.analysis.lifetime import Lifetime, Program, Site, Upstream
from grader.analysis.recognise import Recogniser
from grader.analysis.walker import Names, Walker

__all__ = [
    "Lifetime",
    "Names",
    "Program",
    "Recogniser",
    "Site",
    "Upstream",
    "Walker",
    "hooks_of",
]
