"""Where a definition in PyTorch is another than the file's own: both are run, line by line."""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

import numpy as np

Bound = dict[tuple[int, str], Any]
"""Line and name → what it was bound to there first; what is returned has no name."""
SHOWN = 60


def bound(run: Callable[[], Any], code: CodeType) -> tuple[Bound, BaseException | None]:
    """Run, and note what the function of that code binds; and what was raised."""
    found: Bound = {}
    held: dict[str, Any] = {}
    last = code.co_firstlineno

    def look(frame: Any, event: str, value: Any) -> Any:
        nonlocal last
        if frame.f_code is not code:
            return None
        if event in {"line", "return"}:
            for name, each in frame.f_locals.items():
                if held.get(name) is not each:
                    held[name] = each
                    found.setdefault((last, name), each)
            last = frame.f_lineno
        if event == "return":
            found[last, ""] = value[0] if isinstance(value, tuple) and value else value
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        run()
    except Exception as error:  # noqa: BLE001 - a definition that is no PyTorch may raise anything
        return found, error
    finally:
        sys.settrace(before)
    return found, None


def raised(error: BaseException, file: str, nodes: Iterable[ast.AST]) -> str:
    """What a definition raised, and in which line."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    text = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
    if isinstance(error, AttributeError) and error.name:
        text = f"PyTorch has no `{error.name}`"
    return f"{_line(lines[-1], nodes)}: {text}" if lines and lines[-1] else text


def difference(mine: Bound, other: Bound, nodes: Iterable[ast.AST]) -> str:
    """The first line that gives another value; empty where none does."""
    for (line, name), value in mine.items():
        one, two = _numbers(value), _numbers(other.get((line, name)))
        if one is None or two is None:
            continue
        shown = f"`{name}` is" if name else "what it returns is"
        if one.shape != two.shape:
            return f"{_line(line, nodes)}: {shown} of shape {two.shape}, not {one.shape}"
        if not np.allclose(one, two, rtol=1e-6, atol=1e-6, equal_nan=True):
            return f"{_line(line, nodes)}: {shown} another"
    return ""


def _line(line: int, nodes: Iterable[ast.AST]) -> str:
    """A line with its shortest statement."""
    texts = [
        ast.unparse(node)
        for each in nodes
        for node in ast.walk(each)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    text = min(texts, key=len, default="").partition("\n")[0]
    return f"line {line}, `{text[:SHOWN]}{'…' * (len(text) > SHOWN)}`"


def _numbers(value: Any) -> Any:
    if type(value).__module__ == "torch" and hasattr(value, "detach"):
        value = value.detach().numpy()
    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        found = np.asarray(value)
        return found.astype(float) if found.dtype.kind in "biuf" else None
    return None
