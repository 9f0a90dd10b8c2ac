"""Executions that later ones have replaced: a cell is run again and again while it is written.

One is left out where everything that it bound is bound anew before anything reads it, and a later
text of the same cell stands for it. What is left gives each name the value that it has.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from grader.analysis.liveness import exposed, free, stored
from grader.analysis.nodes import parts
from grader.notebook import Cell, SyntaxProblem, python_source
from grader.notebook.syntax import parse

ALIKE = 0.3
"""Of the lines of two cells together, those that both have, if one is an earlier text of the other.
"""
NONE: frozenset[str] = frozenset()
LOOKS_ONLY = frozenset({"print", "cmp", "check", "display"})
UNSEEN = frozenset({"exec", "eval", "globals", "locals", "get_ipython", "setattr", "vars"})
"""Whoever calls these may read and bind anything."""


class CellFacts(NamedTuple):
    """What a cell does to the names of the notebook."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Anew, whatever happens."""
    touches: frozenset[str]
    """Binds or may change."""
    functions: Mapping[str, frozenset[str]]
    """That it defines → names that they read."""


def current(cells: Sequence[Cell]) -> list[Cell]:
    """The executions that count, in order."""
    facts = [_facts(cell.source) for cell in cells]
    functions: dict[str, frozenset[str]] = {}
    for each in facts:
        functions |= each.functions if each is not None else {}
    kept: list[tuple[Cell, CellFacts | None]] = []
    over: frozenset[str] = frozenset()
    """Names that a kept execution binds before anything reads them."""
    for cell, known in zip(reversed(cells), reversed(facts), strict=True):
        if known is not None and known.touches <= over and _again(cell, known, kept):
            continue
        kept.append((cell, known))
        if known is None:
            over = frozenset()
        else:
            over = (over | known.binds) - _through(known.reads, functions)
    return [cell for cell, _ in reversed(kept)]


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of two cells' lines they have in common."""
    return len(one & other) / len(one | other)


def lines_of(source: str) -> frozenset[str]:
    """The lines of a cell, however they are indented."""
    return frozenset(line.strip() for line in source.split("\n")) | {""}


def _again(cell: Cell, known: CellFacts, later: Iterable[tuple[Cell, CellFacts | None]]) -> bool:
    lines = lines_of(cell.source)
    return any(
        other is not None
        and known.touches <= other.touches
        and alike(lines, lines_of(each.source)) >= ALIKE
        for each, other in later
    )


def _through(reads: frozenset[str], functions: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """What is read, by the functions that are called, too."""
    found, pending = set(reads), list(reads)
    while pending:
        more = functions.get(pending.pop(), frozenset()) - found
        found |= more
        pending += more
    return frozenset(found)


@lru_cache(maxsize=1000)
def _facts(source: str) -> CellFacts | None:
    """None where nothing can be told."""
    python = python_source(source, ask_ipython=False)
    if isinstance(python, SyntaxProblem):
        python = python_source(source)
    tree = parse(python) if isinstance(python, str) else python
    if isinstance(tree, SyntaxProblem):
        return CellFacts(NONE, NONE, NONE, {})  # it never ran
    statements = [node for node in tree.body if not _looks_only(node)]
    names = [part for node in statements for part in parts(node) if isinstance(part, ast.Name)]
    if UNSEEN & {each.id for each in names}:
        return None
    reads, binds = exposed(statements)
    # What a loop counts with is left over by chance; nobody's gradient is.
    loops = [
        stored(part.target)
        for node in statements
        for part in parts(node)
        if isinstance(part, ast.For | ast.comprehension)
    ]
    functions = {
        node.name: frozenset(free(node))
        for node in statements
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    return CellFacts(
        frozenset(reads), binds.union(*loops), frozenset(_touched(statements)), functions
    )


def _looks_only(node: ast.stmt) -> bool:
    """`cmp("h", dh, h)`, `print(loss)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    func = call.func if isinstance(call, ast.Call) else None
    return isinstance(func, ast.Name) and func.id in LOOKS_ONLY


def _touched(statements: Iterable[ast.stmt]) -> set[str]:
    found: set[str] = set()
    for part in (part for node in statements for part in parts(node)):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.alias):
            found.add((part.asname or part.name).partition(".")[0])
        elif isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
            found |= _names(part.value)
        elif isinstance(part, ast.Expr) or _in_place(part):
            found |= _names(part)
    return found


def _in_place(part: ast.AST) -> bool:
    """`dC.index_add_(…)`, `np.add(…, out=x)`."""
    if not isinstance(part, ast.Call):
        return False
    method = part.func.attr if isinstance(part.func, ast.Attribute) else ""
    return method.endswith("_") or method == "at" or any(k.arg == "out" for k in part.keywords)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in parts(node) if isinstance(part, ast.Name)}
