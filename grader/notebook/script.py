"""Python files: scripts with `# %%` cells, marimo's notebooks, and modules."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from grader.notebook.cell import Cell, Kind
from grader.notebook.document import MAX_CELLS, MAX_CODE, NotANotebookError
from grader.notebook.marimo import read_marimo
from grader.notebook.syntax import SyntaxProblem, parse

_TOKEN = re.compile(
    r"""
    ^[ \t]*\#[ \t]*(?:%%+(?=\s|\Z)|<codecell>|In\[[0-9\ ]*\]:?(?=[ \t]*$))(?P<options>[^\n]*)\n?
  | (?P<quote>\"{3}|'{3})[^\\"']*(?:(?:\\.|(?!(?P=quote))["'])[^\\"']*)*(?:(?P=quote)|\\?\Z)
  | "[^"\\\n]*(?:\\.[^"\\\n]*)*"?
  | '[^'\\\n]*(?:\\.[^'\\\n]*)*'?
  | \#[^\n]*+
  | ^[ \t]*[%!][^\n]*+
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
"""Cell markers, and everything in which what looks like one is none.

Without possessive groups: Python before 3.11.5 goes wrong with them.
"""
_HEADER = re.compile(
    r"(?:#!.*\n)?(?:#.*coding.*\n)?(?:#[ \t]*\n)*"
    r"#[ \t]*---[ \t]*\n(?:#.*\n)*?#[ \t]*---[ \t]*(?:\n+|\Z)"
)
"""What jupytext writes at the top: YAML, which nobody here has to read."""
_KIND = re.compile(r"\[(markdown|md|raw)\]", re.IGNORECASE)
_TAGS = re.compile(r"\btags[\"']?\s*[=:]\s*\[([^\]]*)\]")
_TITLE_END = re.compile(r"\[(?:markdown|md|raw)\]|\w+\s*=|\{", re.IGNORECASE)
_COMMENT = re.compile(r"^[ \t]*#[ ]?", re.MULTILINE)
_TEXT = re.compile(r"""\s*(\"{3}|'{3})(.*)\1\s*""", re.DOTALL)
_CELL_MAGIC = "get_ipython().run_cell_magic("
_MAX_OPTIONS = 1000
_ENCODINGS = ("utf-8", "ascii", "us-ascii", "iso-8859", "latin", "cp125", "windows-125")
"""Others are not needed, and some take time with the square of the length."""


def read_script(content: bytes) -> tuple[tuple[Cell, ...], bool]:
    """The cells, and whether it is a module, which has no cells. Raises NotANotebookError."""
    if len(content) > MAX_CODE:
        raise NotANotebookError("has more than 2 MiB of code: hand in only your own")
    text = _decode(content)
    if cells := read_marimo(text):
        return cells, False
    header = _HEADER.match(text)
    script = text[header.end() :] if header else text
    markers = [match for match in _TOKEN.finditer(script) if match["options"] is not None]
    if len(markers) > MAX_CELLS:
        raise NotANotebookError(f"has more than {MAX_CELLS:,} cells: take out what is not needed")
    if not markers:
        return (Cell(index=0, kind="code", source=text),), True
    return tuple(_cells(script, markers)), False


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


def _cells(script: str, markers: list[re.Match[str]]) -> Iterator[Cell]:
    before = script[: markers[0].start()].rstrip()
    first = 1 if before else 0
    if before:
        yield Cell(index=0, kind="code", source=before)
    ends = [*(match.start() for match in markers[1:]), len(script)]
    for index, (marker, end) in enumerate(zip(markers, ends, strict=True), start=first):
        options = marker["options"][:_MAX_OPTIONS].strip()
        kind, source = _kind(options), _unwrapped(script[marker.end() : end].rstrip())
        tags = _TAGS.search(options)
        yield Cell(
            index=index,
            kind=kind,
            source=source if kind == "code" else _prose(source),
            tags=tuple(re.findall(r"[\"']([^\"']*)[\"']", tags[1])) if tags else (),
            title=_TITLE_END.split(options, maxsplit=1)[0].strip(),
        )


def _unwrapped(source: str) -> str:
    """A cell with a cell magic, of which nbconvert makes a call with the cell in a string."""
    if not source.lstrip().startswith(_CELL_MAGIC):
        return source
    tree = parse(source.lstrip())
    if isinstance(tree, SyntaxProblem) or len(tree.body) != 1:
        return source
    match tree.body[0]:
        case ast.Expr(
            ast.Call(
                args=[ast.Constant(str(name)), ast.Constant(str(line)), ast.Constant(str(cell))]
            )
        ):
            return f"%%{name} {line}\n{cell}".rstrip()
    return source


def _kind(options: str) -> Kind:
    found = _KIND.search(options)
    if found is None:
        return "code"
    return "raw" if found[1].lower() == "raw" else "markdown"


def _prose(source: str) -> str:
    """Text that stands in comments, or in a string of its own."""
    text = _TEXT.fullmatch(source)
    return text[2].strip("\n") if text else _COMMENT.sub("", source)
