"""A notebook or script as one row of statements, each with its text."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from grader.notebook import Notebook, SyntaxProblem, python_source

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Piece(msgspec.Struct, frozen=True):
    """One statement at the top of a notebook."""

    cell: int
    node: Any
    text: str
    """Its lines as they stand there, with the comments before it."""

    @property
    def binds(self) -> frozenset[str]:
        """Names that it assigns, defines, imports or changes in place."""
        return frozenset(_bound(self.node))

    @property
    def reads(self) -> frozenset[str]:
        """Names that it reads, inside functions, too; not those that are known inside alone."""
        inner = frozenset(_inner(self.node))
        return frozenset(
            each.id
            for each in ast.walk(self.node)
            if isinstance(each, ast.Name)
            and not isinstance(each.ctx, ast.Store)
            and each.id not in inner
        )

    def code(self) -> Any:
        """The statement compiled by itself."""
        return compile(ast.Module([self.node], []), f"cell {self.cell}", "exec")


def parts(notebook: Notebook) -> list[Piece]:
    """All statements of all cells that are Python."""
    found: list[Piece] = []
    for cell in notebook.cells:
        source = python_source(cell.source) if cell.kind == "code" else ""
        if not isinstance(source, SyntaxProblem):
            try:
                found += of_block(cell.index, ast.parse(source).body, source)
            except SyntaxError:
                continue
    return found


def of_block(cell: int, body: Sequence[ast.stmt], source: str) -> list[Piece]:
    """The statements of one block; comments go with what stands below them."""
    lines = source.splitlines()
    made = []
    for node in body:
        decorators = getattr(node, "decorator_list", None)
        first = decorators[0].lineno if decorators else node.lineno
        begin = first - 1
        while begin and lines[begin - 1].lstrip().startswith("#"):
            begin -= 1
        if node.lineno == node.end_lineno and ";" in lines[node.lineno - 1]:
            text = ast.unparse(node)
        else:
            text = textwrap.dedent("\n".join(lines[begin : node.end_lineno]))
        made.append(Piece(cell, node, text))
    return made


def inside(part: Piece) -> list[Piece]:
    """The body of a loop, as statements of their own."""
    source = ast.unparse(part.node)
    node = ast.parse(source).body[0]
    return of_block(part.cell, node.body, source)  # type: ignore[attr-defined]


def derives(node: ast.AST) -> bool:
    """Whether autograd is started in a statement."""
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr == "backward"
        for each in ast.walk(node)
    )


def _inner(node: ast.AST) -> Iterator[str]:
    """Parameters of functions, their own variables, and what comprehensions go through."""
    for each in ast.walk(node):
        if isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.comprehension):
            yield from (n.id for n in ast.walk(each.target) if isinstance(n, ast.Name))
        elif isinstance(each, ast.FunctionDef):
            stored = (n for n in ast.walk(each) if isinstance(n, ast.Name))
            yield from (n.id for n in stored if isinstance(n.ctx, ast.Store))


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Lambda):
        return
    else:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign):
            yield from _changed(node)
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _changed(node: ast.Expr | ast.Assign | ast.AugAssign) -> Iterator[str]:
    """`h[0] = …`, `h.relu_()`, `hs.append(h)`: the names whose values are changed."""
    for place in _places(node):
        root = place
        while isinstance(root, ast.Subscript | ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name):
            yield root.id


def _places(node: ast.Expr | ast.Assign | ast.AugAssign) -> Iterator[ast.expr]:
    if not isinstance(node, ast.Expr):
        yield from (t.value for t in _targets(node) if isinstance(t, ast.Subscript | ast.Attribute))
    elif isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        yield node.value.func.value


def _targets(node: ast.Assign | ast.AugAssign) -> Iterator[ast.expr]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
