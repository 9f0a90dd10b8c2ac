"""Names of one's own: for gradients, for forward tensors, for inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grader.proof.habits.book import Book, Page
from grader.proof.habits.habit import Habit, NotHereError

BATCH_NORM = {
    "bnmeani": "mu",
    "bnvar": "sigma2",
    "bnvar_inv": "inv_std",
    "bnraw": "x_hat",
    "bndiff": "xmu",
}
NETWORK = {
    "hprebn": "z1",
    "hpreact": "a1",
    "logits": "scores",
    "counts": "exp_scores",
    "probs": "softmaxed",
}
INPUTS = {
    "emb_matrix": {"C": "emb_matrix"},
    "X_Y": {"Xb": "X", "Yb": "Y"},
    "scale_shift": {"bngain": "scale", "bnbias": "shift"},
    "weights": {"W1": "weight_1", "b1": "bias_1", "W2": "weight_2", "b2": "bias_2"},
}  # fmt: skip


def with_gradients(book: Book, table: Mapping[str, str]) -> dict[str, str]:
    """The table, and a gradient's name for each: dbnraw → dx_hat, aliases among them."""
    canonical = book.assignment.gradient_names
    named = {d: f"d{table[x[1:]]}" for d, x in canonical.items() if x[1:] in table}
    return {**table, **named}


def renamed(pages: list[Page], table: Mapping[str, str]) -> None:
    """Put other names in the place of these, in strings and comments, too."""
    pattern = re.compile(rf"\b({'|'.join(sorted(table, key=len, reverse=True))})\b")
    for page in pages:
        page.source = pattern.sub(lambda match: table[match[1]], page.source)


def of_tensors(table: Mapping[str, str]) -> Callable[[Book], None]:
    """A habit's change that gives forward tensors or inputs, and their gradients, other names."""

    def change(book: Book) -> None:
        whole = with_gradients(book, table)
        if any(book.has_word(new) for new in whole.values()):
            raise NotHereError
        renamed(book.code, whole)

    return change


def of_gradients(prefix: str) -> Callable[[Book], None]:
    """A habit's change that calls the gradient of x `d_x`, or another prefix."""

    def change(book: Book) -> None:
        names = book.assignment.gradient_names
        _compared_by(book, f'globals().get("{prefix}" + name)')
        renamed(book.code, {name: prefix + name[1:] for name in names})

    return change


def in_container(start: str, place: str, look: str) -> Callable[[Book], None]:
    """A habit's change that keeps the gradients of all but the training in one object.

    place: `grads['{x}']`; look: how the notebook's own `cmp` finds one.
    """

    def change(book: Book) -> None:
        names = book.assignment.gradient_names
        pages = book.pages
        first, last = book.derivation()[0], book.derivation()[-1]
        inside = _between(pages, first, last)
        _compared_by(book, look)
        renamed(inside, {name: place.format(x=name[1:]) for name in names})
        book.insert(start, before=first)

    return change


def _between(pages: list[Page], first: Page, last: Page) -> list[Page]:
    a = next(i for i, page in enumerate(pages) if page is first)
    b = next(i for i, page in enumerate(pages) if page is last)
    return [page for page in pages[a : b + 1] if page.kind == "code"]


def _compared_by(book: Book, look: str) -> None:
    try:
        page = book.holding('globals().get("d" + name)')
    except LookupError:
        raise NotHereError from None
    page.source = page.source.replace('globals().get("d" + name)', look)


def fused_under_other_names(book: Book) -> None:
    """`dlogits_fast` and `dhprebn_fast` in exercises 2 and 3, compared by hand."""
    for exercise, target in (("exercise-2", "logits"), ("exercise-3", "hprebn")):
        fast = f"d{target}_fast"
        names = [d for d, x in book.assignment.gradient_names.items() if x == f"d{target}"]
        for page in book.answers(exercise):
            page.source = re.sub(r"^d\w+ = None.*\n", "", page.source, flags=re.MULTILINE)
            page.source = re.sub(r"^cmp\(.*", "", page.source, flags=re.MULTILINE)
            renamed([page], dict.fromkeys(names, fast))
        last = book.answers(exercise)[-1]
        last.source += f'\nprint("off by", ({fast} - {target}.grad).abs().max().item())'


def alias_alive(book: Book) -> None:
    """Short names for a gradient and a parameter, read in the place of the long ones."""
    page = book.answers("exercise-1")[1] if len(book.answers("exercise-1")) > 1 else None
    name = "dlogits"
    if page is None or re.search(rf"\b{name}\b[^\n]*=[^=]|{name}\.\w+_\(", page.source):
        raise NotHereError
    renamed([page], {name: "up", "W2": "W"})
    page.source = f"up = {name}  # from above\nW = W2\n{page.source}"
    page.source = page.source.replace('"W"', '"W2"')


NAMES = frozenset({"gradient names"})
OBJECT = NAMES | {"functions", "cmp", "form"}
IMPORT = "from types import SimpleNamespace\n\nG = SimpleNamespace()"
BN, NET = of_tensors(BATCH_NORM), of_tensors(NETWORK)
UP = frozenset({"up"})
NAMING = (
    Habit(name="batch_norm_names", phase=3, touches=frozenset({"bn"}), change=BN),
    Habit(name="network_names", phase=3, touches=UP | {"net"}, change=NET),
    *(
        Habit(name=name, phase=3, touches=frozenset(table), change=of_tensors(table))
        for name, table in INPUTS.items()
    ),
    *(
        Habit(
            name=f"{prefix}x",
            phase=3,
            touches=NAMES | {"cmp"},
            by_value=True,
            change=of_gradients(prefix),
        )
        for prefix in ("d_", "grad_", "dL_d")
    ),
    Habit(
        name="in_dict",
        phase=3,
        touches=OBJECT,
        by_value=True,
        change=in_container("grads = {}", "grads['{x}']", "grads.get(name)"),
    ),
    Habit(
        name="in_namespace",
        phase=3,
        touches=OBJECT,
        by_value=True,
        change=in_container(IMPORT, "G.{x}", "getattr(G, name, None)"),
    ),
    Habit(name="fast", phase=3, touches=NAMES, by_value=True, change=fused_under_other_names),
    Habit(name="alias_alive", phase=0, touches=UP | {"functions"}, change=alias_alive),
)
"""Habits of naming."""
