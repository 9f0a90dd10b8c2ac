"""Cells between the answers: looks, experiments, everyday tools, names used again.

Nothing here touches an answer, so nothing here may cost a point or raise a note.
"""

from __future__ import annotations

from collections.abc import Callable

from grader.proof.habits.book import Book, Page
from grader.proof.habits.habit import Habit, NotHereError

CELLS = {
    # Names of the network that hold something else later.
    ("toy_loss", "check"): """\
loss = (torch.tensor(3.0) - 1.0) ** 2
print("a loss of my own:", loss.item())""",
    ("h_slope", "exercise-1"): """\
# is the slope of a square really 2x?
h = 0.001
x = 3.0
slope = ((x + h) ** 2 - x**2) / h
print("slope:", slope)""",
    ("counts_again", "exercise-3"): """\
counts = {}
for word in words[:50]:
    for character in word:
        counts[character] = counts.get(character, 0) + 1
probs = {character: count / 50 for character, count in counts.items()}
print(probs)""",
    ("names_again", "end"): """\
n = len(words)
Xb, Yb = "contexts", "targets"
emb = embcat = h = None
dlogits = dh = "tired of these"
print(n, Xb, Yb)""",
    ("stale_alias", "check"): """\
logits_before = logits
W_before = W2
z = hpreact
print(z.shape, logits_before.shape, W_before.shape)""",
    ("experiment", "exercise-1"): """\
# what if the mean had another sign?
dbndiff += 0.5
print(dbndiff.mean().item())
dbnvar *= 2""",
    ("experiment_zero", "exercise-1"): """\
dprobs.zero_()
dcounts[0] = 1.0
print(dprobs.sum(), dcounts[0].sum())""",
    ("wrong_later", "exercise-1"): """\
# does it work without the dimension, too?
db1 = dhprebn.sum()
print(db1)""",
    # Looks.
    ("looks", "exercise-2"): """\
F.softmax(logits, 1)[0]
Yb[0], logits.shape
(logits.grad - F.softmax(logits, 1)).abs().max()
print(logits.grad[0].sum(), W1.grad.abs().mean())""",
    ("toy_engine", "exercise-1-first"): """\
a = torch.tensor([2.0, 3.0], requires_grad=True)
b = (a**2).sum()
b.backward()
print(a.grad, torch.autograd.grad((a**3).sum(), a))""",
    ("doc", "check"): """\
print(torch.Tensor.backward.__doc__[:60])
print(type(loss.grad_fn).__name__, loss.requires_grad, W1.is_leaf)""",
    ("hist", "exercise-3"): """\
row = h.detach().flatten()[:10].tolist()
print(["#" * int(10 * abs(value)) for value in row])""",
    # Tools.
    ("colab", "start"): """\
import sys

in_colab = "google.colab" in sys.modules
if in_colab:
    from google.colab import drive

    drive.mount("/content/drive")""",
    ("gc", "exercise-1-first"): "import gc\n\ngc.collect()",
    ("pickle", "exercise-1"): """\
import pickle

with open("words.pkl", "wb") as file:
    pickle.dump(words[:5], file)
with open("words.pkl", "rb") as file:
    print(pickle.load(file))""",
    ("reload", "check"): """\
import importlib
import textwrap

importlib.reload(textwrap)""",
    ("clock", "exercise-1-first"): """\
import time

begin = time.time()
time.sleep(0.001)
print(time.time() - begin)""",
    ("seeds", "start"): """\
torch.manual_seed(42)
random.seed(42)
torch.set_printoptions(precision=4, sci_mode=False)""",
    ("thread", "exercise-1"): """\
import threading

watcher = threading.Thread(target=print, args=("still there",))
watcher.start()
watcher.join()""",
    ("jit", "check"): """\
traced = torch.jit.trace(torch.tanh, torch.zeros(2))
print(traced(torch.ones(2)))""",
    ("optimiser", "check"): """\
optimizer = torch.optim.SGD(parameters, lr=0.1)
print(len(optimizer.param_groups))""",
    ("engine_words", "check"): """\
dup = [1, 1, 2]
jvp, vjp = "forward mode", "reverse mode"
hook = retain_graph = None


class Tanh:
    def forward(self, x):
        self.out = torch.tanh(x)
        return self.out

    def tanh_backward(self, dout):
        return (1 - self.out**2) * dout


layer = Tanh()
layer.forward(torch.zeros(3))
print(layer.tanh_backward(torch.ones(3)))""",
    ("globals", "exercise-3"): """\
print(sorted(name for name in globals() if name.startswith("d"))[:5])
print("dlogits" in vars(), len(dir()))""",
}  # fmt: skip
"""Name and place → the source of a cell."""
NEEDS_RIGHT = {
    # A right first attempt counts, but of two wrong ones nobody could say which is the mistake.
    "wrong_later": frozenset({("exercise-1", "b1")}),
}
CHANGES = {
    "toy_loss": {"loss"},
    "h_slope": {"h"},
    "hist": {"h"},
    "experiment": {"later"},
    "experiment_zero": {"later"},
    "wrong_later": {"later"},
    "globals": {"later"},
    "names_again": {"end"},
}


def place_of(book: Book, place: str) -> Page:
    """The cell behind which something goes."""
    code = book.code
    if place == "start":
        return book.holding("import torch")
    if place == "check":
        return book.holding("def cmp(")
    if place == "end":
        return code[-1]
    answers = book.answers(place.removesuffix("-first"))
    return answers[0] if place.endswith("-first") else answers[-1]


def inserting(place: str, source: str) -> Callable[[Book], None]:
    """A habit's change that adds one cell."""

    def change(book: Book) -> None:
        try:
            book.insert(source, after=place_of(book, place))
        except (LookupError, IndexError):
            raise NotHereError from None

    return change


def embedded_again(book: Book) -> None:
    """`emb = C[Xb]` once more: this tensor has no gradient of autograd's to compare with."""
    for page in book.answers("exercise-1"):
        page.source = page.source.replace('"emb", ', "")
    page = book.answers("exercise-1")[-1]
    book.insert("emb = C[Xb]  # its shape again\nprint(emb.shape)", before=page)


def of_the_grader(book: Book) -> None:
    """`from grader import cmp`, called as the course calls it."""
    page = book.holding("def cmp(")
    head, _, _ = page.source.partition("\n\n\ndef cmp(")
    page.source = head + "\n\nfrom grader import cmp"


def evaluated(book: Book) -> None:
    """`cmp` in a loop through `eval`."""
    found = False
    for page in book.derivation():
        found |= "    cmp(name)" in page.source
        page.source = page.source.replace("    cmp(name)", "    eval(f\"cmp('{name}')\")")
    if not found:
        raise NotHereError


CMP = frozenset({"cmp"})
AROUND = (
    *(
        Habit(
            name=name,
            change=inserting(place, source),
            touches=frozenset(CHANGES.get(name, ())),
            needs_right=NEEDS_RIGHT.get(name, frozenset()),
        )
        for (name, place), source in CELLS.items()
    ),
    # A comparison of that tensor would raise, and its cell would end there.
    Habit(name="emb_again", change=embedded_again, touches=frozenset({"emb", "cmps"})),
    Habit(name="grader_cmp", change=of_the_grader, touches=CMP),
    Habit(name="eval_cmp", change=evaluated),
)
"""Habits that stand around the answers."""
