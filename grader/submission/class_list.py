"""A class list as a person saves it: CSV from a spreadsheet or a platform's gradebook."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.printable import printable

MAX_BYTES = 64 << 20


class ClassListFile(msgspec.Struct, frozen=True):
    """Its rows, read and not yet understood."""

    where: str
    """Its path, fit to be printed."""
    headers: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    """Each with its line in the file: header → cell, both without spaces around them."""


def read_class_list(path: Path) -> ClassListFile:
    """Read the file; UsageError in one line, with the remedy, where it is no CSV in UTF-8."""
    where = printable(str(path))
    text = _text(path, where)
    first = text.partition("\n")[0]
    # A comma, or what spreadsheets of other countries write.
    delimiter = max(",;\t", key=first.count)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    if text.count('"') % 2:  # all that follows would be one cell
        raise UsageError(f"{where}: is not CSV (a quotation mark is left open): save it again")
    try:
        headers = tuple(cell.strip() for cell in next(reader, []))
        rows = tuple((reader.line_num, _cells(headers, row)) for row in reader)
    except csv.Error as error:
        line = reader.line_num
        raise UsageError(f"{where}:{line}: is not CSV ({error}): save it again") from error
    return ClassListFile(where, headers, rows)


def _cells(headers: tuple[str, ...], row: list[str]) -> dict[str, str]:
    return {name: cell.strip() for name, cell in zip(headers, row, strict=False) if name}


def _text(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{where}: cannot be read ({error.strerror}): check the path") from error
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{where}: is larger than {MAX_BYTES >> 20} MiB: that is no class list")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: is not UTF-8: save it as “CSV UTF-8”") from error
