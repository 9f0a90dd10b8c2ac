"""Reports on disk: every file appears whole, and nothing of an earlier run stays behind."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.records.grade import Grade
from grader.records.scorecard import Scorecard
from grader.report.atomic_write import remove_abandoned, write_whole
from grader.report.class_page import class_pieces
from grader.report.class_row import Entry
from grader.report.grades import grades_csv
from grader.report.overview import Overview
from grader.report.schema import Results
from grader.report.scorecard import render_scorecard
from grader.report.visible_text import storable

GRADEBOOK = "gradebook.db"
RESERVED = ("results.json", "grades.csv", "index.html", GRADEBOOK)
"""Names in OUT that no submission may have."""


class Reports:
    """The output folder.

        OUT/index.html, grades.csv, results.json, gradebook.db
        OUT/<id>/scorecard.html, scorecard.json

    Errors: `UsageError` for an id that does not name a folder directly in OUT,
    `InfrastructureError` where the disk refuses.
    """

    CLASS_FILES = ("results.json", "grades.csv", "index.html")

    def __init__(self, out: Path) -> None:
        self.out = out

    @staticmethod
    def files_of(submission: str) -> tuple[str, str]:
        """The files of one submission, relative to OUT."""
        return f"{submission}/scorecard.json", f"{submission}/scorecard.html"

    def write_scorecard(
        self, card: Scorecard, notebook_html: str | None = None, grade: Grade | None = None
    ) -> Path:
        """Write both files of one submission; returns the path of the HTML."""
        folder = self._folder(card.id)
        card = storable(card)
        self._write(folder / "scorecard.json", [_json(card)])
        page = folder / "scorecard.html"
        self._write(page, [render_scorecard(card, notebook_html, grade)])
        return page

    def write_class(self, entries: Iterable[Entry], title: str, notice: str | None = None) -> Path:
        """Write the pages about all submissions; returns the path of index.html.

        Scorecards pass by one at a time: memory does not grow with their size. `notice`
        stands at the top of the page.
        """
        overview = Overview()
        self._write(self.out / "results.json", self._results(entries, title, overview))
        self._write(self.out / "grades.csv", grades_csv(overview.rows))
        index = self.out / "index.html"
        self._write(index, class_pieces(overview, title, notice))
        return index

    def _results(self, entries: Iterable[Entry], title: str, overview: Overview) -> Iterator[str]:
        """`results.json`, a scorecard a line, gathering the overview on the way."""
        yield '{"scorecards":['
        between = "\n"
        for entry in entries:
            self._folder(entry.id)
            overview.add(entry)
            if entry.card is not None:
                yield between + msgspec.json.encode(storable(entry.card)).decode()
                between = ",\n"
        grades = [row.grade for row in overview.rows if row.grade is not None]
        rest = Results(assignment=overview.assignment, title=title, scorecards=[], grades=grades)
        fields = msgspec.to_builtins(storable(rest))
        del fields["scorecards"]
        yield "\n],\n" + msgspec.json.encode(fields).decode()[1:] + "\n"

    def read(self, submission: str) -> Scorecard | None:
        """The record of one submission as it stands in OUT; None if there is none."""
        return read_record(self._folder(submission) / "scorecard.json")

    def ids(self, besides: Container[str] = ()) -> list[str]:
        """Every submission that has a record in OUT, but those in `besides`."""
        try:
            others = [path for path in self.out.iterdir() if path.name not in besides]
        except OSError:
            return []
        return [path.name for path in others if (path / "scorecard.json").is_file()]

    def entries(self, ids: Iterable[str]) -> Iterator[Entry]:
        """What the records in OUT say by themselves; records that are not whole are left out."""
        for submission in ids:
            card = self.read(submission)
            if card is not None and card.id == submission:
                yield Entry(card=card)

    def tidy(self) -> None:
        """Take away what killed runs have left half written."""
        remove_abandoned(self.out)

    def _write(self, path: Path, pieces: Iterable[str]) -> None:
        write_whole(self.out, path, pieces)

    def _folder(self, submission: str) -> Path:
        """OUT/<id>, only ever directly in OUT, also behind symbolic links."""
        folder = self.out / submission
        try:
            inside = folder.resolve().parent == self.out.resolve()
        except (OSError, ValueError):
            inside = False
        if not inside or folder.name != submission or submission.casefold() in RESERVED:
            raise UsageError(f"{submission!r} cannot name a folder in {self.out}; rename it")
        return folder


def _json(record: msgspec.Struct) -> str:
    text = msgspec.json.format(msgspec.json.encode(record), indent=1)
    return f"{text.decode()}\n"


def read_record(path: Path) -> Scorecard | None:
    """A scorecard.json of this grader's; None for anything else."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scorecard)
    except (OSError, msgspec.MsgspecError):
        return None
