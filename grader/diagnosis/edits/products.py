"""Products, sums and dimensions: what is transposed, and along what is summed."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from grader.diagnosis.edits.arithmetic import Found
from grader.diagnosis.edits.scene import Scene, Words

AXES = {"axis", "dim", "axes"}
KEEP = {"keepdims", "keepdim"}
REDUCING = ("sum", "mean", "max")
PRODUCTS = {"dot", "matmul", "mm", "outer"}
MODULES = {"np", "torch", "numpy"}
LIKE = {"zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like"}
LIKE |= {"maximum": "minimum", "minimum": "maximum", "argmax": "argmin", "argmin": "argmax"}


def transposed(scene: Scene, node: ast.AST) -> Found:
    text = scene.text
    if isinstance(node, ast.Attribute) and node.attr == "T":
        told = f"{scene.shown(node)} should not be transposed"
        yield node, text.of(node.value), _order(told)
    for each in _operands(node):
        if not (isinstance(each, ast.Attribute) and each.attr == "T"):
            told = f"{scene.shown(each)} is not transposed, and should be"
            yield each, f"{text.operand(each)}.T", _order(told)


def exchanged(scene: Scene, node: ast.AST) -> Found:
    """A matrix product the wrong way round, or no matrix product."""
    operands = list(_operands(node))
    if len(operands) == 2 and isinstance(node, ast.expr):
        left, right = (scene.text.operand(each) for each in operands)
        yield (
            node,
            f"{right} @ {left}",
            _order(f"the operands of {scene.shown(node)} stand wrongly"),
        )
        told = f"{scene.shown(node)} is a matrix product, and should not be"
        yield node, f"{left} * {right}", _kind(told)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and not _constant(node):
        left, right = scene.text.operand(node.left), scene.text.operand(node.right)
        told = f"{scene.shown(node)} multiplies element by element, and should not"
        for made in (f"{left} @ {right}", f"{left} @ {right}.T", f"{left}.T @ {right}"):
            yield node, made, _kind(told)


def _constant(node: ast.BinOp) -> bool:
    return isinstance(node.left, ast.Constant) or isinstance(node.right, ast.Constant)


def _order(told: str) -> Words:
    return Words(
        "transposed", told, "Which dimension is summed over here, and where does it stand?"
    )


def _kind(told: str) -> Words:
    return Words("wrong_operand", told, "Is this step of the forward pass a matrix product?")


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    """The factors of a matrix product."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield from (node.left, node.right)
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) in PRODUCTS:
        assert isinstance(node.func, ast.Attribute)
        holder = node.func.value
        if not (isinstance(holder, ast.Name) and holder.id in MODULES):
            yield holder
        yield from node.args[:2]


def axis(scene: Scene, node: ast.AST) -> Found:
    """Along another dimension, or several, or all."""
    if isinstance(node, ast.keyword) and node.arg in AXES:
        value = node.value
        told = f"it goes along the wrong dimension, {node.arg} {scene.shown(value)}"
        words = Words("wrong_dim", told, "Which dimension has the forward pass broadcast here?")
        for other in AXIS_CHOICES:
            yield value, other, words
    elif isinstance(node, ast.keyword) and node.arg in KEEP:
        told = f"the dimension that is summed over is {'kept' if _true(node.value) else 'dropped'}"
        yield (
            node.value,
            str(not _true(node.value)),
            Words("missing_keepdim", told, "Which shape has it, and which does it need?"),
        )


def _true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


AXIS_CHOICES = (
    *("0", "1", "2", "None", "-1"),
    *(f"({', '.join(map(str, pair))})" for pair in itertools.combinations(range(4), 2)),
    *(f"({', '.join(map(str, three))})" for three in itertools.combinations(range(4), 3)),
)


def reduction(scene: Scene, node: ast.AST) -> Found:
    """A mean for a sum; a sum too many."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return
    text, holder, name = scene.text, node.func.value, node.func.attr
    if name in REDUCING:
        for other in REDUCING:
            if other != name:
                told = f"`{name}` is not what is needed"
                words = Words("constant_factor", told, "Is there an average in the forward pass?")
                yield node.func, f"{text.operand(holder)}.{other}", words
        module = isinstance(holder, ast.Name) and holder.id in MODULES
        summed = node.args[0] if module and node.args else holder
        told = f"{scene.shown(node)} reduces what should keep its shape"
        yield node, text.of(summed), Words("wrong_shape", told, "Which shape is needed here?")
    elif name in LIKE and name.partition("_")[0] in {"ones", "zeros"}:
        words = Words("ones_start", f"`{name}` is the wrong beginning", "With what does it begin?")
        yield node.func, f"{text.operand(holder)}.{LIKE[name]}", words
    elif name in LIKE:
        words = Words("wrong_operand", f"`{name}` picks the wrong one", "Which of them is sought?")
        yield node.func, f"{text.operand(holder)}.{LIKE[name]}", words


def no_sum(scene: Scene, node: ast.AST) -> Found:
    """A sum, or a mean, that is missing."""
    if not isinstance(node, ast.Assign) or isinstance(node.targets[0], ast.Tuple):
        return
    made = scene.text.operand(node.value)
    for dim in ("0", "1", "(0, 2, 3)", "(0, 1)"):
        yield node.value, f"{made}.sum({dim})", _no_sum(scene, node.value)
        yield (
            node.value,
            f"({made}.sum({dim}, keepdims=True) + 0 * {made})",
            _no_sum(scene, node.value),
        )
    yield node.value, f"{made}.sum()", _no_sum(scene, node.value)


def _no_sum(scene: Scene, node: ast.expr) -> Words:
    return Words(
        "missing_sum",
        f"{scene.shown(node)} is to be summed over a dimension",
        "In how many places does the forward pass use each of its elements?",
    )
