"""A reference in the place of a student's backward function whose cache only the student can read.

The forward function stays the student's own, and its calls are remembered: where its cache comes
back, the reference is given what the forward function was given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

MAX_CALLS = 10_000
Function = Callable[..., Any]


class Recorded:
    """One pair of functions. `reference` takes what flows in, then what the forward took."""

    def __init__(self, reference: Function) -> None:
        self._reference = reference
        self._calls: dict[int, tuple[Any, list[Any], dict[str, Any]]] = {}
        """Identity of a cache → the cache, which so keeps it, and what it was made from."""

    def forward(self, function: Function) -> Function:
        """The same function, remembered."""

        @functools.wraps(function)
        def remembering(*arguments: Any, **named: Any) -> Any:
            given = [_copy(each) for each in arguments]
            by_name = {name: _copy(each) for name, each in named.items()}
            result = function(*arguments, **named)
            if (
                isinstance(result, tuple | list)
                and len(result) > 1
                and len(self._calls) < MAX_CALLS
            ):
                cache = result[-1]  # as everywhere: the last of what a forward function returns
                self._calls[id(cache)] = cache, given, by_name
            return result

        return remembering

    def backward(self, function: Function) -> Function:
        """The reference where the cache is known, else the student's function."""

        @functools.wraps(function)
        def referring(*arguments: Any, **named: Any) -> Any:
            everything = [*arguments, *named.values()]
            known = [each for each in everything if self._made(each)]
            if len(known) != 1:
                return function(*arguments, **named)
            _, given, by_name = self._calls[id(known[0])]
            flowing = [each for each in everything if each is not known[0]]
            return self._reference(*flowing, *given, **by_name)

        return referring

    def _made(self, value: Any) -> bool:
        known = self._calls.get(id(value))
        return known is not None and known[0] is value


def _copy(value: Any) -> Any:
    """As it was: students write into their arguments."""
    if isinstance(value, Mapping):
        return dict(value)
    copied = getattr(value, "copy", None) or getattr(value, "clone", None)
    return copied() if callable(copied) else value
