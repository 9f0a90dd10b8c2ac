"""A small budget of what `make fuzz` does with a large one: nothing crashes the trusted side."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import BUNDLED, SOLUTION
from fuzzing import (
    Runs,
    flipped,
    is_graded,
    is_judged,
    is_read_and_understood,
    is_taken_in,
    limited,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies.frames import CHANGES, Tape, changes, packed
from strategies.notebooks import files

from grader.assignment import Assignment
from grader.pipeline import Grader
from grader.sandbox import Sandbox


def few(number: int) -> settings:
    """The same examples in every run of the tests."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def grader(assignment: Assignment, sandbox: Sandbox, data: Path) -> Grader:
    return Grader(limited(assignment), sandbox, data)


@pytest.fixture(scope="module")
def runs(grader: Grader) -> Runs:
    return Runs(grader, SOLUTION, BUNDLED / "examples" / "emma.py")


def test_any_notebook_is_read_and_understood_or_says_why_not(assignment: Assignment) -> None:
    @few(100)
    @given(files)
    def attempt(file: tuple[str, bytes]) -> None:
        is_read_and_understood(*file, assignment)

    attempt()


def test_any_notebook_gets_its_scorecard(grader: Grader, tmp_path: Path) -> None:
    @few(10)
    @given(files)
    def attempt(file: tuple[str, bytes]) -> None:
        is_graded(*file, grader, tmp_path)

    attempt()


def test_a_run_that_is_played_again_is_marked_as_before(runs: Runs) -> None:
    card = is_judged(runs, [packed(phase) for phase in runs.phases], notebook=True)
    assert card.exercises == runs.honest.exercises
    assert card.score == runs.honest.score == 43


def test_a_frame_with_a_byte_changed_is_an_event_or_an_error(runs: Runs) -> None:
    outcomes = [is_taken_in(frame) for frame in flipped(runs, first=5, stride=41)]
    assert set(outcomes) == {0, 1}
    assert len(outcomes) > 500


def test_a_run_with_frames_changed_is_judged(runs: Runs) -> None:
    @few(40)
    @given(changes)
    def attempt(example: tuple[int, list]) -> None:
        is_judged(runs, runs.spoilt(*example))

    attempt()


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_changes_what_arrives(runs: Runs, what: str) -> None:
    def is_other(example: tuple[int, list]) -> bool:
        number, (change,) = example
        if change.what != what:
            return False
        return runs.spoilt(number, [change]) != [packed(phase) for phase in runs.phases]

    alone = st.tuples(st.integers(0, 2), changes.map(lambda example: example[1][:1]))
    from hypothesis import find

    assert find(alone, is_other, settings=few(3_000))


def test_what_stands_in_for_a_worker_gives_its_phases_in_turn() -> None:
    tape = Tape([b"abc", b"de"], piece=2)
    assert [tape.receive(0), tape.receive(0), tape.receive(0)] == [b"ab", b"c", b""]
    tape.send(b"")
    assert tape.receive(0) == b"de"
