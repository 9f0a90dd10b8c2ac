"""Puts the bundled assignments into the built package: students who install it have no checkout."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# pip would say so too, but when it has fetched PyTorch and all else.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"The grader needs Python 3.11 or later, and this is {sys.version.split()[0]}.")


class BuildWithAssignments(build_py):
    """An editable install finds them beside the package, where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree(
                Path(__file__).parent / "assignments",
                Path(self.build_lib) / "grader" / "bundled",
                ignore=shutil.ignore_patterns("examples", "__pycache__", ".*"),
                dirs_exist_ok=True,
            )


setup(cmdclass={"build_py": BuildWithAssignments})
