"""The JSON of a notebook: only what grading needs is decoded, outputs are skipped."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from grader.notebook.cell import Cell, Kind

MAX_CELLS = 10_000
MAX_SOURCE = 16 << 20
"""Bytes of all cells' sources as they stand in the file."""
MAX_CODE = 2 << 20
"""The same of code cells."""
_MAX_LENIENT = 16 << 20
"""Bytes of JSON that only the standard library reads: it takes up to thirty times as many."""
_MAX_CELL_METADATA = 1 << 16
_KINDS: dict[str, Kind] = {"code": "code", "markdown": "markdown", "heading": "markdown"}


class NotANotebookError(ValueError):
    """What is wrong with a file, to follow its name, and what to do."""


class _Kernel(msgspec.Struct):
    name: str | None = None
    language: str | None = None


class _Metadata(msgspec.Struct):
    kernelspec: _Kernel | None = None
    language_info: _Kernel | None = None


class _Cell(msgspec.Struct):
    cell_type: str
    source: msgspec.Raw = msgspec.Raw(b'""')
    metadata: msgspec.Raw = msgspec.Raw(b"{}")


class _OldCell(msgspec.Struct):
    """Of nbformat 3."""

    cell_type: str
    input: msgspec.Raw = msgspec.Raw(b'""')
    source: msgspec.Raw = msgspec.Raw(b'""')
    metadata: msgspec.Raw = msgspec.Raw(b"{}")


class _Worksheet(msgspec.Struct):
    cells: list[_OldCell] = []


class _Document(msgspec.Struct):
    cells: list[_Cell] | None = None
    worksheets: msgspec.Raw = msgspec.Raw(b"")
    metadata: _Metadata | None = None
    nbformat: int = 4


class _CellMetadata(msgspec.Struct):
    tags: list[str] = []


_documents = msgspec.json.Decoder(_Document)
_worksheets = msgspec.json.Decoder(list[_Worksheet])
_sources = msgspec.json.Decoder(str | list[str] | None)
_cell_metadata = msgspec.json.Decoder(_CellMetadata)


def read_cells(content: bytes) -> tuple[Cell, ...]:
    """The cells of a notebook of nbformat 3 or 4. Raises NotANotebookError.

    Lenient: missing ids, outputs and metadata, NaN, and unknown keys do not matter.
    """
    document = _decode(content)
    if document.nbformat > 4 or document.nbformat < 3:
        raise NotANotebookError(
            f"has notebook format {document.nbformat}: save it as format 4 (any current Jupyter)"
        )
    if document.cells is None:
        if not bytes(document.worksheets):
            raise NotANotebookError("is JSON, but not a notebook: hand in the .ipynb file")
        document.cells = _upgraded(document.worksheets)
        _check_size(document.cells)
    _check_language(document.metadata or _Metadata())
    return tuple(_cell(index, cell) for index, cell in enumerate(document.cells))


def _decode(content: bytes) -> _Document:
    if content.count(b'"cell_type"') > MAX_CELLS:
        raise NotANotebookError(f"has more than {MAX_CELLS:,} cells: take out what is not needed")
    try:
        document = _lenient(content)
    except msgspec.ValidationError as error:
        if " - at " not in str(error):
            raise NotANotebookError(
                "is JSON, but not a notebook: hand in the .ipynb file"
            ) from None
        raise NotANotebookError(
            f"is damaged ({error}): open it in Jupyter and save it again"
        ) from None
    except RecursionError:
        raise NotANotebookError("is nested too deeply to be a notebook: save it again") from None
    _check_size(document.cells or [])
    return document


def _check_size(cells: list[_Cell]) -> None:
    if len(cells) > MAX_CELLS:
        raise NotANotebookError(f"has more than {MAX_CELLS:,} cells: take out what is not needed")
    sizes = [(cell.cell_type, len(memoryview(cell.source))) for cell in cells]
    if sum(size for _, size in sizes) > MAX_SOURCE:
        raise NotANotebookError("has over 16 MiB of code and text: take out what is not needed")
    if sum(size for kind, size in sizes if kind == "code") > MAX_CODE:
        raise NotANotebookError("has over 2 MiB of code: hand in only your own")


def _lenient(content: bytes) -> _Document:
    try:
        return _documents.decode(content)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _documents.decode(_strict(content))


def _strict(content: bytes) -> bytes:
    """JSON that msgspec takes: without NaN, line breaks in strings and lone surrogates."""
    if len(content) > _MAX_LENIENT:
        raise NotANotebookError(
            "is not valid JSON: clear all outputs, save it and hand it in again"
        )
    try:
        data = json.loads(
            content.decode(),
            strict=False,
            parse_constant=lambda _: None,
            parse_float=lambda _: 0.0,  # 1e999 is infinite, which no JSON can say
            parse_int=lambda digits: int(digits) if len(digits) < 10 else 0,
        )
    except UnicodeDecodeError:
        raise NotANotebookError("is not UTF-8 text: open it in Jupyter and save it again") from None
    except json.JSONDecodeError as error:
        raise NotANotebookError(
            f"is not valid JSON (line {error.lineno}: {error.msg}): "
            "open it in Jupyter, save it and hand it in again"
        ) from None
    return _json(data)


def _json(data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _upgraded(worksheets: msgspec.Raw) -> list[_Cell]:
    """The cells of a notebook of nbformat 3 as those of nbformat 4."""
    try:
        old = [cell for sheet in _worksheets.decode(worksheets) for cell in sheet.cells]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotANotebookError(
            "has the old notebook format 3 and is damaged: open it in Jupyter and save it again"
        ) from None
    return [
        _Cell(
            cell.cell_type, cell.input if cell.cell_type == "code" else cell.source, cell.metadata
        )
        for cell in old
    ]


def _check_language(metadata: _Metadata) -> None:
    info, kernel = metadata.language_info or _Kernel(), metadata.kernelspec or _Kernel()
    languages = [name for name in (info.name, kernel.language) if name]
    if languages and not any("python" in name.casefold() for name in languages):
        language = languages[0][:40]
        raise NotANotebookError(f"is written in {language}: hand in a Python notebook")


def _cell(index: int, cell: _Cell) -> Cell:
    try:
        source = _sources.decode(cell.source) or ""
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = f"cell {index}, source: {error}"
        raise NotANotebookError(
            f"is damaged ({why}): open it in Jupyter and save it again"
        ) from None
    text = source if isinstance(source, str) else "".join(source)
    return Cell(
        index=index,
        kind=_KINDS.get(cell.cell_type, "raw"),
        source=text.replace("\r\n", "\n").replace("\r", "\n"),
        tags=_tags(cell.metadata),
    )


def _tags(metadata: msgspec.Raw) -> tuple[str, ...]:
    """Tags are a help: what is odd about them costs nothing."""
    if len(memoryview(metadata)) > _MAX_CELL_METADATA:
        return ()
    try:
        return tuple(_cell_metadata.decode(metadata).tags)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
