"""What the variables of a student's function are when it returns: their kinds and shapes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

import numpy as np

from grader.protocol import Value

MAX_NAMES = 90
WHOLE = (int, np.integer)


def watched(code: CodeType, call: Callable[[], Any]) -> dict[str, Value]:
    """Expression → what it is at the function's first return."""
    found: dict[str, Value] = {}

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code and not found:
            found.update(dict(_described(frame.f_locals)))

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
    return dict(list(found.items())[:MAX_NAMES])


def _described(names: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for name, value in names.items():
        yield from _one(name, value)
        if type(value) is dict:
            for key, each in value.items():
                if isinstance(key, str):
                    yield from _one(f"{name}[{key!r}]", each)
        elif name == "self":
            for key, each in getattr(value, "__dict__", {}).items():
                yield from _one(f"{name}.{key}", each)


def _one(name: str, value: Any) -> Iterator[tuple[str, Value]]:
    tensor: Any = getattr(sys.modules.get("torch"), "Tensor", None)
    if isinstance(value, np.ndarray) or (tensor is not None and isinstance(value, tensor)):
        yield name, Value(kind="array", shape=[int(size) for size in value.shape])
    elif isinstance(value, WHOLE):
        yield name, Value(kind="scalar", dtype="int")
    elif isinstance(value, float | np.floating):
        yield name, Value(kind="scalar", dtype="float")
