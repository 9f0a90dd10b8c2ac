"""`grader decide`: an instructor's decision on an integrity note."""

from __future__ import annotations

from typing import Any

import click

from grader.cli.place import ReportsPlace, final_marks, grade_of, of_gradebook, opened, renew
from grader.errors import UsageError
from grader.printable import printable


@click.command()
@click.argument("student", required=False, metavar="[ID]")
@click.argument("note", required=False)
@click.argument("ruling", required=False, type=click.Choice(["upheld", "dismissed", "open"]))
@click.option("--reason", help="Why; the student reads it on the scorecard.")
@of_gradebook
def decide(
    student: str | None, note: str | None, ruling: str | None, reason: str | None, **place: Any
) -> None:
    """Decide on an integrity note, over every regrade.

    grader decide ada copied upheld --reason "…"

    NOTE may be cut short. upheld: the gradient's points are taken away; dismissed: points that
    the note cost are restored; open: an earlier decision is taken back. Without NOTE, lists the
    notes of one or of all.
    """
    where = ReportsPlace(**place)
    if student is None or note is None:
        _list(where, student)
        return
    if ruling is None:
        raise UsageError("say what is decided: upheld, dismissed or open")
    if ruling != "open" and not (reason and reason.strip()):
        raise UsageError("a decision needs its --reason: the student reads it")
    with opened(where) as (book, assignment):
        verdict: Any = None if ruling == "open" else ruling
        before = grade_of(book, assignment, student)
        name = book.decide(assignment, student, note, verdict, reason or "")
        after = grade_of(book, assignment, student)
        earlier = next(
            (d.ruling for d in (before.decided if before else []) if d.note == name), "open"
        )
        said = f"{ruling}, as before" if earlier == ruling else f"{ruling} (before: {earlier})"
        click.echo(f"{printable(student)}  {name}  {said}, {final_marks(before, after)}")
        renew(book, assignment, where)


def _list(where: ReportsPlace, student: str | None) -> None:
    with opened(where) as (book, assignment):
        if student is not None and grade_of(book, assignment, student) is None:
            raise UsageError(f"nobody in {assignment} has the id {printable(student)}")
        notes = [note for note in book.notes(assignment) if student in (None, note.student)]
    if not notes:
        click.echo("no integrity notes: there is nothing to decide")
    for note in notes:
        state = note.decision.ruling if note.decision else "open"
        click.echo(f"{printable(note.student)}  {note.name}  {state}  {printable(note.text)}")
