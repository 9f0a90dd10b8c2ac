"""Gradescope's zip: `setup.sh`, `run_autograder`, our wheel, the assignment, perhaps packages."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from grader.assignment import Assignment
from grader.errors import UsageError
from grader.export.archive import zipped
from grader.export.assignment_files import assignment_files
from grader.export.exporter import Bundle, BundleOptions, File
from grader.export.requirements import TORCH, TORCH_INDEX, constraints, python_version
from grader.export.template import filled
from grader.export.wheel import build_wheel, wheel_name
from grader.report.figures import points

MAX_BYTES: Final = 100_000_000
"""Of a zip that is uploaded; PyTorch alone is larger, and is downloaded when the image is built."""


def build(assignment: Assignment, options: BundleOptions) -> dict[str, File]:
    """The zip to upload, and what to do with it."""
    wheels = _wheels(options.wheels) if options.wheels else {}
    return {
        "autograder.zip": File(zipped(_files(assignment) | wheels)),
        "README.md": filled(
            "gradescope_readme.md",
            {
                "assignment": assignment.name,
                "points": points(assignment.max_score),
                "exact": platform.python_version(),
                "packed": f"It holds {len(wheels)} of them."
                if wheels
                else "It holds none of them.",
            },
        ),
    }


def _wheels(folder: Path) -> dict[str, File]:
    """As many packages as the limit allows, the small ones first. UsageError without any."""
    found = sorted(folder.glob("*.whl"), key=lambda path: (path.stat().st_size, path.name))
    if not found:
        raise UsageError(f"--wheels {folder}: there is no .whl in it: fill it with `pip download`")
    files, left = {}, MAX_BYTES - 2_000_000  # for the grader and the assignment
    for path in found:
        left -= path.stat().st_size
        if left < 0:
            break
        files[f"wheels/{path.name}"] = File(path.read_bytes())
    return files


def _files(assignment: Assignment) -> dict[str, File]:
    wheel = wheel_name()
    files = {
        "setup.sh": filled(
            "gradescope_setup.sh",
            {
                "wheel": wheel,
                "torch": TORCH,
                "torch_index": TORCH_INDEX,
                "python": python_version(),
            },
            executable=True,
        ),
        "run_autograder": filled("gradescope_run.sh", {}, executable=True),
        wheel: File(build_wheel()),
        "constraints.txt": File(constraints().encode()),
    }
    own = assignment_files(assignment).items()
    return files | {f"assignment/{name}": file for name, file in own}


BUNDLE = Bundle("a zip to upload to Gradescope", build)
