"""A function in other words, by people who know other ways to write the same."""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Iterator

from grader.analysis.text import Text
from grader.proof.functions.mistakes import ENGINES, Function


def rewritten(text: Text, function: Function) -> Iterator[tuple[str, str]]:
    """Name, and the whole source with that function rewritten throughout. Whether it still is
    right is not known yet: a product of three dimensions is no `ij,jk->ik`.
    """
    for name, make in REWRITES.items():
        changed = make(function).visit(copy.deepcopy(function))
        assert isinstance(changed, ast.FunctionDef)
        ast.fix_missing_locations(changed)
        if ast.dump(changed) == ast.dump(function):
            continue
        first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
        lines = text.source.split("\n")
        new = textwrap.indent(ast.unparse(changed), " " * function.col_offset)
        yield name, "\n".join([*lines[: first - 1], new, *lines[function.end_lineno :]])


class Rewrite(ast.NodeTransformer):
    """From the inside out; expressions and statements that are in no way special stay."""

    def __init__(self, function: Function) -> None:
        stored = {
            part.id
            for part in ast.walk(function)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        self.locals = stored - {each.arg for each in function.args.args}

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return self.other(node) or node

    def other(self, node: ast.AST) -> ast.AST | list[ast.stmt] | None:
        """What stands in the place of this node; None where nothing does."""
        raise NotImplementedError


def _product(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """The factors of a matrix product in whatever spelling."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    if node.func.attr not in {"dot", "mm", "matmul"} or node.keywords:
        return None
    holder = node.func.value
    engine = isinstance(holder, ast.Name) and holder.id in ENGINES
    factors = node.args if engine else [holder, *node.args]
    return (factors[0], factors[1]) if len(factors) == 2 else None


def _read(template: str, **parts: ast.expr) -> ast.expr:
    """An expression in which names stand for others."""

    class _Filled(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return parts.get(node.id, node)

    filled: ast.expr = _Filled().visit(ast.parse(template, mode="eval").body)
    return filled


class Renamed(Rewrite):
    def other(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Name) and node.id in self.locals:
            return ast.Name(f"my_{node.id}", node.ctx)
        return None


class AtSign(Rewrite):
    def other(self, node: ast.AST) -> ast.AST | None:
        found = _product(node)
        return ast.BinOp(found[0], ast.MatMult(), found[1]) if found else None


class Einsum(Rewrite):
    def other(self, node: ast.AST) -> ast.AST | None:
        found = _product(node)
        return _read("np.einsum('ij,jk->ik', a, b)", a=found[0], b=found[1]) if found else None


class WrittenOut(Rewrite):
    """`x += y` as `x = x + y`."""

    def other(self, node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.AugAssign):
            return None
        read = ast.parse(ast.unparse(node.target), mode="eval").body
        return ast.Assign([node.target], ast.BinOp(read, node.op, node.value))


class Commuted(Rewrite):
    def other(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Add):
            return ast.BinOp(node.right, node.op, node.left)
        return None


class OtherArithmetic(Rewrite):
    """Squares as products, quotients as products, differences as sums."""

    def other(self, node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.BinOp):
            return None
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
            return _read("a * a", a=node.left) if node.right.value == 2 else None
        forms = {ast.Div: "a * (1 / b)", ast.Sub: "a + -1 * b"}
        form = forms.get(type(node.op))
        return _read(form, a=node.left, b=node.right) if form else None


class Called(Rewrite):
    """Operators as functions."""

    def other(self, node: ast.AST) -> ast.AST | None:
        names = {ast.Mult: "multiply", ast.Add: "add", ast.Sub: "subtract", ast.Div: "divide"}
        if not isinstance(node, ast.BinOp) or type(node.op) not in names:
            return None
        return _read(f"np.{names[type(node.op)]}(a, b)", a=node.left, b=node.right)


class LoopedSum(Rewrite):
    """A sum over the first dimension, row by row."""

    def other(self, node: ast.AST) -> ast.AST | None:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return None
        axes = [k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)]
        if node.func.attr != "sum" or axes != [0] or len(node.keywords) != 1:
            return None
        engine = isinstance(node.func.value, ast.Name) and node.func.value.id in ENGINES
        summed = node.args[0] if engine else node.func.value
        return _read("sum(row for row in a)", a=summed)


class InPlace(Rewrite):
    """`x = a * b` as a copy of a that is multiplied in place."""

    def other(self, node: ast.AST) -> list[ast.stmt] | None:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            return None
        value, name = node.value, node.targets[0]
        if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Mult | ast.Div):
            return None
        begun = ast.Assign([name], _read("a + 0.0", a=value.left))
        return [begun, ast.AugAssign(name, value.op, value.right)]


class Stepwise(Rewrite):
    """Both operands under names of their own first."""

    def other(self, node: ast.AST) -> list[ast.stmt] | None:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp)):
            return None
        value = node.value
        pairs = zip(("first_part", "second_part"), (value.left, value.right), strict=True)
        parts: list[ast.stmt] = [ast.Assign([ast.Name(n, ast.Store())], p) for n, p in pairs]
        whole = ast.BinOp(
            ast.Name("first_part", ast.Load()), value.op, ast.Name("second_part", ast.Load())
        )
        return [*parts, ast.Assign(node.targets, whole)]


class AsList(Rewrite):
    """A list in the place of the tuple that is returned."""

    def other(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            return ast.Return(ast.List(node.value.elts, ast.Load()))
        return None


REWRITES: dict[str, type[Rewrite]] = {
    "renamed": Renamed,
    "@": AtSign,
    "einsum": Einsum,
    "written out": WrittenOut,
    "commuted": Commuted,
    "other arithmetic": OtherArithmetic,
    "operators as functions": Called,
    "loop for a sum": LoopedSum,
    "in place": InPlace,
    "stepwise": Stepwise,
    "list": AsList,
}
