"""How much work one submission may be: a text of a megabyte can ask for hours of analysis."""

from __future__ import annotations

MAX_LIFETIMES = 1_000
MAX_STATEMENTS = 20_000
MAX_UNITS = 2_000_000
"""Nodes of syntax trees, names and flows that are looked at: some seconds. Notebooks of this
exercise take about ten thousand."""


class TooIntricateError(Exception):
    """More than a person would write; says of what, as the object of "holds"."""


class Effort:
    """What is left of it, shared by everything that looks at one submission."""

    def __init__(self) -> None:
        self._units = 0
        self._statements = 0

    def spend(self, units: int) -> None:
        """Raises TooIntricateError once there is nothing left."""
        self._units += units
        if self._units > MAX_UNITS:
            raise TooIntricateError("code that takes too long to be understood")

    def statements(self, number: int) -> None:
        """The same for a block of so many statements."""
        self._statements += number
        if self._statements > MAX_STATEMENTS:
            raise TooIntricateError(f"more than {MAX_STATEMENTS:,} statements")
