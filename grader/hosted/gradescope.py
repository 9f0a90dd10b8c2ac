"""Inside Gradescope's container: `/autograder/{source,submission,results}`.

python -I -m grader.hosted.gradescope /autograder
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.assignment import load_assignment
from grader.errors import GraderError, InfrastructureError
from grader.export import gradescope, target_text
from grader.hosted.checkout import find_submission
from grader.hosted.grading import grade_one
from grader.printable import printable
from grader.protocol import determinism


class _Submission(msgspec.Struct):
    id: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 graded; 1 not graded, and then there is no results.json."""
    root = Path((sys.argv[1:] if arguments is None else arguments)[0])
    determinism.apply()
    try:
        return _run(root)
    except GraderError as error:
        print(f"grader: {printable(str(error))}", file=sys.stderr)
    except OSError as error:
        print(f"grader: {error.filename}: {error.strerror}", file=sys.stderr)
    return 1


def _run(root: Path) -> int:
    assignment = load_assignment(root / "source" / "assignment")
    submission = find_submission(root / "submission", assignment, f"submission-{_number(root)}")
    with tempfile.TemporaryDirectory(prefix="grader-") as out:
        card = grade_one(submission, assignment, Path(out))
    if card.status == "ungraded":
        raise InfrastructureError(f"not graded: {card.reason}")
    document = gradescope.results(card, assignment.spec.gradescope)
    results = root / "results"
    results.mkdir(exist_ok=True)
    (results / "results.json").write_text(gradescope.encoded(document), encoding="ascii")
    print(f"grader: {printable(target_text.headline(card))}")
    return 0


def _number(root: Path) -> int:
    """Gradescope's number of the submission; it only names the scorecard."""
    try:
        content = (root / "submission_metadata.json").read_bytes()
        return msgspec.json.decode(content, type=_Submission).id
    except (OSError, msgspec.DecodeError):
        return 0


if __name__ == "__main__":
    sys.exit(main())
