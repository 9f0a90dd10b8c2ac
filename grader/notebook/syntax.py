"""Is it Python? Answers for any text, without an exception, a crash or a warning."""

from __future__ import annotations

import ast
import functools
import warnings

import msgspec

from grader.notebook.trial import bearable

MAX_LENGTH = 1_000_000
"""Characters of one cell."""
MAX_DEPTH = 200
"""Levels of the syntax tree: a visitor that recurses may take three frames for each."""

_REMEMBERED_LENGTH = 10_000


class SyntaxProblem(msgspec.Struct, frozen=True):
    """Why a cell is no Python."""

    message: str
    """As Jupyter prints it, `SyntaxError: invalid syntax`."""
    line: int
    """In the cell, from 1."""


def parse(source: str) -> ast.Module | SyntaxProblem:
    """The syntax tree, at most MAX_DEPTH deep; one object for one source, not to be changed."""
    return _remembered(source) if len(source) <= _REMEMBERED_LENGTH else _parse(source)


def _parse(source: str) -> ast.Module | SyntaxProblem:
    if not bearable(source):
        return SyntaxProblem("SyntaxError: the code takes too much time or memory to be read", 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        text = f"{type(error).__name__}: {error.msg}"
        return SyntaxProblem(text[:300], min(max(error.lineno or 1, 1), source.count("\n") + 1))
    except (MemoryError, RecursionError):
        return _deep(1)
    except (ValueError, OverflowError) as error:  # other versions of Python raise these
        return SyntaxProblem(f"SyntaxError: {error}"[:300], 1)
    if (starred := _bare_star(tree)) is not None:
        return SyntaxProblem("SyntaxError: can't use starred expression here", starred)
    deep = _first_deep_statement(tree)
    return tree if deep is None else _deep(deep)


_remembered = functools.lru_cache(maxsize=128)(_parse)  # of a class, most cells are the starter's


def unusable(source: str) -> SyntaxProblem | None:
    """Why a text is not even worth parsing."""
    if len(source) > MAX_LENGTH:
        return SyntaxProblem(f"SyntaxError: more than {MAX_LENGTH:,} characters in one cell", 1)
    if "\0" in source:
        line = source.count("\n", 0, source.index("\0")) + 1
        return SyntaxProblem("SyntaxError: source code cannot contain null bytes", line)
    try:
        source.encode()
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        return SyntaxProblem("SyntaxError: a character that is half of a pair", line)
    return None


def _bare_star(tree: ast.Module) -> int | None:
    """Line of `dlogits = * dnorm_logits`, which only the compiler refuses."""
    for statement in tree.body:
        if isinstance(getattr(statement, "value", None), ast.Starred):
            return statement.lineno
    return None


def _deep(line: int) -> SyntaxProblem:
    return SyntaxProblem("SyntaxError: the code is nested too deeply", line)


def _first_deep_statement(tree: ast.Module) -> int | None:
    """Line of a statement over MAX_DEPTH levels deep; short ones cannot be, and are not walked."""
    for statement in tree.body:
        end_line, end = statement.end_lineno, statement.end_col_offset
        if end_line == statement.lineno and (end or 0) - statement.col_offset <= MAX_DEPTH:
            continue
        level: list[ast.AST] = [statement]
        for _ in range(MAX_DEPTH):
            level = [child for node in level for child in ast.iter_child_nodes(node)]
            if not level:
                break
        else:
            return statement.lineno
    return None
