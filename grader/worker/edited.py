"""Edits of a student's function, each in place for one call: its code is made anew from the source,
and put into the very function that everything else knows already.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from grader.protocol import SWITCH, Edit, Editable

FILE = "<edited>"
MAX_WRAPPERS = 10


class NotEditedError(Exception):
    """There is no such function, or the edit makes none of its kind."""


class EditedFunctions:
    """The functions of one exercise that may be edited."""

    def __init__(self, editable: Sequence[Editable], held: Callable[[str], Any]) -> None:
        """held: path → what the student has there, or nothing."""
        self._editable = editable
        self._held = held

    @contextmanager
    def with_edits(self, edits: Sequence[Edit]) -> Iterator[None]:
        """Meanwhile the functions are those that these edits make of them."""
        before: list[tuple[FunctionType, CodeType]] = []
        try:
            for edit in edits:
                function = self.function(edit.function)
                before.append((function, function.__code__))
                function.__code__ = self._code(edit, function.__code__)
                function.__globals__[SWITCH] = edit.number
            yield
        finally:
            for function, code in reversed(before):
                function.__code__ = code

    def function(self, number: int) -> FunctionType:
        """What the student defined, below what it was wrapped in."""
        found = self._held(self._editable[number].path)
        for _ in range(MAX_WRAPPERS):
            if isinstance(found, FunctionType) and not hasattr(found, "__wrapped__"):
                return found
            found = getattr(found, "__wrapped__", getattr(found, "__func__", None))
        raise NotEditedError

    def _code(self, edit: Edit, old: CodeType) -> CodeType:
        editable = self._editable[edit.function]
        source = editable.source if edit.splices else editable.switched
        for start, end, new in sorted(edit.splices, reverse=True):
            source = source[:start] + new + source[end:]
        made = _compiled(source)
        if made is None or made.co_name != old.co_name or made.co_freevars != old.co_freevars:
            raise NotEditedError
        return made


@functools.lru_cache(maxsize=16)
def _compiled(source: str) -> CodeType | None:
    """The code of the one function that a source defines."""
    module = compile(source, FILE, "exec", dont_inherit=True)
    return next((each for each in module.co_consts if isinstance(each, CodeType)), None)
