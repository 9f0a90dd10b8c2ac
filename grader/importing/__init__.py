"""Courses of other graders taken over: class list, submissions, released versions."""

from grader.importing.course import Course, Listed
from grader.importing.nbgrader import read_nbgrader
from grader.importing.otter import read_otter

__all__ = ["Course", "Listed", "read_nbgrader", "read_otter"]
