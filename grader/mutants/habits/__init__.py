"""What honest students do around the same answers; every habit keeps every answer."""

from grader.mutants.habits.habit import Habit, NotHereError
from grader.mutants.habits.registry import HABITS, applied, compatible

__all__ = ["HABITS", "Habit", "NotHereError", "applied", "compatible"]
