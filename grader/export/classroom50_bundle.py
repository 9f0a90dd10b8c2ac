"""What Classroom 50 needs for an assignment: the autograder, its entry, a template for students."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import PurePosixPath
from typing import Any, Final

from grader.assignment import Assignment
from grader.errors import UsageError
from grader.export.assignment_files import assignment_files, starter_name
from grader.export.exporter import Bundle, BundleOptions, File
from grader.export.requirements import TORCH, TORCH_INDEX, constraints, python_version
from grader.export.student_template import handed_out
from grader.export.template import filled
from grader.export.wheel import build_wheel, wheel_name
from grader.printable import printable

MAX_BYTES = 10 * 1024 * 1024
"""Of the folder once Classroom 50 has packed it (tar, gzip)."""
MAX_SLUG: Final = 39
SCORECARD: Final = "classroom50-release-assets/scorecard.html"


def build(assignment: Assignment, options: BundleOptions) -> dict[str, File]:
    """`autograders/SLUG/`, `assignment.json`, `template/`. Raises UsageError where the first is
    too large, AssignmentError where there is no starter.
    """
    name = slug(assignment.name)
    entry = json.dumps(_entry(assignment, name, options.image), indent=2, ensure_ascii=True)
    grading = _grading(assignment)
    _check_size(grading)
    values = {
        "assignment": assignment.name,
        "title": printable(assignment.spec.title),
        "slug": name,
        "entry": entry,
        "wheel": wheel_name(),
        "starter": starter_name(assignment),
        "allowed": json.dumps(allowed(assignment)),
    }
    files = {
        "README.md": filled("classroom50_readme.md", values),
        "assignment.json": File(f"{entry}\n".encode()),
    }
    files |= {f"autograders/{name}/{path}": file for path, file in grading.items()}
    template = handed_out(assignment, options.image)
    template["README.md"] = filled("classroom50_student_readme.md", values)
    return files | {f"template/{path}": file for path, file in template.items()}


def slug(name: str) -> str:
    """The name in the letters that Classroom 50 takes: 2 to 39 of a-z, 0-9 and dashes."""
    dashed = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_SLUG].rstrip("-")
    return dashed if len(dashed) > 1 else f"hw-{dashed}".rstrip("-")


def _entry(assignment: Assignment, name: str, image: str | None) -> dict[str, Any]:
    """The assignment's record in `assignments.json`, as far as we can know it."""
    return {
        "slug": name,
        "name": printable(assignment.spec.title, limit=100),
        "mode": "individual",
        "autograder": "default",
        "template": {"owner": "ORG", "repo": f"{name}-template", "branch": "main"},
        "runtime": runtime(image),
        "release_assets": [SCORECARD],
    }


def runtime(image: str | None) -> dict[str, Any]:
    """Where it is graded: in an image that has everything, or on the runner itself."""
    if image:
        return {"container": {"image": image, "user": "root"}}
    # No bubblewrap: with namespaces allowed (autograder.py) the same is kept off without it.
    return {"python": python_version()}


def allowed(assignment: Assignment) -> list[str]:
    """Patterns for `allowed_files` that keep students' work and the data it reads. Without the
    one for folders nothing within a folder could be let in again.
    """
    kinds = {PurePosixPath(name).suffix for name in assignment.spec.data}
    kept = [".ipynb", ".py", *sorted(kinds - {".ipynb", ".py", ""})]
    return ["*", "!*/", *(f"!*{suffix}" for suffix in kept)]


def _grading(assignment: Assignment) -> dict[str, File]:
    """What the service's runner unpacks beside `autograder.py`."""
    values = {"assignment": assignment.name, "torch": TORCH, "torch_index": TORCH_INDEX}
    files = {
        "autograder.py": filled("autograder.py", values),
        wheel_name(): File(build_wheel()),
        "constraints.txt": File(constraints().encode()),
    }
    own = assignment_files(assignment).items()
    return files | {f"assignment/{path}": file for path, file in own}


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


BUNDLE = Bundle("autograder, assignment entry and student template for Classroom 50", build)
