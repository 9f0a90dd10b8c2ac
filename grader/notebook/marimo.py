"""marimo's notebooks: Python files whose cells are functions under `@app.cell`."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from grader.notebook.cell import Cell
from grader.notebook.syntax import SyntaxProblem, parse

_DECORATORS = frozenset({"cell", "function", "class_definition"})


def read_marimo(text: str) -> tuple[Cell, ...]:
    """The cells in their order, bodies without what passes names on; none if it is no marimo's."""
    if "import marimo" not in text or "@app." not in text:
        return ()
    tree = parse(text)
    if isinstance(tree, SyntaxProblem):
        return ()
    sources = [source for node in tree.body for source in _sources(node, text.split("\n"))]
    return tuple(
        Cell(index=index, kind="code", source=source) for index, source in enumerate(sources)
    )


def _sources(node: ast.stmt, lines: list[str]) -> Iterator[str]:
    if isinstance(node, ast.With) and _is_of_app(node.items[0].context_expr, {"setup"}):
        yield _body(node.body, lines)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        ways = [d for d in node.decorator_list if _is_of_app(d, _DECORATORS)]
        if ways and _is_of_app(ways[0], {"cell"}) and not isinstance(node, ast.ClassDef):
            yield _body(node.body, lines)
        elif ways:
            yield "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _is_of_app(node: ast.expr, names: set[str] | frozenset[str]) -> bool:
    """`app.cell`, `app.cell(hide_code=True)`."""
    plain = node.func if isinstance(node, ast.Call) else node
    return (
        isinstance(plain, ast.Attribute)
        and plain.attr in names
        and isinstance(plain.value, ast.Name)
        and plain.value.id == "app"
    )


def _body(body: list[ast.stmt], lines: list[str]) -> str:
    """The statements of a cell; its `return` is marimo's, not the student's."""
    kept = [each for each in body if not isinstance(each, ast.Return)]
    if not kept:
        return ""
    end = kept[-1].end_lineno or kept[-1].lineno
    first = body[0].lineno - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1  # a comment, as `# Exercise 2`, belongs to its cell
    return textwrap.dedent("\n".join(lines[first:end]))
