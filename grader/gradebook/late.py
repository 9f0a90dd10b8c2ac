"""What lateness costs: a share of the score, by the assignment's [late]."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from grader.assignment import Late

DAY = 86_400


class Lateness(msgspec.Struct, frozen=True):
    days: int
    """Days begun after the deadline; 0 within the grace."""
    share: float
    """Share of the score that is lost, 0 … 1."""


def lateness(policy: Late, submitted_at: datetime) -> Lateness:
    """How late, and at what price."""
    over = (submitted_at - policy.due).total_seconds()
    if over <= 0 or over <= policy.grace_minutes * 60:
        return Lateness(0, 0.0)
    days = math.ceil(over / DAY)
    out_of_days = policy.max_days is not None and days > policy.max_days
    lost = 1.0 if out_of_days else min(policy.per_day * days, 1.0)
    return Lateness(days, min(lost, 1.0 - policy.floor))
