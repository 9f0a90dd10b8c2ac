"""What pytest loads in every run of every project: it must cost nothing.

Without `--assignment` nothing but this module and two empty packages is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader", "grading backpropagation by hand")
    group.addoption(
        "--assignment",
        metavar="NAME|DIR",
        help="Grade notebooks and modules by this assignment, a test for each gradient. Every "
        "path is then a submission: no conftest.py and no test module is imported.",
    )
    group.addoption(
        "--no-sandbox",
        action="store_true",
        help="Grade also where this machine cannot keep student code in.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    options = early_config.known_args_namespace
    if getattr(options, "assignment", None) is None:
        return
    # A conftest.py among the submissions is a student's, and would run here, outside the sandbox.
    options.noconftest = True
    _forget([early_config.invocation_params.dir / arg for arg in options.file_or_dir or ["."]])
    from grader.protocol import determinism

    determinism.apply()  # before anything imports torch


def _forget(paths: list[Path]) -> None:
    """Take the submissions' folders off the import path, where `python -m pytest` puts the
    current one: a student's `numpy.py` would be imported here.
    """
    folders = {(path if path.is_dir() else path.parent).resolve() for path in paths}
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() not in folders]


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    options = config.option
    if options.assignment is not None and getattr(options, "numprocesses", None):
        # pytest-xdist, asked for processes and for nothing else: a submission is graded once
        # in each process that gets a test of it.
        options.dist = "loadfile" if options.dist == "no" else options.dist
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    if config.option.assignment is not None:
        from grader.pytest_plugin.collection import Collection

        config.pluginmanager.register(Collection.of(config), "grader-collection")
