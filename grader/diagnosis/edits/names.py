"""Other variables than those that are read, and factors and terms that are not there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.diagnosis.edits.arithmetic import PRODUCT, SUM, Found
from grader.diagnosis.edits.products import MODULES, REDUCING
from grader.diagnosis.edits.scene import Scene, Words

MAX_SWAPPED = 9
"""Names of a tuple that are tried in another order."""
FORMS = ("(1 - {0} ** 2)", "({0} * (1 - {0}))", "(1 - {0})", "({0} > 0)")
"""Of a variable, what may be missing as a factor."""
Variable = ast.Name | ast.Attribute | ast.Subscript


def operand(scene: Scene, node: ast.AST) -> Found:
    """Another variable of the same kind and shape."""
    known = scene.read(node)
    if known is not None and not known.whole:
        told = f"{scene.shown(node)} stands where another variable is needed"
        words = Words("wrong_operand", told, "With what does the forward pass compute here?")
        yield from ((node, name, words) for name in scene.like(node))


def size(scene: Scene, node: ast.AST) -> Found:
    """Another size, or index."""
    known = scene.read(node)
    if known is not None and known.whole and ast.unparse(node) in scene.looped:
        told = f"{scene.shown(node)} is the wrong index here"
        words = Words("wrong_index", told, "Which element belongs to this one?")
        yield from ((node, name, words) for name in scene.looped)
    elif (known is not None and known.whole) or (
        isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(".shape")
    ):
        told = f"{scene.shown(node)} is the wrong size here"
        words = Words("constant_factor", told, "Over how many elements is it?")
        yield from ((node, name, words) for name in scene.sizes)


def word(scene: Scene, node: ast.AST) -> Found:
    """Another of the strings that the function knows."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not _formatted(node):
        told = f"{scene.shown(node)} names the wrong one"
        words = Words("wrong_operand", told, "Which of them does the forward pass use here?")
        for other in dict.fromkeys([*_strings(scene), *scene.words]):
            if other != node.value:
                yield node, repr(other), words


def _formatted(node: ast.Constant) -> bool:
    return "\n" in str(node.value) or len(str(node.value)) > 20


def _strings(scene: Scene) -> list[str]:
    found = (
        part.value
        for statement in scene.statements
        for part in scene.parts(statement)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and not _formatted(part)
    )
    return list(dict.fromkeys(found))


def order(scene: Scene, node: ast.AST) -> Found:
    """A cache that is unpacked, or results that are returned, in another order."""
    held: ast.expr | None = None
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        held = node.targets[0]
    elif isinstance(node, ast.Return):
        held = node.value
    if isinstance(held, ast.Tuple) and len(held.elts) <= MAX_SWAPPED:
        texts = [scene.text.of(each) for each in held.elts]
        for i in range(len(texts)):
            for j in range(i + 1, len(texts)):
                swapped = [*texts]
                swapped[i], swapped[j] = texts[j], texts[i]
                told = f"`{texts[i]}` and `{texts[j]}` are exchanged"[:120]
                words = Words(
                    "exchanged", told, "In which order do they stand where they are made?"
                )
                yield held, f"({', '.join(swapped)})", words


def arguments(scene: Scene, node: ast.AST) -> Found:
    """Two arguments of a call that are exchanged."""
    if isinstance(node, ast.Call) and 2 <= len(node.args) <= 4:
        for first, second in zip(node.args, node.args[1:], strict=False):
            span = scene.text.span(first)[0], scene.text.span(second)[1]
            between = scene.text.source[scene.text.span(first)[1] : scene.text.span(second)[0]]
            made = scene.text.of(second) + between + scene.text.of(first)
            told = f"{scene.shown(first)} and {scene.shown(second)} are exchanged"
            whole = scene.text.of(node)
            start = scene.text.span(node)[0]
            new = whole[: span[0] - start] + made + whole[span[1] - start :]
            yield node, new, Words("exchanged", told, "In which order are they taken?")


def applied(scene: Scene, node: ast.AST) -> Found:
    """A function that is applied once too often, or not at all."""
    text = scene.text
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        told = f"`{ast.unparse(node.func)}` is applied to what should stand as it is"
        words = Words("wrong_factor", told, "Of which value is the derivative taken?")
        yield node, text.of(node.args[0]), words
        for name in scene_functions(scene):
            if name != ast.unparse(node.func):
                yield node.func, name, words
    elif isinstance(node, Variable) and scene.variable(node) in scene.arrays.values():
        told = f"{scene.shown(node)} stands where a function of it is needed"
        words = Words("wrong_factor", told, "Of which value is the derivative taken?")
        for name in scene_functions(scene) if isinstance(node.ctx, ast.Load) else ():
            yield node, f"{name}({text.of(node)})", words


def scene_functions(scene: Scene) -> list[str]:
    """Functions of one argument that are called somewhere."""
    found = (
        ast.unparse(part.func)
        for statement in scene.statements
        for part in scene.parts(statement)
        if isinstance(part, ast.Call) and len(part.args) == 1 and not part.keywords
    )
    return [n for n in dict.fromkeys(found) if not n.endswith((".copy", "range", "len", ".T"))]


def missing_factor(scene: Scene, node: ast.AST) -> Found:
    """A factor that is not there: a variable, or a simple function of one."""
    for site, shape, part in _sites(scene, node):
        made = scene.text.operand(site)
        told = f"a factor is missing in {scene.shown(site)}"
        words = Words("wrong_factor", told, "Which derivatives are multiplied on this way back?")
        for name in _factors(scene, None if part else shape):
            yield site, f"{made} * {name}", words


def missing_derivative(scene: Scene, node: ast.AST) -> Found:
    """The derivative of a nonlinearity that is not there."""
    for site, shape, _ in _sites(scene, node):
        made = scene.text.operand(site)
        told = f"a factor is missing in {scene.shown(site)}"
        words = Words("wrong_factor", told, "Which derivatives are multiplied on this way back?")
        for name in _factors(scene, shape):
            for form in FORMS:
                yield site, f"{made} * {form.format(name)}", words
            yield site, f"{made} / {name}", words


def _factors(scene: Scene, shape: tuple[int, ...] | None) -> Iterator[str]:
    """Arrays that may multiply one of this shape; elements of arrays, where it is not known."""
    if shape is None:
        yield from scene.elements
    for name, each in scene.arrays.items():
        if shape is None or _fits(each.shape, shape):
            yield name


def missing_size(scene: Scene, node: ast.AST) -> Found:
    """A number that is not there: a size, a rate, a constant."""
    for site, *_ in _sites(scene, node):
        made = scene.text.operand(site)
        told = f"{scene.shown(site)} lacks a factor that is a number"
        words = Words("constant_factor", told, "Where does an average divide, or a rate multiply?")
        for name in (*scene.sizes, *scene.numbers, "2"):
            for mark in "/*":
                yield site, f"{made} {mark} {name}", words


def missing_term(scene: Scene, node: ast.AST) -> Found:
    """A term that is not there."""
    for site, shape, _ in _sites(scene, node):
        made = scene.text.operand(site)
        told = f"a term is missing in {scene.shown(site)}"
        words = Words("missing_path", told, "By how many ways does the gradient come back here?")
        for name, each in scene.arrays.items():
            if shape is not None and each.shape == shape:
                yield site, f"{made} + {name}", words
                yield site, f"{made} - {name}", words


class NameSite(NamedTuple):
    """An expression that holds a gradient, or a part of it."""

    node: ast.expr
    shape: tuple[int, ...] | None
    """Where it is known: of the whole that it is part of."""
    part: bool = False
    """It may be smaller than the whole."""


def _sites(scene: Scene, node: ast.AST) -> Iterator[NameSite]:
    """What is assigned, added or returned, terms of sums, and operands of products."""
    if isinstance(node, ast.Assign | ast.AugAssign) and not scene.whole_target(node):
        yield from _assigned(scene, node)
    elif isinstance(node, ast.Return) and node.value is not None:
        for each in node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]:
            if not isinstance(each, ast.Constant):
                yield NameSite(each, _shape(scene, each))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield from (NameSite(each, _shape(scene, each)) for each in (node.left, node.right))
    elif isinstance(node, ast.Call) and not scene.indexes(node):
        yield from (
            NameSite(each, _shape(scene, each)) for each in node.args if scene.variable(each)
        )
        if isinstance(node.func, ast.Attribute) and node.func.attr in REDUCING:
            summed = (node.func.value, *node.args[:1])
            yield from (NameSite(each, _shape(scene, each)) for each in summed if _computed(each))


def _assigned(scene: Scene, node: ast.Assign | ast.AugAssign) -> Iterator[NameSite]:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    filed = isinstance(node.value, ast.Dict)
    for value in node.value.values if isinstance(node.value, ast.Dict) else [node.value]:
        shape = None if filed else _shape(scene, target)
        if isinstance(value, ast.Name):
            shape = _shape(scene, value)
        if not isinstance(value, ast.Tuple | ast.Constant):
            yield NameSite(value, shape)
        yield from (NameSite(each, shape, part=True) for each in _terms(value))


def _computed(node: ast.expr) -> bool:
    """An array, and not the module that sums it, or a dimension."""
    return not isinstance(node, ast.Constant | ast.Tuple | ast.UnaryOp | ast.Starred) and not (
        isinstance(node, ast.Name) and node.id in MODULES
    )


def _shape(scene: Scene, node: ast.expr) -> tuple[int, ...] | None:
    known = scene.variable(node)
    return known.shape if known else None


def _terms(node: ast.expr) -> Iterator[ast.expr]:
    """Summands, also within a product."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, SUM):
        for each in (node.left, node.right):
            if not isinstance(each, ast.Constant):
                yield each
            yield from _terms(each)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, PRODUCT):
        yield from _terms(node.left)
        yield from _terms(node.right)


def _fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array may multiply another without changing its shape."""
    if len(shape) > len(whole):
        return False
    pairs = zip(reversed(shape), reversed(whole), strict=False)
    return all(size in {1, other} for size, other in pairs)
