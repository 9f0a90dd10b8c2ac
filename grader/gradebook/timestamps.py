"""Moments as text: ISO 8601 in UTC, so that the order of text is the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from grader.errors import UsageError


def now() -> str:
    """The current moment, to the millisecond: two regrades within a second differ."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written(moment: datetime) -> str:
    """A moment to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """What `written` or `now` wrote."""
    return datetime.fromisoformat(text)


def understood(text: str, zone: tzinfo | None) -> datetime:
    """A time as people and LMSs write it; one without a time zone is meant in `zone`.

    Raises UsageError, also where there is no zone to mean it in.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{text.strip()!r} is no time: write it as 2026-11-20T23:59:00+01:00"
        ) from None
    if len(text.strip()) <= len("2026-11-20"):
        raise UsageError(
            f"{text.strip()!r} has no time of day: write it as 2026-11-20T23:59:00+01:00"
        )
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise UsageError(
            f"{text.strip()!r} has no time zone: write it as 2026-11-20T23:59:00+01:00"
        )
    return moment.replace(tzinfo=zone)
