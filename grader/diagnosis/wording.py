"""Numbers, shapes and names in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.diagnosis.match import is_number

PLAIN = (("2", 2.0), ("½", 0.5), ("3", 3.0), ("⅓", 1 / 3), ("4", 4.0), ("¼", 0.25))


def spoken(c: float, sizes: Mapping[str, int]) -> str:
    """A factor in words: "n−1 over n", "½", or its digits."""
    sign = "−" if c < 0 else ""
    for words, value in (("1", 1.0), *_sizes(sizes), *PLAIN, *_neighbours(sizes)):
        if is_number(abs(c) / value, 1.0):
            return sign + words
    return f"{c:.4g}".replace("-", "−")


def _sizes(sizes: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    for name, n in sizes.items():
        yield name, float(n)
        yield f"1/{name}", 1 / n


def _neighbours(sizes: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    """Only of what is neither a size itself nor a plain number: 2 is not 3−1."""
    for name, n in sizes.items():
        if n > 2:
            yield f"{name}−1", n - 1.0
            yield f"1/({name}−1)", 1 / (n - 1)
            yield f"{name} over {name}−1", n / (n - 1)
            yield f"{name}−1 over {name}", (n - 1) / n
        yield f"{name}²", float(n * n)
        yield f"1/{name}²", 1 / (n * n)


def off_by(c: float, sizes: Mapping[str, int]) -> str:
    """How far a value that is c times the right one is off."""
    return f"{spoken(c, sizes)} times what it should be"


def shape(sizes: Sequence[int]) -> str:
    """(32, 1), and (32,) with its comma."""
    return "(" + ", ".join(map(str, sizes)) + ("," if len(sizes) == 1 else "") + ")"


def dims(numbers: Sequence[int]) -> str:
    """In words: dimension 1, dimensions 0 and 1."""
    return ("dimension " if len(numbers) == 1 else "dimensions ") + listed(map(str, numbers))


def ticked(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    return listed(f"`{name}`" for name in names)


def listed(words: Iterable[str]) -> str:
    """a, b and c."""
    parts = list(words)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
