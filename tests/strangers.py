"""Notebooks by people who knew the exercise and not the grader, and what is true of them.

They were written first and frozen; `truth.json` says which steps are wrong, and which are open to
dispute. `python tests/strangers.py [WORD…]` says how the grader does on them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.records.scorecard import Scorecard

FOLDER = Path(__file__).parent / "submissions" / "strangers"


def truths() -> list[dict[str, Any]]:
    """What is known of each notebook: `file`, `habits`, `expected` points by exercise, points
    that are fair, `also`, steps that are `wrong` or `unclear`.
    """
    known: list[dict[str, Any]] = json.loads((FOLDER / "truth.json").read_text("utf-8"))
    return known


def guilty(truth: dict[str, Any], *kinds: str) -> set[tuple[str, str]]:
    """Steps of these kinds, as exercise and target."""
    return {(each["exercise"], each["target"]) for kind in kinds for each in truth[kind]}


def called_wrong(truth: dict[str, Any], card: Scorecard) -> list[str]:
    """Right lines that are said to be wrong. A mistake in a gradient that has no mark of its own
    costs what is made with it.
    """
    wrong = guilty(truth, "wrong", "unclear")
    return [
        f"{each.id}:{row.name}"
        for each in card.exercises
        if {of for e, of in wrong if e == each.id} <= {row.of for row in each.targets}
        for row in each.targets
        if row.step == "wrong" and (each.id, row.of) not in wrong
    ]


def free(truth: dict[str, Any], card: Scorecard) -> list[str]:
    """Wrong lines with full points of which no note tells."""
    wrong = guilty(truth, "wrong")
    told = {note.exercise for note in card.integrity if note.code != "unproven"}
    rows = ((e.id, row) for e in card.exercises for row in e.targets)
    return [
        f"{e}:{row.name}"
        for e, row in rows
        if row.score == row.max_score and (e, row.of) in wrong
        if row.basis != "unproven" and not told & {e, None}
    ]


def lost(truth: dict[str, Any], card: Scorecard) -> list[str]:
    """Exercises with fewer points than are fair."""
    earned = {each.id: each.score for each in card.exercises}
    return [
        f"{e}: {earned[e]:g} of {fair:g}"
        for e, fair in truth["expected"].items()
        if earned[e] < fair
    ]


def _lines(words: list[str]) -> Iterator[str]:
    from grader.protocol import determinism

    determinism.apply()
    from grader.assignment import find_assignment, load_assignment
    from grader.execution.data_files import staged
    from grader.pipeline import Grader
    from grader.sandbox import open_sandbox
    from grader.submission import Submission

    total: Counter[str] = Counter()
    assignment = load_assignment(find_assignment("backprop_ninja"))
    with staged(assignment) as data, open_sandbox([data]) as sandbox:
        grader = Grader(assignment, sandbox, data)
        for truth in truths():
            if words and not any(word in truth["file"] for word in words):
                continue
            path = FOLDER / truth["file"]
            card = grader.grade(Submission(id="x", candidates=(path,), origin=path.name)).card
            earned = {each.id: each.score for each in card.exercises}
            fair = {
                e: {points, truth["also"].get(e, points)} for e, points in truth["expected"].items()
            }
            as_known = all(earned[e] in points for e, points in fair.items())
            told = {
                "as known": ["yes"] if as_known else [],
                "right lines called wrong": called_wrong(truth, card),
                "wrong lines free": free(truth, card),
                "exercises with too little": lost(truth, card),
                "notes": [note.code for note in card.integrity],
            }
            total.update({what: len(which) for what, which in told.items()}, notebooks=1)
            if not as_known or told["right lines called wrong"]:
                said = (f"{what} {', '.join(which)}" for what, which in told.items() if which)
                yield f"{path.name}: {'; '.join(said)}"
    yield ", ".join(f"{what}: {number}" for what, number in total.items())


if __name__ == "__main__":
    for line in _lines(sys.argv[1:]):
        print(line)
