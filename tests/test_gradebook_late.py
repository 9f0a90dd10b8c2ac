"""What lateness costs, and that a final score is the sum it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import Late
from grader.errors import UsageError
from grader.gradebook import timestamps
from grader.gradebook.late import Lateness, lateness

DUE = datetime(2026, 11, 20, 23, 59, tzinfo=timezone(timedelta(hours=1)))


def cost(minutes: float, **policy: float) -> Lateness:
    return lateness(Late(due=DUE, **policy), DUE + timedelta(minutes=minutes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "policy", "days", "share"),
    [
        (-1, {}, 0, 0.0),
        (0, {}, 0, 0.0),
        (1, {}, 1, 0.1),
        (24 * 60, {}, 1, 0.1),
        (24 * 60 + 1, {}, 2, 0.2),
        (60, {"grace_minutes": 60}, 0, 0.0),
        (61, {"grace_minutes": 60}, 1, 0.1),
        (10 * 24 * 60, {"per_day": 0.25}, 10, 1.0),
        (10 * 24 * 60, {"per_day": 0.25, "floor": 0.5}, 10, 0.5),
        (3 * 24 * 60, {"max_days": 3}, 3, 0.3),
        (3 * 24 * 60 + 1, {"max_days": 3}, 4, 1.0),
        (3 * 24 * 60 + 1, {"max_days": 3, "floor": 0.25}, 4, 0.75),
        (1, {"max_days": 0}, 1, 1.0),
        (1, {"per_day": 0.0}, 1, 0.0),
    ],
)
def test_each_day_begun_costs_its_share(
    minutes: float, policy: dict[str, float], days: int, share: float
) -> None:
    found = cost(minutes, **policy)
    assert found.days == days
    assert found.share == pytest.approx(share)


POLICIES = st.builds(
    Late,
    due=st.just(DUE),
    per_day=st.floats(0, 1),
    grace_minutes=st.integers(0, 10_000),
    floor=st.floats(0, 1),
    max_days=st.none() | st.integers(0, 30),
)
MINUTES = st.integers(-100_000, 100_000)


@given(POLICIES, MINUTES, MINUTES)
def test_later_never_costs_less_and_the_floor_is_always_kept(
    policy: Late, first: float, second: float
) -> None:
    early, late = sorted((first, second))
    before, after = (lateness(policy, DUE + timedelta(minutes=m)) for m in (early, late))
    assert before.share <= after.share
    assert 0 <= after.share <= 1 - policy.floor
    assert (after.share == 0) or late > policy.grace_minutes


@given(POLICIES, MINUTES, st.integers(-14, 14))
def test_a_moment_is_the_same_in_every_time_zone(policy: Late, minutes: float, hours: int) -> None:
    at = DUE + timedelta(minutes=minutes)
    elsewhere = at.astimezone(timezone(timedelta(hours=hours)))
    assert lateness(policy, elsewhere) == lateness(policy, at)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_a_written_moment_is_read_as_the_same_to_the_second(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC, microsecond=0)
    assert timestamps.read(timestamps.written(at)) == at


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-20T23:59:00+01:00", "2026-11-20T22:59:00Z"),
        ("2026-11-20 23:59", "2026-11-20T22:59:00Z"),
        (" 2026-11-20T22:59:00Z ", "2026-11-20T22:59:00Z"),
        ("20261120T235900+0100", "2026-11-20T22:59:00Z"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, written: str) -> None:
    assert timestamps.written(timestamps.understood(text, DUE.tzinfo)) == written


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("yesterday", UTC, "'yesterday' is no time: write it as 2026-11-20T23:59:00"),
        ("20/11/2026 23:59", UTC, "is no time"),
        ("2026-11-20", UTC, "has no time of day"),
        ("2026-11-20T23:59", None, "has no time zone"),
    ],
)
def test_a_time_that_is_none_or_is_ambiguous_is_refused(
    text: str, zone: timezone | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        timestamps.understood(text, zone)


@pytest.mark.parametrize(
    "late",
    [
        {"due": "2026-11-20T23:59:00"},
        {"due": "2026-11-20T23:59:00Z", "per_day": 1.5},
        {"due": "2026-11-20T23:59:00Z", "per_day": float("nan")},
        {"due": "2026-11-20T23:59:00Z", "grace_minutes": -1},
        {"due": "2026-11-20T23:59:00Z", "grace_minutes": float("nan")},
        {"due": "2026-11-20T23:59:00Z", "floor": 2},
        {"due": "2026-11-20T23:59:00Z", "max_days": -1},
        {"due": "2026-11-20T23:59:00Z", "perday": 0.1},
        {"per_day": 0.1},
    ],
)
def test_a_policy_that_means_nothing_is_refused(late: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(late, Late)
