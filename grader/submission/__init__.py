"""Who handed in what: notebooks, modules, folders, zips and the downloads of LMSs."""

from grader.submission.discover import discover
from grader.submission.record import Discovery, Submission

__all__ = ["Discovery", "Submission", "discover"]
