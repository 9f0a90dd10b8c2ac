"""The command line. Nothing here imports torch before a submission is to be graded."""

from grader.cli.main import main

__all__ = ["main"]
