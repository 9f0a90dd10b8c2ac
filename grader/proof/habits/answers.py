"""Answers given otherwise: by insight, in several attempts, in other number types."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from grader.analysis.text import Change, Text
from grader.proof.habits.book import Book
from grader.proof.habits.forms import name_of, plain_assignments, put
from grader.proof.habits.habit import Habit, NotHereError

FIRST = "exercise-1"
ABOVE_MAXES = ("logprobs", "probs", "counts_sum_inv", "counts_sum", "counts", "norm_logits")


def _needs(*targets: str) -> frozenset[tuple[str, str]]:
    return frozenset((FIRST, target) for target in targets)


def instead(lines: dict[str, str], gone: tuple[str, ...] = ()) -> Callable[[Book], None]:
    """A habit's change that writes some lines of the solution anew.

    lines: a gradient → the statement in the place of its first one; gone: lines left out.
    """

    def change(book: Book) -> None:
        left = dict(lines)
        for page in book.answers(FIRST):
            new = []
            for line in page.source.split("\n"):
                name = line.partition(" = ")[0]
                if name in left:
                    new.append(left.pop(name))
                elif not line.startswith(gone):
                    new.append(line)
            page.source = "\n".join(new)
        if left:
            raise NotHereError

    return change


def first_attempt(name: str, wrong: str, exercise: str = FIRST) -> Callable[[Book], None]:
    """A habit's change that puts a wrong attempt and a look at it before the right one."""

    def change(book: Book) -> None:
        for page in book.answers(exercise):
            text = Text(page.source)
            for node in plain_assignments(book, text):
                if name_of(node) == name:
                    new = f'{name} = {wrong}\ncmp("{name[1:]}")\n{text.of(node)}'
                    put(page, text, [(node, new)])
                    return
        raise NotHereError

    return change


def doubles(book: Book) -> None:
    """Everything in float64."""
    page = book.holding("parameter.requires_grad_()")
    page.source = page.source.replace(
        "parameter.requires_grad_()", "parameter.double().requires_grad_()"
    )


def doubles_after(book: Book) -> None:
    """The first network's parameters made float64 behind their drawing."""
    page = book.holding("parameters = draw_parameters(n_hidden=64)")
    page.source = page.source.replace(
        "parameters = draw_parameters(n_hidden=64)",
        "parameters = draw_parameters(n_hidden=64)\n"
        "parameters = [p.detach().double().requires_grad_() for p in parameters]",
    )


AS_TENSOR = """\
    if mine is not None:
        mine = torch.as_tensor(mine)
    if mine is None:"""
WORDS = (
    (r"\.clone\(\)", ".copy()"),
    (r"keepdim=", "keepdims="),
    (r"torch\.(zeros|ones)_like\(", r"np.\1_like("),
    (r"F\.one_hot\((\w+)\.(max|min)\(1\)\.indices, (?:num_classes=)?vocab_size\)",
     r"np.eye(vocab_size, dtype=np.float32)[\1.arg\2(1)]"),
    (r"\.view\(", ".reshape("),
)  # fmt: skip
"""torch → numpy."""


def in_numpy(book: Book) -> None:
    """The backward pass of exercise 1 in NumPy; its arrays are handed on as they are."""
    pages = book.answers(FIRST)
    used = [*book.assignment.forward.tensors, *book.assignment.parameters, "Xb", "Yb"]
    for page in pages:
        for pattern, new in WORDS:
            page.source = re.sub(pattern, new, page.source)
        answer = "\n".join(line for line in page.source.split("\n") if "cmp(" not in line)
        for name in used:
            page.source = re.sub(rf'(?<!["\'.\w]){name}\b(?!["\'])', f"{name}_np", page.source)
        if re.search(r"torch\.|F\.|\.roll|\.flip|\.clamp|indices|\bmean\(|data\b|squeeze", answer):
            raise NotHereError
    listed = [x for x in used if any(f"{x}_np" in page.source for page in pages)]
    start = "".join(f"{x}_np = {x}.detach().numpy()\n" for x in listed)
    book.insert(f"import numpy as np\n\n{start}", before=pages[0])
    pages[-1].source += "\ndhpreact = torch.from_numpy(dhpreact)  # exercise 3 needs a tensor"
    check = book.holding('mine = globals().get("d" + name)')
    check.source = check.source.replace(
        "    if mine is None:",
        "    if mine is not None:\n        mine = torch.as_tensor(mine)\n    if mine is None:",
    )


def detached(book: Book) -> None:
    """`.detach()` and `.clone()` on what is read, as careful people write them."""
    found = False
    for page in book.derivation():
        text = Text(page.source)
        changes: list[Change] = []
        for node in plain_assignments(book, text):
            if isinstance(node.value, ast.BinOp):
                changes.append(
                    (node, f"{name_of(node)} = ({text.of(node.value)}).detach().clone()")
                )
                found = True
        put(page, text, changes)
    if not found:
        raise NotHereError


def _attempts(name: str, exercise: str, target: str, wrong: str) -> Habit:
    """A habit of trying `wrong` first."""
    return Habit(
        name=name,
        phase=0,
        touches=frozenset({"form"}),
        needs_right=frozenset({(exercise, target)}),
        change=first_attempt(f"d{target}", wrong, exercise),
    )


ZEROS = "dlogit_maxes = torch.zeros_like(logit_maxes)"
NUMBERS = frozenset({"numbers"})
EVERYTHING = NUMBERS | {"form", "sums", "cmp", "logits", "up", "functions"}
ANSWERS = (
    Habit(
        name="zero_maxes",
        phase=0,
        touches=frozenset({"logits", "form"}),
        # That they are zero holds for right gradients above, and for no others.
        needs_right=_needs(*ABOVE_MAXES, "logit_maxes", "logits"),
        solution_only=True,
        change=instead({"dlogit_maxes": ZEROS}, ("dlogits += ",)),
    ),
    Habit(
        name="insight_logits",
        phase=0,
        touches=frozenset({"logits", "form"}),
        needs_right=_needs("logprobs", "logits"),
        solution_only=True,
        change=instead({"dlogits": "dlogits = dlogprobs + probs / n"}, ("dlogits += ",)),
    ),
    _attempts("attempts_h", FIRST, "h", "-dlogits @ W2.T"),
    _attempts("attempts_hpreact", FIRST, "hpreact", "(1.0 - hpreact**2) * dh"),
    _attempts("attempts_raw", FIRST, "bnraw", "bngain.sum() * dhpreact"),
    _attempts("attempts_fused", "exercise-2", "logits", "F.softmax(logits, 1)"),
    Habit(name="double", touches=NUMBERS, solution_only=True, change=doubles),
    Habit(name="double_first", touches=NUMBERS, solution_only=True, change=doubles_after),
    Habit(name="numpy", phase=0, touches=EVERYTHING, solution_only=True, change=in_numpy),
    Habit(name="detached", phase=0, touches=frozenset({"form"}), change=detached),
)
"""Habits that write answers in another way."""
