"""In a student's notebook: `cmp`, `check()` and `%grade`. Nothing here runs or changes anything."""

from grader.student.calls import check, cmp, load_ipython_extension

__all__ = ["check", "cmp", "load_ipython_extension"]
