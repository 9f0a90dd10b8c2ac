"""Things that are closed at the end of a `with` block."""

from __future__ import annotations

from typing import Self


class Closing:
    """A context manager that calls `close()`."""

    def close(self) -> None:
        """Release everything; safe to call twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
