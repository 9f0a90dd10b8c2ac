"""In a student's notebook: `cmp`, `check()` and `%grade`, which run and change nothing; `start`."""

from grader.student.calls import check, cmp, load_ipython_extension, start

__all__ = ["check", "cmp", "load_ipython_extension", "start"]
