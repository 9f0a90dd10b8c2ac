"""The notebooks of a draft: a solution with its markers, of which the starter is made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.authoring.draft import DraftAssignment
from grader.notebook.starter import BEGIN, END
from grader.protocol.gradient import gradient_name

CMP = '''\
try:
    from grader import cmp  # says why a gradient is wrong, too
except ImportError:

    def cmp(s, dt=None, t=None):
        """Compare a gradient with the one that autograd has put into `t.grad`."""
        dt = globals().get(f"d{s}") if dt is None else dt
        t = globals().get(s) if t is None else t
        if dt is None or t is None or t.grad is None:
            print(f"{s:15s} | not there yet")
            return
        exact = torch.all(dt == t.grad).item()
        close = torch.allclose(dt, t.grad)
        print(f"{s:15s} | exact: {exact!s:5s} | approximate: {close!s:5s} | "
              f"maxdiff: {(dt - t.grad).abs().max().item()}")
'''
"""The plain helper prints what the grader's does, without reasons."""


def solution(title: str, draft: DraftAssignment, targets: Sequence[str]) -> str:
    """The notebook with its answers, or with places for them, as JSON."""
    computed = [name for name in reversed(targets) if name not in draft.inputs]
    cells = [
        new_markdown_cell(f"# {title}\n\nRun the cells from the top. Write each gradient by hand."),
        *(new_code_cell(text) for text in draft.set_up),
        new_code_cell(CMP if _has_torch(draft) else f"import torch\n\n{CMP}"),
        new_markdown_cell("## Forward pass"),
        *(new_code_cell(text) for text in draft.network),
        new_code_cell(_backward(draft, computed)),
        new_markdown_cell(
            "## Exercise 1: backward through the whole network\n\n"
            f"Derive {', '.join(f'`{gradient_name(name)}`' for name in targets)} without autograd."
        ),
        new_code_cell(_answer(draft, targets), metadata={"tags": ["exercise-1"]}),
        new_code_cell("\n".join(f'cmp("{name}")' for name in targets)),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same file whenever it is made
    meta = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return str(nbformat.writes(new_notebook(cells=cells, metadata=meta)))


def _has_torch(draft: DraftAssignment) -> bool:
    return any("import torch\n" in f"{text}\n" for text in draft.set_up)


def _backward(draft: DraftAssignment, computed: Sequence[str]) -> str:
    """Autograd's own gradients, for `cmp`."""
    leaves = [name for name, leaf in draft.inputs.items() if leaf.kind == "parameter"]
    each = _free("each", draft)
    lines = [f"for {each} in [{', '.join(leaves)}]:", f"    {each}.grad = None"]
    if computed:
        lines += [f"for {each} in [{', '.join(computed)}]:", f"    {each}.retain_grad()"]
    return "\n".join(["# autograd's gradients, for cmp", *lines, f"{draft.loss}.backward()"])


def _free(name: str, draft: DraftAssignment) -> str:
    """A name for a loop that the network does not have for a tensor: it would be lost."""
    used = set(re.findall(r"\w+", "\n".join([*draft.set_up, *draft.network])))
    return next(
        f"{name}{'_' * number}" for number in count() if f"{name}{'_' * number}" not in used
    )


def _answer(draft: DraftAssignment, targets: Sequence[str]) -> str:
    names = ", ".join(map(gradient_name, targets))
    answer = draft.answers or [f"# {gradient_name(name)} = …" for name in targets]
    return "\n".join([f"# Exercise 1: {names}", BEGIN, *answer, END])
