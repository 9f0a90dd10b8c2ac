"""Notebooks: real cells taken apart and put together wrongly, in files that are odd in every way."""

from __future__ import annotations

import ast
import json
from functools import cache
from typing import Any, NamedTuple

from conftest import BUNDLED, SOLUTION
from hypothesis import strategies as st

from grader.assignment import load_assignment

HEADINGS = (
    "# Exercise 1",
    "# exercise 2: all at once",
    "## Exercise 4",
    "# Exercise 99",
    "#exercise 3",
)
MAGICS = (
    "%matplotlib inline",
    "%%time",
    "%%bash",
    "%%timeit",
    "%time {d} = 1",
    "!ls {d}",
    "x = !ls",
    "{d}?",
    "?{d}",
    "%load_ext {d}",
    "%%writefile {d}.py",
    ">>> {d} = 1",
    "In [1]: {d} = 1",
    ", {d} {d}",
    "/{d}",
)
STATEMENTS = (
    "{d} = {e}",
    "{d} += {e}",
    "{d} = {d}",
    "{d} = None",
    "{d}: int = {e}",
    "{d}[{i}] = {e}",
    "{d}.data.view(-1)[{i}] += {e}",
    "{d}.index_add_(0, {i}, {e})",
    "{d}.{t}.{d} = {e}",
    "{d} = {d2} = {e}",
    "{d}, *{d2} = {e}, {e}",
    "({d}, [{d2}, {t}]) = {e}",
    "{t} = {e}",
    "{t} = {t}",
    "{t}.grad = {e}",
    "{t}.retain_grad(); loss.backward()",
    "del {d}, {t}",
    "global {d}, {t}",
    "nonlocal {d}",
    "import {d} as {t}",
    "from {t} import {d}",
    "for {d} in {e}: {d2} = {d}",
    "for _ in range({i}):\n    {d} = {e}\n    {t}.data += {d}\nelse:\n    {d} = 1",
    "for {t}, {d} in zip({e}, {e}):\n    {t}.data -= {d}",
    "while {d} := {e}: break",
    "with {e} as {d}, {e} as ({t}, {d2}): {d} = {t}",
    "if {e}: {d} = {e}\nelif {e}: {d} += {e}\nelse: {d2} = {d}",
    "try: {d} = {e}\nexcept {e} as {d}: pass\nelse: {d2} = {d}\nfinally: {d} = {e}",
    "def {d}({t}, *, {d2}={e}): return {d2}",
    "def backward({t}=None):\n    global {d}\n    {d} = {e}\n    return {d}, {d2}",
    "class {d}({e}):\n    {d2} = {e}\n    def f(self): self.{d} = {e}",
    "async def f():\n    async for {d} in {e}: await {d}\n    async with {e} as {t}: yield {d}",
    "@{e}\ndef f(): {d} = {e}",
    "match {e}:\n    case [{d}, *{t}]: {d2} = {d}\n    case {{'x': {d}}}: pass\n    case _: {d} = {e}",
    "lambda {d}: ({d} := {e})",
    "exec('{d} = {e}')",
    "globals()['{d}'] = {e}",
    "assert {d} is {t}, {e}",
    "raise {e} from {e}",
    "return {d}",
    "yield {d}",
    "break",
    "print({d})",
    "{d}",
    "pass",
    "# {d} = {e}",
    "'''{d} = {e}\n# Exercise 2\n'''",
)
EXPRESSIONS = (
    "{d}",
    "{t}",
    "{t}.grad",
    "{t}.shape",
    "torch.zeros_like({t})",
    "{d} * {t}",
    "({d} @ {t}.T).sum(0, keepdim=True)",
    "f({d}, {t})",
    "[{d} for {t} in {d2} if {d}]",
    "{{{d}: {t} for {d} in {t}}}",
    "lambda: {d}",
    "({d} := {t})",
    "{d} if {t} else {d2}",
    "*{d}",
    "**{d}",
    "f'{{{d}}} {{{t}!r:>{{{d}}}}}'",
    "getattr({t}, '{d}')",
    "torch.autograd.grad(loss, {t})",
    "torch.func.vjp({t}, {d})",
    "{t}.grad_fn(({d},))",
    "layer.{d}",
    "{d}[{i}, ..., None:{i}]",
    "await {d}",
    "None",
    "(yield {d})",
    "{i}",
    "1e999",
    "not " * 30 + "{d}",
    "(" * 30 + "{d}" + ")" * 30,
)
INDICES = ("0", "range(n), Yb", "-1", "Xb", "10**10", "...", "", "'a'", ":", "{d}", "1_000", "٣")
TEXT = (
    "<script>window.pwned=1</script>",
    "\x00",
    "\ud800",
    "\u202e",
    "\u2028",
    "\x0c",
    "\r",
    "::error::",
    "\x1b[31m",
    "ｄｈ = 1",
    "dℎ = 1",
    "\t",
    "\\",
    "'''",
    "(",
    ")",
    "é",
    "𝒹 = 1",
    "# %%",
    "# ---",
)


class Pool(NamedTuple):
    """What real submissions are made of."""

    cells: tuple[str, ...]
    statements: tuple[str, ...]
    gradients: tuple[str, ...]
    tensors: tuple[str, ...]


@cache
def pool() -> Pool:
    """From the solution, the starter and the examples."""
    files = [SOLUTION, BUNDLED / "starter.ipynb", *sorted((BUNDLED / "examples").glob("*.ipynb"))]
    cells = []
    for path in files:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = cell["source"]
            cells.append(source if isinstance(source, str) else "".join(source))
    assignment = load_assignment(BUNDLED)
    return Pool(
        cells=tuple(dict.fromkeys(cells)),
        statements=tuple(dict.fromkeys(s for cell in cells for s in _statements(cell))),
        gradients=(*assignment.gradient_names, "d", "dx", "d_"),
        tensors=(*assignment.tensor_names, *assignment.input_names, "x", "p", "parameters"),
    )


def _statements(cell: str) -> list[str]:
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        return []
    return [ast.get_source_segment(cell, node) or "pass" for node in tree.body]


@st.composite
def statements(draw: st.DrawFn) -> str:
    """One statement: a real one, an odd one, a magic, or no statement at all."""
    known = pool()
    template = draw(
        st.sampled_from(known.statements)
        | st.sampled_from(STATEMENTS).map(lambda text: f"\0{text}")
        | st.sampled_from(MAGICS).map(lambda text: f"\0{text}")
        | st.sampled_from(TEXT)
        | st.sampled_from(HEADINGS)
    )
    if not template.startswith("\0"):
        return template

    def filled(text: str, depth: int = 0) -> str:
        for place in ("e", "i", "d2", "d", "t"):
            while f"{{{place}}}" in text:
                if place == "e":
                    new = draw(st.sampled_from(EXPRESSIONS)) if depth < 3 else "x"
                    new = filled(new, depth + 1)
                elif place == "i":
                    new = draw(st.sampled_from(INDICES))
                else:
                    new = draw(st.sampled_from(known.tensors if place == "t" else known.gradients))
                text = text.replace(f"{{{place}}}", new, 1)
        return text

    return filled(template[1:]).replace("{{", "{").replace("}}", "}")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real cell with lines left out, doubled, moved, indented, spliced in or cut off."""
    lines = draw(st.sampled_from(pool().cells)).split("\n")
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 6)):
            case 0:
                del lines[at : at + draw(st.integers(1, 3))]
            case 1:
                lines.insert(at, lines[at])
            case 2:
                lines.insert(draw(st.integers(0, len(lines))), lines.pop(at))
            case 3:
                lines[at] = " " * draw(st.integers(0, 9)) + lines[at]
            case 4:
                lines[at:at] = draw(statements()).split("\n")
            case 5:
                lines[at] = lines[at][: draw(st.integers(0, 80))]
            case _:
                cut = draw(st.integers(0, 80))
                lines[at] = lines[at][:cut] + draw(st.sampled_from(TEXT)) + lines[at][cut:]
        lines = lines or [""]
    return "\n".join(lines)


sources = st.one_of(
    st.sampled_from(range(len(pool().cells))).map(lambda index: pool().cells[index]),
    mutated(),
    mutated(),
    st.lists(statements(), max_size=12).map("\n".join),
    st.text(max_size=40),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(TEXT),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tags", "kernelspec", "name", "language", "source", "cells", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
_tags = st.lists(st.sampled_from(["exercise-1", "exercise-4", "x", 5]), max_size=2)


@st.composite
def cells(draw: st.DrawFn) -> dict[str, Any]:
    """One cell; now and then a field is of another type."""
    source: Any = draw(sources)
    if draw(st.booleans()):
        source = source.splitlines(keepends=True)
    cell = {
        "cell_type": draw(
            st.sampled_from(["code"] * 8 + ["markdown", "raw", "heading", "", "Code"])
        ),
        "metadata": {"tags": draw(_tags)},
        "source": source,
    }
    if draw(st.integers(0, 30)) == 0:
        cell[draw(st.sampled_from([*cell, "outputs", "id", "attachments"]))] = draw(json_values)
    return cell


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A notebook as a file."""
    document: dict[str, Any] = {
        "cells": draw(st.lists(cells(), max_size=8)),
        "metadata": {},
        "nbformat": 4,
    }
    if draw(st.integers(0, 10)) == 0:
        document[draw(st.sampled_from([*document, "worksheets"]))] = draw(json_values)
    text = json.dumps(
        document, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )
    encoding = draw(
        st.sampled_from(["utf-8"] * 9 + ["utf-16", "utf-16-le", "latin-1", "utf-8-sig"])
    )
    return _spoilt(draw, text.encode(encoding, "surrogatepass" if "utf" in encoding else "replace"))


@st.composite
def scripts(draw: st.DrawFn) -> bytes:
    """The same as a Python file, with markers for cells or as one module."""
    between = draw(
        st.sampled_from(["\n", "\n# %%\n", "\n# %% [markdown]\n", "\n# %% Exercise 1\n"])
    )
    text = between.join(draw(st.lists(sources, max_size=6)))
    return _spoilt(draw, text.encode("utf-8", "replace"))


def _spoilt(draw: st.DrawFn, content: bytes) -> bytes:
    """One file in eight has a piece cut out, changed or put in."""
    if draw(st.integers(0, 7)) or not content:
        return content
    start = draw(st.integers(0, len(content) - 1))
    end = start + draw(st.integers(0, 20))
    return content[:start] + draw(st.binary(max_size=8)) + content[end:]


files = st.one_of(
    documents().map(lambda content: ("x.ipynb", content)),
    documents().map(lambda content: ("x.ipynb", content)),
    scripts().map(lambda content: ("x.py", content)),
    json_values.map(lambda value: ("x.ipynb", json.dumps(value).encode())),
    st.binary(max_size=80).map(lambda content: ("x.ipynb", content)),
)
"""Name and content of what is handed in."""
