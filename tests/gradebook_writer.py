"""A grader without a student: a process that writes into a gradebook as fast as it can.

    gradebook_writer.py URL NAME NUMBER START

Waits for the file START to appear, then opens (or makes) the gradebook, and for each of NUMBER
students enters an attempt of its own, one for a student that all writers share, and of that one
an adjustment and a decision.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import report_cards as cards
from msgspec.structs import replace

from grader.assignment import load_assignment
from grader.gradebook import open_gradebook
from grader.gradebook.attempts import GradedAttempt
from grader.gradebook.enrolment import HandedIn
from grader.records.scorecard import IntegrityNote

SHARED = "shared"
BUNDLED = Path(__file__).parents[1] / "assignments" / "backprop_ninja"


def main(url: str, name: str, number: int, start: Path) -> None:
    assignment = load_assignment(BUNDLED)
    note = IntegrityNote(code="copied", exercise="1", target="dh", text="autograd made it")
    small = replace(cards.right(), exercises=[], integrity=[note])
    print("ready", flush=True)
    while not start.exists():
        time.sleep(0.005)
    with open_gradebook(url, create=True) as book:
        for index in range(number):
            own = f"{name}-{index}"
            handed_in = [HandedIn(id=who, path=own, content=own, key=own) for who in (own, SHARED)]
            places = book.enroll(assignment, None, handed_in)
            for who in (own, SHARED):
                attempt = GradedAttempt(
                    key=own,
                    content=own,
                    assignment_digest="",
                    grader="",
                    torch="",
                    card=replace(small, id=who, score=index),
                )
                assert book.store(places[who], attempt) is not None
            book.adjust(assignment.name, SHARED, 1, own)
            book.decide(assignment.name, SHARED, "copied", "upheld", own)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
