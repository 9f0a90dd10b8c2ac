"""Gradients that are kept under keys which only the run puts together: `grads["W" + k] = …`.

Which gradient such a line makes, its text does not tell. What is found nowhere else may stand
there: a person has to look, and nobody is told that it is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.analysis.made_keys import filled
from grader.analysis.nodes import parts
from grader.analysis.statements import MARK, root_of
from grader.analysis.study import Study
from grader.notebook.syntax import SyntaxProblem, parse


def kept_elsewhere(study: Study, exercise: str) -> str | None:
    """What is to be said of a gradient that no line in sight makes; None if none of an exercise,
    by its id, may be kept so.
    """
    holders = _holders(study, exercise)
    for cell, source in study.sources.items():
        tree = parse(source) if isinstance(source, str) else None
        if tree is None or isinstance(tree, SyntaxProblem):
            continue
        for container, line in _writes(tree):
            if container in holders:
                return (
                    f"no line makes it by name; it may be one of those that line {line} of cell "
                    f"{cell} keeps in `{container}` under keys that are put together in the run"
                )
    return None


def _holders(study: Study, exercise: str) -> set[str]:
    """Containers of which at least one element is a gradient of an exercise."""
    lives = (life for life in study.program.lifetimes if life.target is not None)
    names = {life.name for life in lives if life.exercise == exercise}
    return {root_of(name) for name in names if MARK in name}


def _writes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Containers into which something is put under a key that is no constant."""
    for node in parts(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            yield from ((container, node.lineno) for container in filled(node))
