"""`n = 32`, where a batch has 32 examples: a number that students may choose otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from grader.authoring.inputs import InputDraft
from grader.authoring.running import Ran


def sizes(run: Ran, inputs: Mapping[str, InputDraft], text: str) -> Iterator[tuple[str, str]]:
    """Numbers of a piece of the forward script that are sizes of batches, with the batch.

    inputs: in the order in which a batch is looked for.
    """
    batches = {
        name: leaf.shape[0]
        for name, leaf in inputs.items()
        if leaf.kind in {"index", "data"} and leaf.shape
    }
    for name, value in numbers(text).items():
        for batch, size in batches.items():
            if value == size > 1 and _meant(run, name, batch):
                yield name, batch
                break


def numbers(text: str) -> dict[str, int]:
    """Names that a text binds to whole numbers as they are written down, each on its line."""
    return {
        node.targets[0].id: node.value.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and type(node.value.value) is int
    }


def _meant(run: Ran, name: str, batch: str) -> bool:
    """Whether a number is the size of a batch, and not the same by chance: the batch is made with
    it, or neither of them is made with any number: `rows` and `n = len(rows)`.
    """
    behind = _made_with(run, batch)
    if name in behind:
        return True
    others = behind | _made_with(run, name)
    return not any(type(run.names.get(each)) is int for each in others)


def _made_with(run: Ran, name: str) -> set[str]:
    """All names that what a name holds is made with."""
    found: set[str] = set()
    pending = {name}
    while pending:
        one = pending.pop()
        read = frozenset().union(*(part.reads for part in run.done if one in part.binds))
        pending |= read - found
        found |= read
    return found - {name}
