"""How functions are called: seen where the module calls them, or tried."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (5, 4, 3)
"""Sizes with which shapes are tried."""
MAX_TRIALS = 3000
Call = dict[str, Any]


def run_module(
    tree: ast.Module, path: Path, watched: Collection[str]
) -> tuple[dict[str, Any], dict[str, Call], list[str]]:
    """A module run as a program, each statement by itself: its names, the first call of each
    watched function, and what statements raised.
    """
    calls: dict[str, Call] = {}
    raised: list[str] = []
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(path)}

    def look(frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or code.co_filename != str(path) or code.co_name in calls:
            return
        if code.co_name in watched:
            arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            held = frame.f_locals
            calls[code.co_name] = {name: _copied(held[name]) for name in arguments if name in held}

    for statement in tree.body:
        code = compile(ast.Module([statement], []), str(path), "exec")
        sys.setprofile(look)
        try:
            exec(code, names)  # noqa: S102 - the instructor's own file
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything
            sys.setprofile(None)
            raised.append(f"line {statement.lineno} raises {type(error).__name__}: {error}")
        finally:
            sys.setprofile(None)
    return names, calls, raised


def tried(wanted: list[str], fits: Callable[[Call], bool]) -> Call | None:
    """Arguments of shapes that fit, those with most different sizes first."""
    n, d, m = SIZES
    shapes = [(n, d), (d, m), (m,), (d,), (n, m), (n,), (m, d)]
    ways = itertools.islice(itertools.product(shapes, repeat=len(wanted)), MAX_TRIALS)
    for way in sorted(
        ways, key=lambda way: (way[0] != (n, d), -len({s for each in way for s in each}))
    ):
        call = {
            name: array(list(shape), i)
            for i, (name, shape) in enumerate(zip(wanted, way, strict=True))
        }
        if fits(call):
            return call
    return None


def resized(call: Mapping[str, Any], sizes: Mapping[int, int]) -> Call:
    """The same arguments in other sizes."""
    return {
        name: array([sizes[size] for size in value.shape], i) if real(value) else value
        for i, (name, value) in enumerate(call.items())
    }


def flat(call: Mapping[str, Any]) -> Iterator[int]:
    """All sizes of all arrays, the first one first."""
    for value in call.values():
        if isinstance(value, np.ndarray):
            yield from value.shape


def array(shape: list[int], seed: int) -> np.ndarray[Any, Any]:
    """Numbers that are not near zero."""
    drawn = np.random.default_rng(seed).standard_normal(shape)
    return np.where(np.abs(drawn) < 0.1, 0.5, drawn)


def real(value: object) -> bool:
    """Whether it is an array of floats."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _copied(value: Any) -> Any:
    if type(value).__module__ == "torch":
        return value.detach().clone().numpy() if hasattr(value, "detach") else value
    return value.copy() if isinstance(value, np.ndarray | dict | list) else value
