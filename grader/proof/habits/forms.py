"""The same statement in other words: temporaries, helpers, lambdas, two in one line."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from itertools import pairwise

from grader.analysis.text import Change, Text, names_in, splice
from grader.proof.habits.book import Book, Page, alone, simple_statements
from grader.proof.habits.habit import Habit, NotHereError

Rewrite = Callable[[Text, ast.Assign], str | None]
"""What takes the place of `dx = e`; None where it does not fit."""


def plain_assignments(book: Book, text: Text) -> Iterator[ast.Assign]:
    """`dx = e` on lines of their own, functions left out."""
    for node in simple_statements(text.tree.body):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and alone(text, node):
            is_none = isinstance(node.value, ast.Constant) and node.value.value is None
            if book.is_gradient(node.targets[0]) and not is_none:
                yield node


def put(page: Page, text: Text, changes: list[Change]) -> None:
    """Give a cell these statements in the place of others, at their indentation."""
    edits = []
    for node, new in changes:
        start, end = text.span(node)
        column = start - text.source.rfind("\n", 0, start) - 1
        edits.append((start, end, textwrap.indent(new, " " * column).lstrip(" ")))
    page.source = splice(page.source, edits)


def rewritten(book: Book, rewrite: Rewrite, every: int = 1) -> None:
    """Rewrite each `every`-th plain assignment. Raises NotHereError where none fits."""
    found = 0
    for page in (*book.derivation(), *book.trainings()):
        text, changes = Text(page.source), list[Change]()
        for node in plain_assignments(book, text):
            new = rewrite(text, node)
            if new is not None:
                found += 1
                if found % every == 0:
                    changes.append((node, new))
        put(page, text, changes)
    if not found:
        raise NotHereError


def name_of(node: ast.Assign) -> str:
    """The variable of a plain assignment."""
    assert isinstance(node.targets[0], ast.Name)
    return node.targets[0].id


def first_half(text: Text, node: ast.Assign) -> str | None:
    """`dx = a * b` → `tmp = a`, `dx = tmp * b`."""
    value, name = node.value, name_of(node)
    if isinstance(value, ast.BinOp):
        inner = value.left
    elif (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and not _is_module(value.func.value)
    ):
        inner = value.func.value
    else:
        return None
    start, end = text.span(value)
    first, last = text.span(inner)
    # What stands before and behind the inner part may hold its parentheses.
    head, tail = text.source[start:first].rstrip("( \n"), text.source[last:end]
    if not head.strip():
        depth = text.source[start:first].count("(")
        tail = _without_closing(tail, depth)
        return f"tmp = ({text.of(inner)})\n{name} = (tmp{tail})"
    return None


def _without_closing(tail: str, depth: int) -> str:
    for _ in range(depth):
        tail = tail.lstrip()
        assert tail.startswith(")")
        tail = tail[1:]
    return tail


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {"torch", "F", "np"}


def as_lambda(text: Text, node: ast.Assign) -> str:
    """`dx = e` → a lambda, called."""
    return f"step_back = lambda: ({text.of(node.value)})\n{name_of(node)} = step_back()"


def own_result(text: Text, node: ast.Assign) -> str:
    """`dx = e` → `result = e`, `dx = result`."""
    return f"result = ({text.of(node.value)})\n{name_of(node)} = result"


def sums_by_helpers(book: Book) -> None:
    """`x.sum(0, keepdim=True)` → `sum_rows(x)`, for a pattern that comes again and again."""
    helpers = {"0": "sum_rows", "1": "sum_columns"}
    found = 0
    pages = (*book.derivation(), book.training())
    for page in pages:
        text = Text(page.source)
        while (change := _next_sum(text, helpers)) is not None:
            text = Text(text.replaced(*change))
            found += 1
        page.source = text.source
    if not found:
        raise NotHereError
    defined = "\n\n\n".join(
        f"def {name}(x):\n    return x.sum({dim}, keepdim=True)" for dim, name in helpers.items()
    )
    book.insert(defined, before=pages[0])


def _next_sum(text: Text, helpers: dict[str, str]) -> Change | None:
    for call in ast.walk(text.tree):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "sum"
            and [k.arg for k in call.keywords] == ["keepdim"]
            and [text.of(a) for a in call.args] in (["0"], ["1"])
            and text.of(call.keywords[0].value) == "True"
            and not _is_module(call.func.value)
        ):
            return call, f"{helpers[text.of(call.args[0])]}({text.of(call.func.value)})"
    return None


def in_pairs(book: Book) -> None:
    """Two gradients in one statement where the second does not read the first."""
    found = 0
    for page in (*book.derivation(), book.training()):
        text, changes, taken = Text(page.source), list[Change](), set[ast.AST]()
        for first, second in pairwise(plain_assignments(book, text)):
            if not _neighbours(text, first, second) or {first, second} & taken:
                continue
            taken |= {first, second}
            pair = f"{name_of(first)}, {name_of(second)}"
            new = f"{pair} = (\n    {text.of(first.value)},\n    {text.of(second.value)},\n)"
            changes += [(first, new), (second, "pass")]
            found += 1
        put(page, text, changes)
    if not found:
        raise NotHereError


def _neighbours(text: Text, first: ast.Assign, second: ast.Assign) -> bool:
    """One right behind the other in the same block, and independent."""
    between = text.source[text.span(first)[1] : text.span(second)[0]]
    lines = [line.strip() for line in between.split("\n")[1:]]
    return (
        text.parents[first] is text.parents[second]
        and all(not line or line.startswith("#") for line in lines)
        and name_of(first) not in names_in(second.value) | {name_of(second)}
        and name_of(second) not in names_in(first.value)
        and not any(isinstance(n, ast.Call) and _in_place(n) for n in ast.walk(second.value))
    )


def _in_place(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr.endswith("_")


def _form(name: str, rewrite: Rewrite, every: int) -> Habit:
    return Habit(
        name=name, phase=0, touches=FORM, change=lambda book: rewritten(book, rewrite, every)
    )


FORM = frozenset({"form"})
FORMS = (
    _form("tmp", first_half, 2),
    _form("lambdas", as_lambda, 3),
    _form("results", own_result, 2),
    Habit(name="pairs", phase=0, touches=FORM, change=in_pairs),
    Habit(name="sum_helpers", phase=0, touches=frozenset({"sums"}), change=sums_by_helpers),
)
"""Ways to write a statement."""
