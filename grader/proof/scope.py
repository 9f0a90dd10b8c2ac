"""What a changed statement may refer to."""

from __future__ import annotations

import ast

import msgspec

from grader.analysis.text import Text, names_in

MODULES = {"torch", "F", "np", "numpy", "nn"}


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """The variables at hand where a step stands."""

    name: str
    """The gradient that the step writes."""
    target: str
    floats: dict[str, tuple[int, ...]]
    """Forward tensors and parameters, in the order of the forward pass, with their shapes."""
    gradients: dict[str, tuple[int, ...]]
    """Gradients that exist already, with their shapes."""
    indices: frozenset[str]
    """Integer tensors."""
    scalars: frozenset[str]
    """Python numbers."""

    def tensors_in(self, node: ast.AST) -> set[str]:
        """Float tensors and gradients that occur in an expression."""
        return names_in(node) & (self.floats.keys() | self.gradients.keys() | {self.name})

    def is_number(self, node: ast.AST) -> bool:
        """Whether an expression is made of Python numbers only: `1.0 / n`."""
        inner = [part for part in ast.walk(node) if isinstance(part, ast.expr)]
        return all(
            isinstance(part, ast.BinOp | ast.UnaryOp)
            or (isinstance(part, ast.Constant) and isinstance(part.value, int | float))
            or (isinstance(part, ast.Name) and part.id in self.scalars)
            for part in inner
        )


def method_calls(text: Text, *names: str) -> list[tuple[ast.Call, ast.Attribute]]:
    """Calls of these methods of a tensor, functions of a module left out."""
    return [
        (node, node.func)
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id in MODULES)
    ]


def operations(text: Text, *kinds: type[ast.operator]) -> list[ast.BinOp]:
    """Binary operations of these kinds."""
    return [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, kinds)
    ]


def contributions(text: Text, name: str) -> list[ast.Assign | ast.AugAssign]:
    """Statements that put something into gradient `name`; `zeros_like(…)` starts do not."""
    return [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Assign | ast.AugAssign)
        and name in names_in(_target(node))
        and not is_start(node.value)
    ]


def _target(node: ast.Assign | ast.AugAssign) -> ast.expr:
    return node.target if isinstance(node, ast.AugAssign) else node.targets[0]


def is_start(node: ast.AST) -> bool:
    """`torch.zeros(…)`, `torch.zeros_like(…)`: a place to collect, not a contribution."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"zeros", "zeros_like", "new_zeros"}
    )


def is_shape_only(text: Text, node: ast.AST) -> bool:
    """Whether only the shape of this variable matters: `torch.ones_like(x)`, `x.shape`."""
    parent = text.parents.get(node)
    if isinstance(parent, ast.Attribute):
        return parent.attr in {"shape", "dtype"}
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Attribute)
        and parent.func.attr.endswith("_like")
    )


def value_reads(text: Text) -> list[ast.Name]:
    """Variables whose values are read."""
    return [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and not is_shape_only(text, node)
    ]
