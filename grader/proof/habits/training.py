"""Other ways to write the training loop; its statements stay as they are."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

from grader.proof.habits.book import Book, Page
from grader.proof.habits.habit import Habit, NotHereError

UPDATE = """\
        for parameter, gradient in zip(parameters, grads):
            parameter -= rate * gradient"""
LOG = """\
        lossi.append(loss.log10().item())
        if step >= 150_000 and loss < 0.1:
            break
"""
HEAD = "    for step in range(max_steps):\n"
START = "max_steps = 200000\n"


def _replaced(page: Page, old: str, new: str) -> None:
    if old not in page.source:
        raise NotHereError
    page.source = page.source.replace(old, new)


def in_function(book: Book) -> None:
    """Everything in `def train(…)`, called once with 200,000 steps."""
    page = book.training()
    _replaced(page, START, "")
    body = textwrap.indent(page.source.strip("\n"), "    ")
    if "global" in body:
        raise NotHereError
    page.source = f"def train(max_steps=200_000):\n{body}\n    return loss\n\n\nprint(train())"


def literal_steps(book: Book) -> None:
    """`range(200000)`, without a variable for the number."""
    page = book.training()
    _replaced(page, START, "")
    page.source = page.source.replace("max_steps", "200000")


def as_while(book: Book) -> None:
    """`while step < max_steps`, with a counter."""
    page = book.training()
    _replaced(page, HEAD, "    step = 0\n    while step < max_steps:\n")
    page.source = f"{page.source.rstrip()}\n        step += 1\n"


def with_data(book: Book) -> None:
    """`for p, grad in zip(parameters, grads): p.data += -lr * grad`, as in the lecture."""
    page = book.training()
    _replaced(
        page, UPDATE, UPDATE.replace("parameter -= rate * gradient", "p.data += -rate * grad")
    )
    _replaced(page, "for parameter, gradient in", "for p, grad in")


def by_index(book: Book) -> None:
    """Updated by position."""
    new = (
        "        for i in range(len(parameters)):\n            parameters[i].sub_(rate * grads[i])"
    )
    _replaced(book.training(), UPDATE, new)


def one_by_one(book: Book) -> None:
    """Each parameter updated in a line of its own."""
    page = book.training()
    match = re.search(r"grads = \[(d.*)\]\n", page.source)
    if match is None:
        raise NotHereError
    canonical = book.assignment.gradient_names
    lines = [f"        {canonical[d][1:]} -= rate * {d}" for d in match[1].split(", ")]
    _replaced(page, UPDATE, "\n".join(lines))


def logged(book: Book) -> None:
    """The loss kept for a plot, and a way out after some steps."""
    page = book.training()
    _replaced(page, START, f"{START}lossi = []\n")
    page.source = f"{page.source.rstrip()}\n{LOG}"


def backward_apart(book: Book) -> None:
    """The gradients in a function that is called in every step."""
    page = book.training()
    lines = page.source.split("\n")
    begin = next((i for i, x in enumerate(lines) if x.strip() == "grads = []"), None)
    end = next((i for i, x in enumerate(lines) if x.strip().startswith("grads = [d")), None)
    if begin is None or end is None or "global" in page.source:
        raise NotHereError
    body = [line[4:] if line.strip() else line for line in lines[begin + 1 : end]]
    returned = lines[end].strip().removeprefix("grads = ")
    names = "Xb, Yb, emb, embcat, bnvar_inv, bnraw, hpreact, h, logits"
    head = ["def training_backward(" + names + "):", *body, f"    return {returned}", "", ""]
    call = f"        grads = training_backward({names})"
    page.source = "\n".join([*head, *lines[:begin], call, *lines[end + 1 :]])


def data_free(book: Book) -> None:
    """Gradients of the engine set to nothing before the loop, as the lecture's loop does."""
    page = book.training()
    _replaced(page, HEAD, f"    for p in parameters:\n        p.grad = None\n{HEAD}")


def _habit(name: str, change: Callable[[Book], None], *touches: str) -> Habit:
    return Habit(
        name=name,
        phase=1,
        touches=frozenset(touches),
        change=change,
    )


TRAINING = (
    _habit("train_function", in_function, "loop"),
    _habit("train_literal", literal_steps, "loop"),
    _habit("train_while", as_while, "loop"),
    _habit("train_data", with_data, "update"),
    _habit("train_index", by_index, "update"),
    _habit("train_each", one_by_one, "update"),
    _habit("train_log", logged, "loop"),
    _habit("train_backward", backward_apart, "loop"),
    _habit("train_none", data_free, "loop"),
)
"""Habits of training."""
