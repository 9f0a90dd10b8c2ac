"""Two repositories for GitHub Actions: the course's with the grader, the students' template.

The workflow is a reusable one of the course's repository; a student's repository holds a
caller of four lines. So no step that counts is the student's to edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.assignment import Assignment, Exercise
from grader.errors import AssignmentError, UsageError
from grader.export.assignment_files import assignment_files, starter_name
from grader.export.exporter import Bundle, BundleOptions, File
from grader.export.legacy import runner_name, variable
from grader.export.requirements import TORCH, TORCH_INDEX, constraints, python_version
from grader.export.student_template import handed_out
from grader.export.template import filled
from grader.export.wheel import build_wheel, wheel_name
from grader.printable import printable

COURSE = "ORG/course"
"""Stands for the course's repository until somebody names it."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def build(assignment: Assignment, options: BundleOptions) -> dict[str, File]:
    """`course/`, `template/` and a README. Raises UsageError, AssignmentError for names that
    cannot stand in a workflow.
    """
    course = options.course or COURSE
    if not _REPOSITORY.fullmatch(course):
        raise UsageError(f"--course {course}: a repository on GitHub is written ORG/NAME")
    if not _NAME.fullmatch(assignment.name):
        raise AssignmentError(
            f"name: {assignment.name!r} cannot name a workflow: use letters, digits and -_."
        )
    workflow = f"grade-{assignment.name}.yml"
    values = {"assignment": assignment.name, "course": course, "workflow": workflow}
    files = {"README.md": filled("github_readme.md", values)}
    course_files = _course(assignment, values, options.image)
    files |= {f"course/{name}": file for name, file in course_files.items()}
    given = _template(assignment, values, options.image)
    files |= {f"template/{name}": file for name, file in given.items()}
    return files


def _course(assignment: Assignment, values: dict[str, str], image: str | None) -> dict[str, File]:
    runners = _runners(assignment)
    wheel = wheel_name()
    environment = [
        f"          {variable(name)}: ${{{{ steps.grade.outputs.{name} }}}}" for name in runners
    ]
    values = {
        **values,
        "python": python_version(),
        "torch": TORCH,
        "torch_index": TORCH_INDEX,
        "wheel": wheel,
        "runners": ",".join(runners),
        "runner_environment": "\n".join(environment),
    }
    workflow = filled("github_workflow.yml", values | _where(values, image))
    place = f"grading/{assignment.name}"
    files = {
        f".github/workflows/{values['workflow']}": workflow,
        f"{place}/{wheel}": File(build_wheel()),
        f"{place}/constraints.txt": File(constraints().encode()),
    }
    own = assignment_files(assignment).items()
    return files | {f"{place}/assignment/{name}": file for name, file in own}


def _where(values: dict[str, str], image: str | None) -> dict[str, str]:
    """In an image that has all packages, as root, so that each run can have a user of its own;
    or on the runner itself, which keeps what it once installed.
    """
    if image:
        container = f"    container:\n      image: {image}\n      options: --user root\n"
        return {"container": container, "install": "", "python_command": "python"}
    install = filled("github_install.yml", values).content.decode()
    return {"container": "", "install": install, "python_command": "~/.grader/bin/python"}


def _runners(assignment: Assignment) -> list[str]:
    """A name for each exercise that is worth something, as the payload is named."""
    names = [runner_name(exercise.id) for exercise in _worth_something(assignment)]
    folded = [name.upper() for name in names]
    for name in names:
        if folded.count(name.upper()) > 1:
            raise AssignmentError(
                f"exercises: two ids become {name!r} in a workflow: give one another id"
            )
    return names


def _worth_something(assignment: Assignment) -> Iterator[Exercise]:
    for exercise in assignment.spec.exercises:
        if any(assignment.points(exercise, name) > 0 for name in exercise.targets):
            yield exercise


def _template(assignment: Assignment, values: dict[str, str], image: str | None) -> dict[str, File]:
    files = handed_out(assignment, image)
    title = printable(assignment.spec.title)
    files["README.md"] = filled(
        "github_student_readme.md", {**values, "title": title, "starter": starter_name(assignment)}
    )
    files[".github/workflows/grade.yml"] = filled("github_caller.yml", values)
    return files


BUNDLE = Bundle("a course repository with the workflow, and a template for students", build)
