"""What Classroom 50 needs to grade an assignment, for one folder of its repository."""

from __future__ import annotations

import io
import json
import tarfile

from grader.assignment import Assignment
from grader.errors import UsageError
from grader.export.assignment_files import assignment_files
from grader.export.exporter import Bundle, BundleOptions, File
from grader.export.requirements import TORCH, TORCH_INDEX, constraints, python_version
from grader.export.template import filled
from grader.export.wheel import build_wheel, wheel_name

MAX_BYTES = 10 * 1024 * 1024
"""Of the folder once Classroom 50 has packed it (tar, gzip)."""


def build(assignment: Assignment, _options: BundleOptions) -> dict[str, File]:
    """autograder.py, our wheel, the assignment. Raises UsageError where it is too large."""
    runtime = json.dumps({"python": python_version(), "apt": ["bubblewrap"]}, indent=2)
    wheel = wheel_name()
    files = {
        "autograder.py": filled(
            "autograder.py",
            {"assignment": assignment.name, "torch": TORCH, "torch_index": TORCH_INDEX},
        ),
        wheel: File(build_wheel()),
        "constraints.txt": File(constraints().encode()),
        "runtime.json": File(f"{runtime}\n".encode()),
        "README.md": filled(
            "classroom50_readme.md",
            {"assignment": assignment.name, "runtime": runtime, "wheel": wheel},
        ),
    }
    files |= {f"assignment/{name}": file for name, file in assignment_files(assignment).items()}
    _check_size(files)
    return files


def _check_size(files: dict[str, File]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, file in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(file.content)
            archive.addfile(entry, io.BytesIO(file.content))
    size = len(buffer.getvalue())
    if size > MAX_BYTES:
        largest = max(files, key=lambda name: len(files[name].content))
        raise UsageError(
            f"the bundle packs to {size / 2**20:.1f} MB and Classroom 50 takes 10 MB: shorten "
            f"{largest}, the largest file ({len(files[largest].content) / 2**20:.1f} MB)"
        )


BUNDLE = Bundle("autograder.py, wheel and assignment for Classroom 50", build)
