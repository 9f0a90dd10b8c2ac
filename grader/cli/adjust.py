"""`grader adjust`: points by hand."""

from __future__ import annotations

import math
from typing import Any

import click

from grader.assignment.spec import MAX_POINTS
from grader.cli.place import ReportsPlace, final_marks, grade_of, of_gradebook, opened, renew
from grader.cli.progress import warn
from grader.errors import UsageError
from grader.printable import printable


# "-2" is a number here, not an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("student", required=False, metavar="[ID]")
@click.argument("points", required=False, type=float)
@click.option("--reason", help="Why; the student reads it on the scorecard.")
@click.option("--undo", type=int, metavar="NUMBER", help="Take an adjustment back.")
@of_gradebook
def adjust(
    student: str | None, points: float | None, reason: str | None, undo: int | None, **place: Any
) -> None:
    """Give or take points by hand, over every regrade.

    grader adjust ada +2 --reason "…"

    Without points, lists the adjustments of one or of all.
    """
    where = ReportsPlace(**place)
    if undo is not None:
        _undo(where, undo)
    elif student is not None and points is not None:
        _adjust(where, student, points, reason)
    else:
        _list(where, student)


def _adjust(where: ReportsPlace, student: str, points: float, reason: str | None) -> None:
    if not math.isfinite(points) or points == 0:
        raise UsageError(f"{points:g} points change nothing: say +2 or -1.5")
    if abs(points) > MAX_POINTS:
        raise UsageError(f"{points:+g} points are more than any assignment has: say +2 or -1.5")
    if not reason or not reason.strip():
        raise UsageError("an adjustment needs its --reason: the student reads it")
    with opened(where) as (book, assignment):
        before = grade_of(book, assignment, student)
        number = book.adjust(assignment, student, points, reason)
        after = grade_of(book, assignment, student)
        name = printable(student)
        click.echo(f"adjustment {number}: {name} {points:+g}, {final_marks(before, after)}")
        for same in before.adjusted if before else []:
            if (same.points, same.reason) == (points, printable(reason)):
                warn(
                    f"adjustment {same.number} of {name} has the same points and reason, and both "
                    f"count: `grader adjust --undo {number}` takes this one back"
                )
        renew(book, assignment, where)


def _undo(where: ReportsPlace, number: int) -> None:
    with opened(where) as (book, assignment):
        before = {grade.id: grade for grade in book.grades(assignment)}
        student = book.undo(assignment, number)
        marks = final_marks(before.get(student), grade_of(book, assignment, student))
        click.echo(f"taken back: adjustment {number} of {printable(student)}, {marks}")
        renew(book, assignment, where)


def _list(where: ReportsPlace, student: str | None) -> None:
    with opened(where) as (book, assignment):
        grades = book.grades(assignment)
    if student is not None and student not in {grade.id for grade in grades}:
        raise UsageError(f"nobody in {assignment} has the id {printable(student)}")
    shown = [grade for grade in grades if student in (None, grade.id)]
    if not any(grade.adjusted for grade in shown):
        click.echo("no adjustments")
    for grade in shown:
        for each in grade.adjusted:
            click.echo(
                f"{each.number}  {printable(grade.id)}  {each.points:+g}  "
                f"{printable(each.reason)}  ({printable(each.by)}, {each.at})"
            )
