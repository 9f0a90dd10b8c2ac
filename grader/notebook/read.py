"""From the bytes that a student handed in to cells, or to one line that says what is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from grader.notebook.cell import Cell, Kind, Notebook, Unreadable
from grader.notebook.sniff import sniff

MAX_BYTES = 100 << 20
MAX_CELLS = 10_000
_MAX_LENIENT_BYTES = 16 << 20
"""JSON with NaN is read by the standard library, which takes up to thirty times its size."""


class _CellMetadata(msgspec.Struct):
    tags: msgspec.Raw = msgspec.Raw(b"null")
    title: msgspec.Raw = msgspec.Raw(b"null")
