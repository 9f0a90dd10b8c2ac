"""Inside Classroom 50: the student's checkout is the working folder, results go into it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import tempfile
from pathlib import Path

from grader.assignment import load_assignment
from grader.errors import GraderError, InfrastructureError
from grader.export import classroom50, target_text
from grader.export.log_text import loggable, no_commands, output_line
from grader.export.markdown import page
from grader.hosted.checkout import find_submission
from grader.hosted.grading import grade_one
from grader.protocol import determinism
from grader.records.scorecard import Scorecard

RESULT = "result.json"
BODY = "release-body.md"
ASSETS = "classroom50-release-assets"
MAX_BODY = 100_000
"""Characters; GitHub takes 125,000 for a release."""


def main(bundle: Path, environment: dict[str, str] | None = None) -> int:
    """Grade the working folder by the assignment in `bundle`. Exit status: 0 graded, 1 not."""
    determinism.apply()
    try:
        return _run(Path.cwd(), bundle, dict(os.environ if environment is None else environment))
    except GraderError as error:
        print(f"grader: {loggable(str(error))}", file=sys.stderr)
    except OSError as error:
        print(f"grader: {loggable(f'{error.filename}: {error.strerror}')}", file=sys.stderr)
    return 1


def _run(checkout: Path, bundle: Path, environment: dict[str, str]) -> int:
    for name in (RESULT, BODY):
        # A result that the student handed in must not pass for ours, whatever happens below.
        with contextlib.suppress(FileNotFoundError):
            (checkout / name).unlink()
    assignment = load_assignment(bundle / "assignment")
    student = environment.get("OWNER") or environment.get("USERNAME") or "student"
    submission = find_submission(checkout, assignment, student)
    with tempfile.TemporaryDirectory(prefix="grader-") as out:
        with no_commands():
            card = grade_one(submission, assignment, Path(out))
        if card.status == "ungraded":
            raise InfrastructureError(f"not graded: {card.reason}")
        document = classroom50.encoded(classroom50.result(card, environment))
        scorecard = (Path(out) / card.id / "scorecard.html").read_bytes()
    _place(_folder(checkout / ASSETS) / "scorecard.html", scorecard)
    _place(checkout / BODY, _body(card).encode())
    _place(checkout / RESULT, document.encode())
    _announce(card, environment.get("GITHUB_OUTPUT"))
    return 0


def _body(card: Scorecard) -> str:
    """The release's text; what is too long for one says where the rest is."""
    text = page(card, note=classroom50.points_note(card))
    if len(text) <= MAX_BODY:
        return text
    return (
        f"### {target_text.headline(card)}\n\nThe whole scorecard is attached as scorecard.html.\n"
    )


def _announce(card: Scorecard, outputs: str | None) -> None:
    headline = loggable(target_text.headline(card), limit=130)
    rows = [row for _, row in target_text.targets_of(card)]
    passed = bool(rows) and all(map(target_text.is_passed, rows))
    if outputs:
        with Path(outputs).open("a", encoding="utf-8") as file:
            # The service's runner looks for lines that begin with these words; any other form
            # is as good as absent, and it then writes a status and a summary of its own.
            file.write(output_line("status", "success" if passed else "failure"))
            file.write(output_line("summary", headline))
    print(f"grader: {headline}")


def _folder(path: Path) -> Path:
    """A real folder, also where the student handed in a link or a file of that name."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.mkdir(exist_ok=True)
    return path


def _place(path: Path, content: bytes) -> None:
    """Write whole or not at all, and never through a link that the student handed in."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    draft.write_bytes(content)
    if path.is_dir() and not path.is_symlink():
        raise InfrastructureError(f"{path.name} is a folder in this checkout: remove it")
    os.replace(draft, path)  # noqa: PTH105 - the one call that is atomic everywhere
