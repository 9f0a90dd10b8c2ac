"""Loops, indices and what they write: one step off, overwritten, in the wrong place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.diagnosis.edits.arithmetic import Found
from grader.diagnosis.edits.scene import LOOPS, Scene, Words

Moved = Iterator[tuple[list[tuple[int, int, str]], ast.stmt, Words]]
"""Splices, the statement that they move, and the mistake."""


def adding(scene: Scene, node: ast.AST) -> Found:
    """Overwritten where it is to add up, and added to what stood there."""
    text = scene.text
    if isinstance(node, ast.AugAssign):
        target = scene.shown(node.target)
        words = Words(
            "accumulated",
            f"{target} is added to what stood there before",
            "Does anything else belong into it?",
        )
        yield node, f"{text.of(node.target)} = {text.of(node.value)}", words
        yield node, "pass", Words("wrong_term", f"{target} should not change here", "Why does it?")
    elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple):
        target = scene.shown(node.targets[0])
        words = Words(
            "overwritten",
            f"{target} is overwritten where contributions should add up",
            "What is to happen to what the steps before have left?",
        )
        yield node, f"{text.of(node.targets[0])} += {text.of(node.value)}", words
        yield node, f"{text.of(node.targets[0])} -= {text.of(node.value)}", words


def superfluous(scene: Scene, node: ast.AST) -> Found:
    """A line that should not be there."""
    if isinstance(node, ast.Assign | ast.Expr) and not isinstance(node.value, ast.Constant):
        told = f"{scene.shown(node)} should not stand here"
        yield node, "pass", Words("wrong_term", told, "What does this line do to the gradient?")


def index(scene: Scene, node: ast.AST) -> Found:
    """One step off, or by another number."""
    text = scene.text
    if isinstance(node, ast.Subscript):
        places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for each in places:
            if isinstance(each, ast.Slice):
                continue
            words = _off(scene, node)
            if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Add | ast.Sub):
                yield each, text.of(each.left), words
            if isinstance(each, ast.Subscript) and not isinstance(
                each.slice, ast.Slice | ast.Tuple
            ):
                yield each, text.of(each.slice), _beside(scene, node)  # looked up once too often
            if isinstance(each, ast.Constant) and type(each.value) is int:
                yield from ((each, str(n), words) for n in (0, 1, -1, 2) if n != each.value)
            elif not isinstance(each, ast.Constant):
                yield each, f"{text.operand(each)} - 1", words
                yield each, f"{text.operand(each)} + 1", words


def bounds(scene: Scene, node: ast.AST) -> Found:
    """Where a slice begins and ends."""
    if not isinstance(node, ast.Slice):
        return
    for bound in (node.lower, node.upper):
        if bound is None:
            continue
        words = _beside(scene, node)
        made = scene.text.operand(bound)
        yield from ((bound, f"{made} + {name}", words) for name in ("1", *scene.sizes))
        yield from ((bound, f"{made} - {name}", words) for name in ("1", *scene.strides))
        if isinstance(bound, ast.BinOp):
            yield bound, scene.text.of(bound.left), words
            yield bound, scene.text.of(bound.right), words
    if node.lower is None and node.upper is not None:
        for name in ("1", *scene.sizes):
            yield node, f"{name}:{scene.text.of(node.upper)}", _beside(scene, node)


def place(scene: Scene, node: ast.AST) -> Found:
    """A place that is computed wrongly: without the stride, without the padding."""
    known = scene.variable(node) if isinstance(node, ast.Name) else None
    if known is None or not known.whole or not isinstance(getattr(node, "ctx", None), ast.Load):
        return
    statement = next(p for p in scene.text.ancestors(node) if isinstance(p, ast.stmt))
    if scene.indexes(node) or scene.whole_target(statement):
        words = _beside(scene, node)
        made = scene.text.of(node)
        for name in scene.strides:
            if name != made:
                yield from ((node, f"{made} {mark} {name}", words) for mark in ("*", "+", "-"))


def _off(scene: Scene, node: ast.AST) -> Words:
    told = f"{scene.shown(node)} is one step off"
    return Words("step_off", told, "Which step does it belong to?")


def _beside(scene: Scene, node: ast.AST) -> Words:
    told = f"{scene.shown(node)} gives the wrong place"
    return Words("wrong_index", told, "Where does this part begin and end in the forward pass?")


def loop(scene: Scene, node: ast.AST) -> Found:
    """From another beginning, to another end, in the other direction."""
    if not isinstance(node, ast.For):
        return
    text, what = scene.text, node.iter
    turned = Words("step_off", "the loop runs in the wrong direction", "Which step comes first?")
    if isinstance(what, ast.Call) and text.of(what.func) == "reversed" and what.args:
        yield what, text.of(what.args[0]), turned
    else:
        yield what, f"reversed({text.of(what)})", turned
    inner = (
        what.args[0] if isinstance(what, ast.Call) and text.of(what.func) == "reversed" else what
    )
    if isinstance(inner, ast.Call) and text.of(inner.func) == "range":
        words = Words(
            "step_off", "the loop begins or ends at the wrong step", "Which steps are there?"
        )
        for each in inner.args:
            yield from ((each, f"{text.operand(each)} {more}", words) for more in ("- 1", "+ 1"))
            yield from ((each, name, words) for name in scene.sizes)
        if len(inner.args) == 1:
            yield inner, f"range(1, {text.of(inner.args[0])})", words


def misplaced(scene: Scene, node: ast.AST) -> Moved:
    """A line behind a loop that belongs into it, or in it that belongs behind."""
    body = getattr(node, "body", None)
    siblings = _siblings(scene, node)
    if not isinstance(node, (*LOOPS, ast.If)) or not isinstance(body, list) or node not in siblings:
        return
    following = siblings[siblings.index(node) + 1 : siblings.index(node) + 3]
    for each in following:
        if isinstance(each, ast.Assign | ast.AugAssign | ast.Expr):
            told = f"{scene.shown(each)} stands behind the lines that it belongs to"
            yield _move(scene, each, body[-1]), each, _placed(told)
    for each in body[-2:]:
        if len(body) > 1 and isinstance(each, ast.Assign | ast.AugAssign | ast.Expr):
            told = f"{scene.shown(each)} is done again and again, and should be done once"
            yield _move(scene, each, node), each, _placed(told)


def _siblings(scene: Scene, node: ast.AST) -> list[ast.stmt]:
    parent = scene.text.parents.get(node)
    found = [getattr(parent, name, None) for name in ("body", "orelse")]
    return next((each for each in found if isinstance(each, list) and node in each), [])


def _move(scene: Scene, statement: ast.stmt, behind: ast.stmt) -> list[tuple[int, int, str]]:
    start, end = scene.text.span(statement)
    place_ = scene.text.span(behind)[1]
    line = f"\n{' ' * behind.col_offset}{scene.text.of(statement)}"
    return [(start, end, "pass"), (place_, place_, line)]


def _placed(told: str) -> Words:
    return Words("misplaced", told, "How often is this line to run, and when?")
