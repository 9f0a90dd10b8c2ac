"""Why there is no assignment."""

from __future__ import annotations


class DraftError(Exception):
    """Why no assignment can be made of a file, and what to do."""
