"""What honest students do around the same answers; every habit keeps every answer."""

from grader.proof.habits.habit import Habit, NotHereError
from grader.proof.habits.registry import HABITS, applied, compatible

__all__ = ["HABITS", "Habit", "NotHereError", "applied", "compatible"]
