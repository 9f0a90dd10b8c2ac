"""Who handed in what: notebooks, modules, folders, zips and the downloads of LMSs."""

from grader.submission.discover import discover
from grader.submission.record import Beside, Discovery, Submission

__all__ = ["Beside", "Discovery", "Submission", "discover"]
