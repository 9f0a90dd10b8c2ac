"""Frames are held against the order in which the harness sends them."""

from __future__ import annotations

import msgspec
import pytest
from conftest import BACKWARD, FORWARD, SETUP, notebook

from grader import protocol
from grader.analysis.study import run_request, study
from grader.assignment import Assignment
from grader.notebook import Unreadable, read_notebook
from grader.protocol.conduct import MAX_BREACHES, breaches
from grader.sandbox import Sandbox

Events = list[tuple[protocol.Event, bytes]]


@pytest.fixture(scope="module")
def request_(assignment: Assignment, data: object) -> protocol.RunRequest:
    read = read_notebook(notebook(SETUP, FORWARD, BACKWARD), "a.ipynb")
    assert not isinstance(read, Unreadable)
    return run_request(study(read, assignment), assignment, data=str(data))


@pytest.fixture(scope="module")
def events(request_: protocol.RunRequest, sandbox: Sandbox) -> Events:
    return list(sandbox.run(request_).events)


def of(events: Events, kind: type[protocol.Message]) -> tuple[protocol.Event, bytes]:
    return next(pair for pair in events if isinstance(pair[0], kind))


def test_an_honest_run_is_plausible(request_: protocol.RunRequest, events: Events) -> None:
    assert breaches(events, request_) == []


def test_a_frame_that_comes_twice_is_not(request_: protocol.RunRequest, events: Events) -> None:
    for kind in (protocol.Settled, protocol.InputsSeen, protocol.ForwardSeen, protocol.CellDone):
        frame = of(events, kind)
        place = events.index(frame)
        assert breaches([*events[:place], frame, *events[place:]], request_), kind


def test_a_gradient_before_its_cell_or_of_no_lifetime_is_not(
    request_: protocol.RunRequest, events: Events
) -> None:
    settled, blob = of(events, protocol.Settled)
    assert breaches([events[0], (settled, blob), *events[1:]], request_)
    for fields in ({"lifetime": 999}, {"occurrence": 5}, {"pass_id": 7}):
        other = msgspec.structs.replace(settled, **fields)
        changed = [(other, blob) if event is settled else (event, b) for event, b in events]
        assert breaches(changed, request_), fields


def test_an_early_end_and_what_follows_it_are_not(
    request_: protocol.RunRequest, events: Events
) -> None:
    done = of(events, protocol.Done)
    place = events.index(of(events, protocol.Settled))
    found = breaches([*events[:place], done, *events[place:]], request_)
    assert "an end before the last cell" in found
    assert "results after the end" in found
    assert len(found) == MAX_BREACHES


def test_names_that_were_not_asked_for_are_not(
    request_: protocol.RunRequest, events: Events
) -> None:
    value = protocol.Value(kind="none")
    for frame in (
        protocol.Seen(
            name="dh", found_as="dx", lifetime=None, where="cell", cell=2, pass_id=0, value=value
        ),
        protocol.Seen(
            name="dh", found_as="dh", lifetime=None, where="cell", cell=7, pass_id=0, value=value
        ),
        protocol.Computed(evaluation=0, values={"0:dh": value}, failures={}),
    ):
        place = events.index(of(events, protocol.Settled)) + 1
        assert breaches([*events[:place], (frame, b""), *events[place:]], request_), frame
