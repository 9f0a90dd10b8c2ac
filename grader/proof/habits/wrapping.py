"""The answers of a cell in a block or a function."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

from grader.analysis.text import Text
from grader.proof.habits.book import Book, Page, simple_statements
from grader.proof.habits.habit import Habit, NotHereError

Wrap = Callable[[str, Text, int], str]
"""The new source for a piece of a cell: given itself, parsed, and the cell's number."""


def wrapped(wrap: Wrap) -> Callable[[Book], None]:
    """A habit's change that wraps the gradients of every cell but the training's."""

    def change(book: Book) -> None:
        for number, page in enumerate(book.derivation()):
            first, last = _segment(book, page)
            lines = page.source.split("\n")
            piece = "\n".join(lines[first:last])
            new = wrap(piece, Text(piece), number).split("\n")
            page.source = "\n".join([*lines[:first], *new, *lines[last:]])

    return change


def _segment(book: Book, page: Page) -> tuple[int, int]:
    """The lines from the first statement that writes a gradient to the last."""
    tree = ast.parse(page.source)
    writing = [
        node
        for node in tree.body
        if any(book.is_gradient(part) and _is_written(part, node) for part in ast.walk(node))
    ]
    if not writing:
        raise NotHereError
    first, last = writing[0], writing[-1]
    assert last.end_lineno is not None
    return first.lineno - 1, last.end_lineno


def _is_written(part: ast.AST, statement: ast.stmt) -> bool:
    in_place = isinstance(statement, ast.Expr | ast.For) and "print" not in ast.dump(statement)
    return isinstance(getattr(part, "ctx", None), ast.Store) or in_place


def _indented(piece: str) -> str:
    return textwrap.indent(piece, "    ")


def in_block(head: str, foot: str = "") -> Wrap:
    """Below one line, `with torch.no_grad():`."""
    return lambda piece, _text, _number: f"{head}\n{_indented(piece)}{foot}"


def in_function_of_tuple(piece: str, text: Text, number: int) -> str:
    """In a function that returns a tuple, which is unpacked."""
    stored, needed = _flow(text)
    listed = ", ".join(stored) + ("," if len(stored) == 1 else "")
    name, given = f"cell_{number}_backward", ", ".join(needed)
    return (
        f"def {name}({given}):\n{_indented(piece)}\n    return {listed}\n\n\n"
        f"({listed}) = {name}({given})"
    )


def in_function_of_dict(piece: str, text: Text, number: int) -> str:
    """In a function that returns a dict, which is read name by name."""
    stored, needed = _flow(text)
    name, given = f"cell_{number}_backward", ", ".join(needed)
    pairs = "".join(f'        "{x}": {x},\n' for x in stored)
    taken = "\n".join(f'{x} = found["{x}"]' for x in stored)
    return (
        f"def {name}({given}):\n{_indented(piece)}\n    return {{\n{pairs}    }}\n\n\n"
        f"found = {name}({given})\n{taken}"
    )


def _flow(text: Text) -> tuple[list[str], list[str]]:
    """Gradients that a piece writes, and names that it reads before it writes them."""
    if "global" in text.source:
        raise NotHereError
    stored: dict[str, None] = {}
    early: set[str] = set()
    for node in _in_order(text.tree.body):
        early |= {n for n in _names(node, ast.Load) if n not in stored}
        if isinstance(node, ast.AugAssign):
            early |= _names(node.target, ast.Store) - stored.keys()
        stored.update(dict.fromkeys(sorted(_names(node, ast.Store))))
        if isinstance(node, ast.FunctionDef):
            stored[node.name] = None
    gradients = [name for name in stored if name.startswith("d")]
    return gradients, sorted(early & stored.keys())


def _in_order(body: list[ast.stmt]) -> list[ast.AST]:
    """Simple statements and the headers of blocks."""
    found: list[ast.AST] = []
    for node in body:
        if isinstance(node, ast.For):
            found += [node.iter, node.target, *_in_order(node.body)]
        elif isinstance(node, ast.If | ast.While):
            found += [node.test, *_in_order(node.body), *_in_order(node.orelse)]
        elif isinstance(node, ast.With):
            found += [*(item.context_expr for item in node.items), *_in_order(node.body)]
        elif isinstance(node, ast.Try):
            found += _in_order(node.body)
        else:
            found += simple_statements([node])
    return found


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Variables of the cell that a statement reads or writes; those of comprehensions and of
    functions within it are their own.
    """
    own: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            own |= {n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)}
        if isinstance(part, ast.FunctionDef | ast.Lambda):
            own |= {argument.arg for argument in part.args.args}
        if isinstance(part, ast.FunctionDef):
            own |= {
                n.id
                for n in ast.walk(part)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)
    } - own


TRY = '\nfinally:\n    print("this cell is through")'
NO_GRAD = "with torch.no_grad():"
BLOCK = frozenset({"blocks"})
FUNCTION = frozenset({"blocks", "functions"})
WRAPS = (
    Habit(name="no_grad", phase=2, touches=BLOCK, change=wrapped(in_block(NO_GRAD))),
    Habit(name="if_true", phase=2, touches=BLOCK, change=wrapped(in_block("if True:"))),
    Habit(name="try_finally", phase=2, touches=BLOCK, change=wrapped(in_block("try:", TRY))),
    Habit(name="tuple_function", phase=2, touches=FUNCTION, change=wrapped(in_function_of_tuple)),
    Habit(name="dict_function", phase=2, touches=FUNCTION, change=wrapped(in_function_of_dict)),
)
"""Blocks and functions around all answers of a cell."""
