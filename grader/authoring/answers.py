"""Gradients that a file derives by hand: which statements, and of what."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

import torch

from grader.authoring.running import Ran
from grader.protocol.gradient import gradient_name

NUMBERS = (int, float, complex, str)


def answers(run: Ran, network: Collection[str]) -> tuple[list[str], list[str]]:
    """Statements that bind d-names, with what they need, and what they derive.

    network: the names of its tensors. `dk = 3` is no gradient of `k`: an answer is a tensor, and
    the network is not made with it.
    """
    wanted = {gradient_name(name): name for name in network if gradient_name(name) not in network}
    found: dict[str, None] = {}
    for number, part in enumerate([*run.done, *run.later]):
        held = run.first.get(number)
        for name in sorted(part.binds & wanted.keys()):
            tensor = wanted[name]
            answer = (
                not _plain(part.node, run.names)
                if held is None
                else _gradient(held[name], run.names.get(tensor))
            )
            found |= {tensor: None} if answer else {}
    needed = {gradient_name(name) for name in found}
    kept: list[str] = []
    for part in reversed(run.later):
        if part.binds & needed:
            kept.insert(0, part.text)
            needed |= part.reads
    return kept, list(found)


def _gradient(value: object, of: object) -> bool:
    """Whether what a name holds may be a gradient of a tensor: a wrong shape is an answer as well,
    a single number for many is none.
    """
    if not isinstance(value, torch.Tensor):
        return value is None or type(value).__module__ == "numpy"
    return bool(value.dim()) or not isinstance(of, torch.Tensor) or of.numel() == 1


def _plain(node: Any, names: Mapping[str, Any]) -> bool:
    """Whether a statement that was not run binds numbers that are reckoned of numbers."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if not isinstance(value, ast.Constant | ast.BinOp | ast.UnaryOp):
        return False
    parts = list(ast.walk(value))
    if any(isinstance(part, ast.Call | ast.Attribute | ast.Subscript) for part in parts):
        return False
    read = [names.get(part.id) for part in parts if isinstance(part, ast.Name)]
    written = [part.value for part in parts if isinstance(part, ast.Constant)]
    return all(isinstance(each, NUMBERS) for each in (*read, *written))
