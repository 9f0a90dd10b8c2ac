"""From the bytes that a student handed in to cells, or to one line that says what is wrong."""

from __future__ import annotations

import codecs

from grader.notebook.cell import Notebook, Unreadable
from grader.notebook.document import NotANotebookError, read_cells
from grader.notebook.script import read_script
from grader.notebook.sniff import holds_conflict, is_python, sniff

MAX_BYTES = 100 << 20
_UTF_16 = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"{\0": "utf-16-le",
    b"\0{": "utf-16-be",
}
"""How a notebook begins that an editor saved in another encoding."""


def read_notebook(content: bytes, name: str) -> Notebook | Unreadable:
    """The cells of a notebook, or of a Python file if `name` ends in `.py`; runs nothing.

    Whatever the content is, the result is a value: `Unreadable` says in one line that
    begins with `name` what is wrong and what to do.
    """
    try:
        return _read(_text(content), name)
    except NotANotebookError as error:
        line = f"{name} {error}".encode("utf-8", "replace").decode()
        return Unreadable(" ".join(line.split()))


def _text(content: bytes) -> bytes:
    """The content as UTF-8 without a byte order mark, as far as that can be told."""
    if len(content) > MAX_BYTES:
        raise NotANotebookError(
            f"is larger than {MAX_BYTES >> 20} MiB: clear all outputs, save it and hand it in again"
        )
    if not content.strip(b"\0 \t\r\n"):
        raise NotANotebookError("is empty: save the notebook and hand it in again")
    other = sniff(content)
    if other is not None:
        raise NotANotebookError(other)
    utf_16 = next((name for start, name in _UTF_16.items() if content.startswith(start)), None)
    if utf_16 is not None:
        try:
            return content.decode(utf_16).encode()
        except UnicodeDecodeError:
            raise NotANotebookError("is not UTF-8 text: save it again as UTF-8") from None
    return content.removeprefix(codecs.BOM_UTF8)


def _read(content: bytes, name: str) -> Notebook:
    try:
        if name.lower().endswith(".py") or is_python(content):
            cells, module = read_script(content)
            notebook = Notebook(path=name, format="py", cells=cells, module=module)
        else:
            notebook = Notebook(path=name, format="ipynb", cells=read_cells(content))
    except NotANotebookError:
        if holds_conflict(content):
            raise _conflict() from None
        raise
    if notebook.format == "py" and holds_conflict(content):
        raise _conflict()
    if not any(cell.kind == "code" for cell in notebook.cells):
        raise NotANotebookError("has no code cells: hand in the notebook with your answers")
    return notebook


def _conflict() -> NotANotebookError:
    return NotANotebookError(
        "holds the markers of a merge conflict (<<<<<<<): resolve it and hand it in again"
    )
