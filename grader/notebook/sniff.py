"""What a file is that should have been a notebook."""

from __future__ import annotations

import ast
import re

from grader.notebook.document import MAX_CODE
from grader.notebook.syntax import parse

_BEGINNINGS = (
    (b"%PDF-", "is a PDF: hand in the notebook itself"),
    (b"{\\rtf", "is a text document (RTF): hand in the notebook itself"),
    (b"\xd0\xcf\x11\xe0", "is an Office document: hand in the notebook itself"),
    (b"\x1f\x8b", "is packed with gzip: unpack it and hand in the file inside"),
    (b"Rar!", "is a RAR archive: unpack it and hand in the file inside"),
    (b"7z\xbc\xaf", "is a 7-Zip archive: unpack it and hand in the file inside"),
    (b"\x89PNG", "is a picture: hand in the notebook itself"),
    (b"\xff\xd8\xff", "is a picture: hand in the notebook itself"),
    (b"\x7fELF", "is a program: hand in the notebook itself"),
    (b"version https://git-lfs", "is a Git LFS pointer: run `git lfs pull` and hand it in again"),
)
_OFFICE = ((b"word/", "Word document"), (b"xl/", "spreadsheet"), (b"ppt/", "presentation"))
_HTML = re.compile(rb"\s*<(?:!doctype html|html|head|script|\?xml|!--)", re.IGNORECASE)
_OURS = re.compile(rb"^<{7}(?: |$)", re.MULTILINE)
_THEIRS = re.compile(rb"^>{7}(?: |$)", re.MULTILINE)


def sniff(content: bytes) -> str | None:
    """What else the content is, and what to do; None if it may be a notebook or a script."""
    for beginning, text in _BEGINNINGS:
        if content.startswith(beginning):
            return text
    if content.startswith(b"PK\x03\x04"):
        kinds = [kind for mark, kind in _OFFICE if mark in content[: 1 << 16]]
        if kinds:
            return f"is a {kinds[0]}: hand in the notebook itself"
        return "is a zip archive: unpack it and hand in the file inside"
    if _HTML.match(content):
        return "is an HTML page: download the raw file and hand that in"
    return None


def is_python(content: bytes) -> bool:
    """Whether it is a script, and neither JSON nor prose of a word or two."""
    if len(content) > MAX_CODE or content.lstrip()[:1] in {b"{", b"["}:
        return False
    tree = parse(content.decode("utf-8", "replace"))
    return isinstance(tree, ast.Module) and any(
        isinstance(node, ast.Assign | ast.Import | ast.ImportFrom | ast.FunctionDef)
        for node in tree.body
    )


def holds_conflict(content: bytes) -> bool:
    """Whether Git left the markers of a merge conflict on lines of their own."""
    return bool(_OURS.search(content) and _THEIRS.search(content))
