"""Gradescope's zip: `setup.sh`, `run_autograder`, our wheel, the assignment."""

from __future__ import annotations

from grader.assignment import Assignment
from grader.export.archive import zipped
from grader.export.assignment_files import assignment_files
from grader.export.exporter import Bundle, BundleOptions, File
from grader.export.requirements import TORCH, TORCH_INDEX, constraints, python_version
from grader.export.template import filled
from grader.export.wheel import build_wheel, wheel_name
from grader.report.figures import points


def build(assignment: Assignment, _options: BundleOptions) -> dict[str, File]:
    """The zip to upload, and what to do with it."""
    return {
        "autograder.zip": File(zipped(_files(assignment))),
        "README.md": filled(
            "gradescope_readme.md",
            {"assignment": assignment.name, "points": points(assignment.max_score)},
        ),
    }


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
