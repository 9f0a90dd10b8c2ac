"""Two graders at once: real processes on one gradebook, which does not exist when they start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gradebook_writer
from sqlalchemy import func, select

from grader.gradebook import open_gradebook, tables

NUMBER = 25


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
        with book.database.reading() as connection:
            number = connection.execute(select(func.count()).select_from(tables.attempts)).scalar()
        assert number == 2 * len(everyone)
