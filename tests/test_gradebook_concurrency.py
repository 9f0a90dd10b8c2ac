"""Two graders at once: real processes on one gradebook, which does not exist when they start."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import gradebook_writer
import psycopg
from postgresql_server import Server
from sqlalchemy import func, select

from grader.assignment import Assignment
from grader.gradebook import open_gradebook, tables
from grader.gradebook.enrolment import HandedIn

NUMBER = 25
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def test_two_graders_at_once_lose_nothing(gradebook_url: str, tmp_path: Path) -> None:
    start = tmp_path / "start"
    names = ("left", "right")
    writers = [
        subprocess.Popen(
            [sys.executable, gradebook_writer.__file__, gradebook_url, name, str(NUMBER), start],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    start.touch()
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0, said
    everyone = {f"{name}-{index}" for name in names for index in range(NUMBER)}
    with open_gradebook(gradebook_url) as book:
        grades = {grade.id: grade for grade in book.grades("backprop_ninja")}
        assert set(grades) == everyone | {gradebook_writer.SHARED}
        assert all(grade.status == "graded" for grade in grades.values())
        shared = grades[gradebook_writer.SHARED]
        assert {adjustment.reason for adjustment in shared.adjusted} == everyone
        (decision,) = shared.decided
        assert decision.reason in everyone
        with book.database.reading() as connection:
            for table, number in ((tables.attempts, 2), (tables.decisions, 1)):
                kept = connection.execute(select(func.count()).select_from(table)).scalar()
                assert kept == number * len(everyone)


def test_two_that_enter_one_student_at_once_wait_for_each_other(
    postgresql: Server, assignment: Assignment
) -> None:
    """Only PostgreSQL lets both begin; SQLite has one writer at a time."""
    url = postgresql.database()
    database = url.partition("@/")[2].partition("?")[0]
    where = {"host": str(postgresql.folder), "user": postgresql.user, "dbname": database}
    ada = HandedIn(id="ada", path="ada.py", content="a", key="a")
    with open_gradebook(url, create=True) as book, psycopg.connect(**where) as other:
        book.enroll(assignment, None, [])
        other.execute(
            "INSERT INTO submissions (assignment, student) VALUES (%s, 'ada')", [assignment.name]
        )
        second = threading.Thread(target=book.enroll, args=(assignment, None, [ada]))
        second.start()
        with psycopg.connect(**where, autocommit=True) as watch:
            while watch.execute(WAITING).fetchone() == (0,):
                assert second.is_alive()
        other.commit()
        second.join()
        assert [(g.id, g.path) for g in book.grades(assignment.name)] == [("ada", "ada.py")]
