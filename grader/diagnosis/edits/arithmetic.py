"""Signs, factors, terms and powers that are not as they should be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.diagnosis.edits.scene import Scene, Words

Found = Iterator[tuple[ast.AST, str, Words]]
"""A node, what takes its place, and the mistake."""
SUM = ast.Add | ast.Sub
PRODUCT = ast.Mult | ast.Div


def sign(scene: Scene, node: ast.AST) -> Found:
    text = scene.text
    if isinstance(node, ast.BinOp) and isinstance(node.op, SUM):
        plus = isinstance(node.op, ast.Add)
        left, right = text.operand(node.left), text.operand(node.right)
        yield node, f"{left} {'-' if plus else '+'} {right}", _sign_of(scene.shown(node.right))
        yield node, f"-{left} {'+' if plus else '-'} {right}", _sign_of(scene.shown(node.left))
        if not plus:
            told = f"the difference {scene.shown(node)} is taken the wrong way round"
            look = "Which of the two does the forward line take from the other?"
            yield node, f"{right} - {left}", Words("sign", told, look)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, SUM):
        other = "-=" if isinstance(node.op, ast.Add) else "+="
        changed = f"{text.of(node.target)} {other} {text.of(node.value)}"
        yield node, changed, _sign_of(scene.shown(node.value))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, text.of(node.operand), _sign_of(scene.shown(node))


def negated(scene: Scene, node: ast.AST) -> Found:
    """What is assigned has the wrong sign as a whole."""
    if isinstance(node, ast.Assign | ast.Return) and isinstance(node.value, ast.expr):
        parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for each in parts:
            if not isinstance(each, ast.Constant | ast.Tuple):
                yield each, f"-{scene.text.operand(each)}", _sign_of(scene.shown(each))


def _sign_of(what: str) -> Words:
    return Words(
        "sign", f"{what} comes in with the wrong sign", "Is it added here, or taken away, and why?"
    )


def operator(scene: Scene, node: ast.AST) -> Found:
    """Multiplied where it is to be divided, and the other way round."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, PRODUCT):
        times = isinstance(node.op, ast.Mult)
        left, right = scene.text.operand(node.left), scene.text.operand(node.right)
        yield (
            node,
            f"{left} {'/' if times else '*'} {right}",
            Words(
                "wrong_factor",
                f"{scene.shown(node.right)} {'multiplies' if times else 'divides'}, and should not",
                "Does this factor belong above or below the line?",
            ),
        )


def factor(scene: Scene, node: ast.AST) -> Found:
    """One factor too many."""
    text = scene.text
    if isinstance(node, ast.BinOp) and isinstance(node.op, PRODUCT):
        yield node, text.of(node.left), _too_many(scene, node.right)
        if isinstance(node.op, ast.Mult):
            yield node, text.of(node.right), _too_many(scene, node.left)
        elif not isinstance(node.left, ast.Constant):
            yield node, f"1 / {text.operand(node.right)}", _too_many(scene, node.left)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, PRODUCT):
        yield node, "pass", _too_many(scene, node.value)


def _too_many(scene: Scene, node: ast.expr) -> Words:
    known = scene.variable(node)
    number = isinstance(node, ast.Constant) or (known is not None and not known.shape)
    return Words(
        "constant_factor" if number else "wrong_factor",
        f"the factor {scene.shown(node)} is one too many",
        "Which derivative is this factor to be, and is it there already?",
    )


def term(scene: Scene, node: ast.AST) -> Found:
    """One term too many."""
    text = scene.text
    if isinstance(node, ast.BinOp) and isinstance(node.op, SUM):
        yield node, text.of(node.left), _term_of(scene, node.right)
        minus = "-" if isinstance(node.op, ast.Sub) else ""
        yield node, minus + text.operand(node.right), _term_of(scene, node.left)


def _term_of(scene: Scene, node: ast.expr) -> Words:
    return Words(
        "wrong_term",
        f"the term {scene.shown(node)} does not belong here",
        "By which way through the forward pass would this term come?",
    )


def grouping(scene: Scene, node: ast.AST) -> Found:
    """A factor that takes in only the last of several terms, or more than it should."""
    if not isinstance(node, ast.BinOp):
        return
    text, outer = scene.text, node
    if isinstance(node.op, SUM):
        sign_, chain = "+" if isinstance(node.op, ast.Add) else "-", node.right
        tail = ""
        while isinstance(chain, ast.BinOp) and isinstance(chain.op, PRODUCT):
            mark = "*" if isinstance(chain.op, ast.Mult) else "/"
            tail = f" {mark} {text.operand(chain.right)}{tail}"
            chain = chain.left
            made = f"({text.of(outer.left)} {sign_} {text.operand(chain)}){tail}"
            yield node, made, _grouped(f"only {scene.shown(node.right)} is multiplied")
        if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mult):
            made = f"({text.of(node.left.right)} {sign_} {text.operand(node.right)})"
            made = f"{text.operand(node.left.left)} * {made}"
            yield node, made, _grouped(f"only {scene.shown(node.left)} is multiplied")
    elif isinstance(node.op, PRODUCT):
        inner, mark = node.left, "*" if isinstance(node.op, ast.Mult) else "/"
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, SUM):
            sign_ = "+" if isinstance(inner.op, ast.Add) else "-"
            right = f"{text.operand(inner.right)} {mark} {text.operand(node.right)}"
            told = f"{scene.shown(node.right)} takes in the whole sum"
            yield node, f"{text.of(inner.left)} {sign_} {right}", _grouped(told)


def _grouped(told: str) -> Words:
    return Words(
        "wrong_factor", f"{told}: parentheses are missing or misplaced", "What is multiplied first?"
    )


def power(scene: Scene, node: ast.AST) -> Found:
    text = scene.text
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield node, text.of(node.left), _power_of(scene, node)
        if isinstance(node.right, ast.Constant | ast.UnaryOp):
            base, exponent = text.operand(node.left), text.of(node.right)
            for change in ("- 1", "+ 1"):
                yield node, f"{base} ** ({exponent} {change})", _power_of(scene, node)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        known = scene.variable(node)
        if known is not None and not known.whole and isinstance(node.ctx, ast.Load):
            yield node, f"{text.of(node)} ** 2", _power_of(scene, node)


def _power_of(scene: Scene, node: ast.AST) -> Words:
    return Words(
        "wrong_factor",
        f"{scene.shown(node)} has the wrong exponent",
        "To which power does it stand in the derivative?",
    )


def number(scene: Scene, node: ast.AST) -> Found:
    """Another number: 1 for 2, a half for one."""
    if not isinstance(node, ast.Constant) or scene.indexes(node):
        return
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        for other in OTHER_NUMBERS.get(float(value), ()):
            yield (
                node,
                other,
                Words(
                    "constant_factor",
                    f"the number {scene.shown(node)} is not the right one",
                    "Where does this number come from?",
                ),
            )


OTHER_NUMBERS: dict[float, tuple[str, ...]] = {
    0.0: ("1",),
    1.0: ("2", "0", "0.5"),
    2.0: ("1", "0.5", "3"),
    0.5: ("1", "2"),
    3.0: ("2",),
}


def comparison(scene: Scene, node: ast.AST) -> Found:
    """A mask that is the other way round, or counts the border."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = scene.text.operand(node.left), scene.text.operand(node.comparators[0])
        for mark in (">", "<", ">=", "<=", "==", "!="):
            yield (
                node,
                f"({left} {mark} {right})",
                Words(
                    "wrong_factor",
                    f"{scene.shown(node)} compares the wrong way",
                    "For which elements does the gradient pass?",
                ),
            )
