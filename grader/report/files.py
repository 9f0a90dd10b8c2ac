"""Reports on disk: every file appears whole, and nothing of an earlier run stays behind."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.errors import InfrastructureError, UsageError
from grader.model import Scorecard
from grader.report.class_page import render_class
from grader.report.earlier import remove_stale
from grader.report.grades import grades_csv
from grader.report.schema import Results
from grader.report.scorecard import render_scorecard
from grader.report.visible import storable

CLASS_FILES = ("results.json", "grades.csv", "index.html")


class Reports:
    """The output folder.

        OUT/index.html, grades.csv, results.json
        OUT/<id>/scorecard.html, scorecard.json

    Errors: `UsageError` for an id that does not name a folder directly in OUT,
    `InfrastructureError` where the disk refuses.
    """

    def __init__(self, out: Path) -> None:
        self.out = out

    def write_scorecard(self, card: Scorecard, notebook_html: str | None = None) -> Path:
        """Write both files of one submission; returns the path of the HTML."""
        folder = self._folder(card.id)
        card = storable(card)
        _write(folder / "scorecard.json", _json(card))
        page = folder / "scorecard.html"
        _write(page, render_scorecard(card, notebook_html))
        return page

    def write_class(self, cards: Sequence[Scorecard], title: str) -> Path:
        """Write the pages about all submissions, then remove folders of other runs.

        Returns the path of index.html.
        """
        folders = [self._folder(card.id) for card in cards]
        assignments = {card.assignment for card in cards}
        only = assignments.pop() if len(assignments) == 1 else None
        results = storable(Results(assignment=only, title=title, scorecards=list(cards)))
        _write(self.out / "results.json", _json(results))
        _write(self.out / "grades.csv", grades_csv(results.scorecards))
        index = self.out / "index.html"
        _write(index, render_class(results.scorecards, results.title))
        remove_stale(self.out, keep=folders)
        return index

    def _folder(self, submission: str) -> Path:
        """OUT/<id>, only ever directly in OUT, also behind symbolic links."""
        folder = self.out / submission
        try:
            inside = folder.resolve().parent == self.out.resolve()
        except (OSError, ValueError):
            inside = False
        if not inside or folder.name != submission or submission.casefold() in CLASS_FILES:
            raise UsageError(f"{submission!r} cannot name a folder in {self.out}; rename it")
        return folder


def _json(record: msgspec.Struct) -> str:
    text = msgspec.json.format(msgspec.json.encode(record), indent=1)
    return f"{text.decode()}\n"


def _write(path: Path, text: str) -> None:
    """Through a file beside it, so that a reader finds the old text or the new one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(text.encode("utf-8", "backslashreplace"))
        os.replace(draft, path)  # noqa: PTH105 - the one call that is atomic everywhere
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        why = error.strerror or error
        raise InfrastructureError(f"{path} cannot be written: {why}") from error
