"""Lines between the statements of an answer: prints, asserts, comparisons, comments."""

from __future__ import annotations

import ast
import re

from grader.analysis.text import Text, splice
from grader.proof.habits.book import Book, Page, alone, simple_statements
from grader.proof.habits.habit import Habit

LOOK = 'print("{d}", tuple({d}.shape), {d}.abs().max().item())'
ASSERT = "assert torch.is_tensor({d}), type({d})"
COMPARE = 'cmp("{x}")'
COMMENT = "# as in {x}.grad, but by hand; loss.backward() would give it, too"


def after_each(line: str) -> Habit:
    """A habit that puts a line behind every statement that writes a gradient."""

    def change(book: Book) -> None:
        for page in book.derivation():
            text = Text(page.source)
            edits = []
            for node in simple_statements(text.tree.body):
                name = _written(book, node)
                if name is not None and alone(text, node):
                    edits.append(_behind(text, node, line.format(d=name, x=book.target_of(name))))
            page.source = splice(page.source, edits)

    names = {LOOK: "prints", ASSERT: "asserts", COMPARE: "cmps", COMMENT: "comments"}
    return Habit(name=names[line], touches=frozenset({names[line]}), change=change)


def _behind(text: Text, node: ast.stmt, line: str) -> tuple[int, int, str]:
    _, end = text.span(node)
    newline = text.source.find("\n", end)
    at = newline if newline >= 0 else len(text.source)
    return at, at, "\n" + " " * node.col_offset + line


def _written(book: Book, node: ast.stmt) -> str | None:
    """The whole gradient that a plain assignment writes."""
    if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
        target = node.targets[0]
        if isinstance(target, ast.Name) and book.is_gradient(target):
            return target.id
    return None


def headings(book: Book) -> None:
    """Headings of one's own, and comments that speak of another exercise."""
    for number, page in enumerate(book.derivation()):
        at = next(i for i, other in enumerate(book.pages) if other is page)
        book.pages.insert(
            at, Page("markdown", f"### My answer {number + 1}\n\nSee Exercise 2, too.")
        )
        page.source = (
            f"# part {number + 1}; compare with Exercise 2 and the training loop\n{page.source}"
        )


def toggled(book: Book) -> None:
    """First tries that are commented out, with the engine's words in them."""
    for page in book.derivation():
        page.source += "\n# loss.backward(retain_graph=True)\n# dlogits = logits.grad.clone()\n"
        page.source += '"""\ndh = torch.autograd.grad(loss, h)\n"""'


def without_spaces(book: Book) -> None:
    """`a*b` for `a * b`, and two blank lines between statements."""
    for page in book.derivation():
        lines = [
            re.sub(r" ([*@/]) ", r"\1", line) if line[:1] == "d" and '"' not in line else line
            for line in page.source.split("\n")
        ]
        page.source = "\n".join(
            line + ("\n" if line[:1] == "d" and line[-1:] not in {"(", ","} else "")
            for line in lines
        )


LOOKING = (
    after_each(LOOK),
    after_each(ASSERT),
    after_each(COMPARE),
    after_each(COMMENT),
    Habit(name="headings", change=headings, phase=4),
    Habit(name="toggled", change=toggled),
    Habit(name="no_spaces", change=without_spaces, touches=frozenset({"form"}), phase=0),
)
"""Habits of people who look at everything."""
