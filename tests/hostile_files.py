"""Submissions that are broken or hostile as files, each with what has to come of it.

Small ones are folders in tests/submissions/hostile, as they were handed in, with an
`expected.toml`; large ones, and those with honest work in them, are made here.
"""

from __future__ import annotations

import json
import os
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from conftest import BACKWARD, FORWARD, SETUP, markdown, notebook

FOLDER = Path(__file__).parent / "submissions" / "hostile"
HONEST = (SETUP, FORWARD, BACKWARD)
LIVE = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
    "<svg onload=window.pwned=1><iframe srcdoc='<script>parent.pwned=1</script>'></iframe>"
    "</textarea></style></title></pre>-->]]>{{7*7}}<a href=javascript:window.pwned=1>x</a>"
)
COMMANDS = (
    "\x1b]0;pwned\x07\x1b[2J\x1b[31m\r\n::error::pwned\n##[error]pwned%0A::set-output name=a::b"
)


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file must come to."""

    tried: str
    outcome: Literal["as if absent", "zero", "ungraded"]
    """as if absent: marked as the honest cells in it; zero: nothing can be marked."""
    says: str = ""
    """Pattern in the scorecard's reason, or where there is none in its notes and errors."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A student's folder in the class."""

    name: str
    expected: Expected
    write: Callable[[Path], object]
    """Writes what was handed in into the folder that it is given."""


def cases() -> Iterator[Case]:
    """Every one of them."""
    for folder in sorted(path.parent for path in FOLDER.glob("*/expected.toml")):
        expected = msgspec.toml.decode((folder / "expected.toml").read_bytes(), type=Expected)
        yield Case(name=folder.name, expected=expected, write=_copy_of(folder))
    for name, (tried, says, content) in AS_IF_ABSENT.items():
        file = "x.py" if name.startswith("script") else "x.ipynb"
        yield Case(
            name=name,
            expected=Expected(tried=tried, outcome="as if absent", says=says),
            write=_file(file, content),
        )
    for name, (tried, says, write) in ZERO.items():
        yield Case(
            name=name, expected=Expected(tried=tried, outcome="zero", says=says), write=write
        )


def _copy_of(folder: Path) -> Callable[[Path], object]:
    def write(to: Path) -> None:
        for path in folder.iterdir():
            if path.name != "expected.toml":
                (to / path.name).write_bytes(path.read_bytes())

    return write


def _file(name: str, content: bytes | Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda to: (to / name).write_bytes(content() if callable(content) else content)


def _cells(*extra: str | dict[str, Any]) -> bytes:
    """An honest notebook with more cells at its end."""
    return notebook(*HONEST, *extra)


def _changed(**fields: Any) -> bytes:
    """An honest notebook with other fields at its top."""
    return json.dumps(json.loads(_cells()) | fields).encode()


def _odd_fields() -> bytes:
    document = json.loads(_cells())
    for cell in document["cells"]:
        cell |= {"metadata": {"tags": [{}, 5], "x": None}, "outputs": 5, "id": [], "attachments": 1}
    return json.dumps(document | {"metadata": {"kernelspec": None}, "more": [[]]}).encode()


def _old_format() -> bytes:
    cells = [
        {"cell_type": "code", "language": "python", "input": cell, "outputs": []} for cell in HONEST
    ]
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]}).encode()


def _numbers() -> bytes:
    odd = b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": ' + b"9" * 10_000 + b', "cells"'
    return _cells().replace(b'{"cells"', odd, 1)


def _script(header: str) -> bytes:
    return "\n# %%\n".join([header, *HONEST]).encode()


YAML_BOMB = "\n".join(
    ["# ---", "# jupyter:", "#   a: &a [x, x, x, x, x, x, x, x, x]"]
    + [
        f"#   {new}: &{new} [{', '.join(9 * [f'*{old}'])}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    + ["# ---", ""]
)

_Content = bytes | Callable[[], bytes]
AS_IF_ABSENT: dict[str, tuple[str, str, _Content]] = {
    "utf_8_with_a_mark": ("UTF-8 with a byte order mark", "", b"\xef\xbb\xbf" + _cells()),
    "utf_16": ("UTF-16 with its mark", "", lambda: _cells().decode().encode("utf-16")),
    "utf_16_without_a_mark": ("UTF-16 without it", "", lambda: _cells().decode().encode("utf-16-be")),
    "keys_twice": (
        "every key twice: as in Python the last counts",
        "",
        _cells().replace(b'{"cells"', b'{"nbformat": 3, "cells": [], "cells"', 1),
    ),
    "odd_fields": ("tags, outputs, ids and metadata of other types", "", _odd_fields),
    "odd_numbers": ("NaN, infinity and a number of 10,000 digits in it", "", _numbers),
    "old_format": ("notebook format 3", "", _old_format),
    "nested_200": ("metadata 200 levels deep", "", _changed(x=json.loads("[" * 200 + "]" * 200))),
    "outputs_of_90_mb": (
        "outputs and an attachment of 90 MB",
        "",
        lambda: _cells(
            {"cell_type": "code", "source": "1", "outputs": [{"data": {"image/png": "A" * (60 << 20)}}]},
            markdown("![](attachment:a.png)") | {"attachments": {"a.png": {"image/png": "A" * (30 << 20)}}},
        ),
    ),
    "script_yaml_bomb": ("a header that unfolds to 300 million entries", "", _script(YAML_BOMB)),
    "parentheses": ("a cell of a million parentheses", "too many nested", _cells("(" * 1_000_000)),
    "minus_signs": ("100,000 minus signs", "time or memory", _cells("-" * 100_000 + "1")),
    "attributes": ("a.b.b.b… of 100,000 parts", "nested too deeply", _cells("a" + ".b" * 100_000)),
    "branches": (
        "5,000 times elif",
        "nested too deeply",
        _cells("if a:\n  b\n" + "elif a:\n  b\n" * 5_000),
    ),
    "import_of_100_000_parts": (
        "import a.b.b.b…: a parser takes 11 GB for it",
        "time or memory",
        _cells("import a" + ".b" * 100_000),
    ),
    "digits": ("a number of a million digits", "Exceeds the limit", _cells("9" * 999_999)),
    "a_long_line": ("a line of more than a million characters", "1,000,000", _cells("#" * 1_000_001)),
    "null_bytes": ("a null byte in a cell", "null bytes", _cells("x = '\0'")),
    "half_a_pair": ("half of a surrogate pair", "", _cells("x = '\udcff \ud800'")),
    "quotes": ("100,000 quotes, which a tokenizer reads for hours", "unterminated", _cells("# Exercise 1\n'" + "\\'" * 100_000)),
    "magics": ("10,000 lines of magic that only IPython reads", "", _cells("x = !ls\n" * 10_000)),
    "live_everywhere": (
        "HTML, SVG and script in code, comments, text, errors and outputs",
        "",
        _cells(
            f"dh = dh  # {LIVE}\nprint({LIVE!r})",
            f"raise ValueError({LIVE!r})",
            f"class E(Exception): pass\nE.__name__ = {LIVE!r}\nraise E()",
            markdown(f"# {LIVE}\n\n{LIVE}\n\n```html\n{LIVE}\n```\n\n[x](javascript:window.pwned=1)"),
            LIVE,
            f"class R:\n  def __repr__(self): return {LIVE!r}\nR()",
            f"class R:\n  def _repr_html_(self): return {LIVE!r}\nR()",
            {"cell_type": LIVE, "source": LIVE},
        ),
    ),
    "commands_everywhere": (
        "commands to terminals and CI services in errors and outputs",
        "",
        _cells(f"print({COMMANDS!r})", f"raise ValueError({COMMANDS!r})", f"1/0 # {COMMANDS}"),
    ),
}  # fmt: skip


def _many(line: str, number: int) -> _Content:
    return lambda: notebook("".join(line.format(i) for i in range(number)))


_Write = Callable[[Path], object]
ZERO: dict[str, tuple[str, str, _Write]] = {
    "nested_100_000": (
        "JSON 100,000 levels deep",
        "nested too deeply",
        _file("x.ipynb", b'{"cells": [], "x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001),
    ),
    "a_million_cells": (
        "a million cells",
        "more than 10,000 cells",
        _file(
            "x.ipynb",
            lambda: b'{"cells": [%s]}' % b",".join([b'{"cell_type":"code","source":"x"}'] * 10**6),
        ),
    ),
    "over_100_mb": (
        "a file of 1 TB, sparse",
        "larger than 100 MiB",
        lambda to: [(to / "x.ipynb").touch(), os.truncate(to / "x.ipynb", 1 << 40)],
    ),
    "lifetimes": (
        "30,000 assignments of one gradient",
        "more than 1,000 assignments of gradients|more than 20,000 statements",
        _file("x.ipynb", _many("dh = {}\n", 30_000)),
    ),
    "functions": (
        "30,000 functions",
        "more than 20,000 statements",
        _file("x.ipynb", _many("def f{}(): return h\n", 30_000)),
    ),
    "calls": (
        "2,000 calls of a function of 2,000 names: their product is what an analysis takes",
        "takes too long to be understood",
        _file(
            "x.ipynb",
            lambda: notebook(
                "emb = C[Xb]\n"
                f"def f(): return [{','.join(f'a{i}' for i in range(2_000))}]\n" + "y = f()\n" * 2_000
            ),
        ),
    ),
    "a_pipe": ("a pipe called x.ipynb", "not an ordinary file", lambda to: os.mkfifo(to / "x.ipynb")),
    "a_socket": ("a socket called x.ipynb", "not an ordinary file", lambda to: _socket(to / "x.ipynb")),
    "a_folder": ("a folder called x.ipynb", "holds no notebook", lambda to: (to / "x.ipynb").mkdir()),
    "a_link_out": (
        "a link to /etc/passwd",
        "leaves the given folder",
        lambda to: (to / "x.ipynb").symlink_to("/etc/passwd"),
    ),
    "a_link_up": (
        "a link to ../../solution.ipynb",
        "leaves the given folder|cannot be followed",
        lambda to: (to / "x.ipynb").symlink_to("../../solution.ipynb"),
    ),
    "a_link_to_itself": (
        "a link to itself",
        "cannot be followed",
        lambda to: (to / "x.ipynb").symlink_to("x.ipynb"),
    ),
    "a_loop_of_folders": (
        "a link to the folder that it stands in",
        "link to a folder that it stands in",
        lambda to: (to / "again").symlink_to(to),
    ),
    "zip_of_100_000": (
        "a zip of 100,000 files",
        "holds no notebook",
        lambda to: _zip(to / "x.zip", 100_000),
    ),
}  # fmt: skip


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path may only have some hundred bytes
        try:
            bound.bind(path.name)
        finally:
            os.chdir(here)


def _zip(path: Path, number: int) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(number):
            archive.writestr(f"{index}.txt", b"")


NAMES = [
    "con.ipynb",
    "aux.ipynb",
    "NUL.ipynb",
    "-rf.ipynb",
    "--out=x.ipynb",
    "a b.ipynb",
    "\U0001f600.ipynb",
    "\U0001f600\U0001f601.ipynb",
    "gnp\u202e.ipynb",
    "line\nbreak.ipynb",
    "tab\tbell\x07.ipynb",
    "\x1b[31mred.ipynb",
    "::error::pwned.ipynb",
    "##[error]pwned.ipynb",
    "x%0A::error::.ipynb",
    "=cmd|'!A0.ipynb",
    "+1.ipynb",
    "@sum.ipynb",
    "<script>window.pwned=1<\u2215script>.ipynb",
    "<img src=x onerror=window.pwned=1>.ipynb",
    '" onmouseover="window.pwned=1.ipynb',
    "javascript:window.pwned=1.ipynb",
    "{{7*7}}.ipynb",
    "index.html.ipynb",
    "grades.csv.ipynb",
    "results.json.ipynb",
    "Anna.ipynb",
    "anna.ipynb",
    "ANNA.ipynb",
    "Jos\u00e9.ipynb",
    "Jose\u0301.ipynb",
    "\ufb01n.ipynb",
    "fin.ipynb",
    "stra\u00dfe.ipynb",
    "STRASSE.ipynb",
    "n" * 249 + ".ipynb",
    "\u00fc" * 124 + ".ipynb",
    b"not text \xff\xfe.ipynb".decode("utf-8", "surrogateescape"),
]
"""Names that file systems of Linux take, and that something else does not."""
