"""Of the executions of a kernel, those that later ones have replaced."""

from __future__ import annotations

import pytest

from grader.notebook import Cell
from grader.student.superseded import current

BEGIN = "import torch\nW = torch.randn(3, 3)\nX = torch.randn(4, 3)"
FORWARD = "h = X @ W\nfor t in [h]:\n    t.retain_grad()\nloss = h.sum()\nprint(loss)"
BACK = "dh = torch.ones_like(h)\ncmp('h', dh, h)"
END = "dW = X.T @ dh"


def kept(*sources: str) -> list[int]:
    cells = [Cell(index=i, kind="code", source=source) for i, source in enumerate(sources)]
    return [cell.index for cell in current(cells)]


def test_a_cell_that_was_run_again_counts_once() -> None:
    assert kept(BEGIN, FORWARD, BACK, END, FORWARD, BACK, END, BACK, END) == [0, 4, 7, 8]


def test_an_earlier_text_of_the_same_cell_is_left_out() -> None:
    wrong = BACK.replace("ones_like(h)", "ones_like(h) * 2")
    assert kept(BEGIN, FORWARD, wrong, BACK, END) == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ((BEGIN, FORWARD, BACK, END, BACK), "the first is read before the second"),
        ((BEGIN, "dW = torch.zeros(3, 3)", "dW += W", "dW += W"), "it goes on from the first"),
        ((BEGIN, "dh = 1 * W\ndh[0] = 2", "dh = torch.exp(W)\ndh /= 3"), "another exercise"),
        (
            (BEGIN, "h = W", "def f():\n    return h", "a = f()", "h = W", "b = f()"),
            "by a function",
        ),
        ((BEGIN, "h = W", "exec('a = h')", "h = W"), "nobody knows what reads it"),
        ((BEGIN, "h = W", "if X[0, 0] > 0:\n    h = W"), "perhaps it was not bound anew"),
        ((BEGIN, "h = W", "torch.add(W, W, out=h)", "c = h", "h = W"), "it is changed and read"),
    ],
)
def test_what_something_reads_stays(cells: tuple[str, ...], why: str) -> None:
    assert kept(*cells) == list(range(len(cells))), why


def test_a_cell_that_is_no_python_never_ran() -> None:
    assert kept(BEGIN, "h = W", "h = = W", "h = W") == [0, 3]
