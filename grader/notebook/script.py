"""Python files: scripts with `# %%` cells, and modules."""

from __future__ import annotations

import io
import re
import tokenize

from grader.notebook.cell import Cell, Kind
from grader.notebook.document import MAX_CELLS, NotANotebookError
from grader.notebook.syntax import MAX_LENGTH

_MARKER = re.compile(
    r"^[ \t]*#[ \t]*(?:%%+(?:\s|$)|<codecell>|In\[[0-9 ]*\]:?[ \t]*$)", re.MULTILINE
)
_ENCODINGS = ("utf-8", "ascii", "us-ascii", "iso-8859", "latin", "cp125", "windows-125")
"""Others are not needed, and some take time with the square of the length."""
MAX_EFFORT = 500_000_000
"""Lines times cells, about three seconds: jupytext copies the rest of the file for each cell."""
_KINDS: dict[str, Kind] = {"code": "code", "markdown": "markdown"}


def read_script(content: bytes) -> tuple[tuple[Cell, ...], bool]:
    """The cells, and whether it is a module, which has no cells. Raises NotANotebookError."""
    if len(content) > 4 * MAX_LENGTH:
        raise NotANotebookError("has more than 4 MB of code: hand in only your own")
    text = _decode(content)
    markers = sum(1 for _ in _MARKER.finditer(text))
    if markers > MAX_CELLS:
        raise NotANotebookError(f"has more than {MAX_CELLS:,} cells: take out what is not needed")
    fits = len(text) <= MAX_LENGTH and markers * text.count("\n") <= MAX_EFFORT
    cells = _cells(text) if markers and fits else ()
    return (cells, False) if cells else ((Cell(index=0, kind="code", source=text),), True)


def _decode(content: bytes) -> str:
    """The text, in UTF-8 or what its coding line says (PEP 263)."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if not encoding.startswith(_ENCODINGS):
            raise NotANotebookError("is not UTF-8 text: save it as UTF-8 and hand it in again")
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        raise NotANotebookError(
            "is not UTF-8 text: save it as UTF-8 and hand it in again"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cells(text: str) -> tuple[Cell, ...]:
    import jupytext

    # A comment `# %matplotlib` is one when Python runs the file, so it stays one.
    percent = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    try:
        cells = jupytext.reads(text, fmt=percent).cells
    except Exception:  # noqa: BLE001 - an odd header; the markers are comments to Python
        return ()
    return tuple(
        Cell(
            index=index,
            kind=_KINDS.get(cell.cell_type, "raw"),
            source=cell.source,
            tags=tuple(tag for tag in cell.metadata.get("tags", ()) if isinstance(tag, str)),
            title=str(cell.metadata.get("title", "")),
        )
        for index, cell in enumerate(cells)
    )
