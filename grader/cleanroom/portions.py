"""No more answers at a time than fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

MAX_TOGETHER = 1_000_000
"""Elements of answers that are asked for at a time; a notebook's gradients have some fifty
thousand.
"""
Item = TypeVar("Item")


def portions(items: Iterable[Item], elements: Callable[[Item], int]) -> Iterator[list[Item]]:
    """No more at a time than fits into memory: all answers of one time are held together."""
    portion: list[Item] = []
    total = 0
    for item in items:
        size = elements(item)
        if portion and total + size > MAX_TOGETHER:
            yield portion
            portion, total = [], 0
        portion.append(item)
        total += size
    if portion:
        yield portion
