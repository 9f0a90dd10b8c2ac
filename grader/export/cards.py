"""Scorecards read back from the folder that `grader grade` wrote."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.records.grade import Grade
from grader.records.scorecard import Scorecard

RECORD = "scorecard.json"
RESULTS = "results.json"


class StudentFolder(msgspec.Struct, frozen=True):
    """One student's folder and the record in it."""

    path: Path
    card: Scorecard


class _Published(msgspec.Struct):
    """The part of results.json that the scorecards do not hold."""

    grades: list[Grade] = []


def read_folders(reports: Path) -> list[StudentFolder]:
    """Every `REPORTS/<id>/scorecard.json`, by id; REPORTS may be one student's folder, too.

    Raises UsageError for a folder that is missing or holds no scorecards, and for a record
    that is damaged: exporting a part of a class in silence would lose marks.
    """
    if not reports.is_dir():
        raise UsageError(f"{reports} is not a folder: give the --out folder of `grader grade`")
    found = sorted(reports.glob(f"*/{RECORD}"), key=lambda path: path.parent.name.casefold())
    if not found and (reports / RECORD).is_file():
        found = [reports / RECORD]
    if not found:
        raise UsageError(
            f"{reports} holds no scorecards ({RECORD} in a folder per student): "
            "run `grader grade` with --out first"
        )
    return [StudentFolder(path.parent, read_card(path)) for path in found]


def read_cards(reports: Path) -> list[Scorecard]:
    """The records of `read_folders`."""
    return [folder.card for folder in read_folders(reports)]


def read_grades(reports: Path) -> dict[str, Grade]:
    """What counts for each student, as the gradebook published it; empty where none is kept.

    Raises UsageError for a results.json that is damaged: marks without the instructor's
    adjustments would be wrong ones.
    """
    path = reports / RESULTS
    try:
        published = msgspec.json.decode(path.read_bytes(), type=_Published)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is damaged ({error}): run `grader grade` again") from error
    return {grade.id: grade for grade in published.grades}


def read_card(path: Path) -> Scorecard:
    """One record. Raises UsageError that names the file and what is wrong with it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scorecard)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is damaged ({error}): grade this submission again, or remove its folder"
        ) from error
