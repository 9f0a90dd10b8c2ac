"""`cmp`, `check()` and `%grade` in a real Jupyter kernel."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import BACKWARD, FORWARD, ROOT, SETUP, Grade, markdown, row
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

WRONG = BACKWARD.replace("dhpreact = (1.0 - h**2) * dh", "dhpreact = (1.0 - h) * dh").replace(
    "db1 = dhprebn.sum(0)\n", ""
)
LOOK = """
import random, warnings
import numpy as np
def look():
    return str([torch.get_rng_state().sum().item(), random.getstate()[1][:3], np.random.get_state()[1][:3],
                torch.is_grad_enabled(), [p.grad.sum().item() for p in parameters], sorted(n for n in globals() if n[0] != '_')])
"""
COURSE = """
def theirs(s, dt, t):
    ex = torch.all(dt == t.grad).item()
    app = torch.allclose(dt, t.grad)
    maxdiff = (dt - t.grad).abs().max().item()
    print(f'{s:15s} | exact: {str(ex):5s} | approximate: {str(app):5s} | maxdiff: {maxdiff}')
"""
CELLS = {
    "import": "from grader import cmp, check\n%load_ext grader",
    "setup": SETUP,
    "early": "check()",
    "forward": FORWARD,
    "backward": WRONG,
    "theirs": COURSE
    + "for name in ['logprobs', 'h']:\n    theirs(name, globals()['d' + name], globals()[name])",
    "ours": "for name in ['logprobs', 'h']:\n    cmp(name, globals()['d' + name], globals()[name])",
    "wrong": "cmp('hpreact', dhpreact, hpreact)\ncmp('b1', None, b1)\ncmp('b1', 'text', loss)",
    "look": LOOK,
    "before": "seen = before = None; before = look()",
    "check": "check()",
    "after": "seen = look(); print(before == seen)",
    "magic": "%grade",
    "assigned": "answer = %grade backprop_ninja\nprint(answer)",
    "plain": "with torch.no_grad():\n    print(check())",
    "trained": "with torch.no_grad():\n    C -= 0.1 * dC\ncheck()",
}


@pytest.fixture(scope="module")
def outputs(data: Path) -> dict[str, list[Any]]:
    """What each cell put out; a cell that raised would have ended the run."""
    document = new_notebook(cells=[new_code_cell(source) for source in CELLS.values()])
    environment = {"metadata": {"path": str(data)}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("JPY_SESSION_NAME", str(data / "ada.ipynb"))
        NotebookClient(
            document, timeout=120, kernel_name="python3", resources=environment
        ).execute()
    return dict(zip(CELLS, (cell["outputs"] for cell in document["cells"]), strict=True))


def printed(outputs: list[Any]) -> str:
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def shown(outputs: list[Any]) -> dict[str, str]:
    (output,) = [output for output in outputs if output["output_type"] == "execute_result"]
    return dict(output["data"])


def test_cmp_prints_what_the_course_s_helper_prints(outputs: dict[str, list[Any]]) -> None:
    assert printed(outputs["ours"]) == printed(outputs["theirs"])
    assert "logprobs        | exact: True  | approximate: True  | maxdiff: 0.0\n" in printed(
        outputs["ours"]
    )


def test_cmp_says_why_a_value_is_wrong_and_raises_for_nothing(
    outputs: dict[str, list[Any]],
) -> None:
    lines = printed(outputs["wrong"]).splitlines()
    assert lines[0].startswith("hpreact         | exact: False | approximate: False | maxdiff: ")
    assert "why: " in lines[1]
    assert any("look at: " in line for line in lines)
    assert "b1              | not there yet: `db1` is None" in lines
    assert "b1              | not a tensor of numbers: `db1` is builtins.str" in lines


def test_check_shows_a_scorecard_as_html_and_as_text(outputs: dict[str, list[Any]]) -> None:
    data = shown(outputs["check"])
    assert data["text/html"].lstrip().startswith('<div class="grader-check">')
    assert "✗ dhpreact" in data["text/plain"]
    assert "dW1              wrong, follows from dhpreact" in data["text/plain"]
    assert "not there yet: db1" in data["text/plain"]
    assert "grader check ada.ipynb adds:" in data["text/plain"]
    assert "cell 5, line 16" in data["text/plain"]
    assert re.search(r"dhpreact .*step wrong", data["text/plain"])
    assert re.search(r"dW1 .*step right +1 / 1", data["text/plain"])
    assert not printed(outputs["check"])


def test_the_magic_does_the_same(outputs: dict[str, list[Any]]) -> None:
    assert shown(outputs["magic"]) == shown(outputs["check"])
    assert printed(outputs["assigned"]).strip() == shown(outputs["check"])["text/plain"]


def test_without_autograd_the_answer_is_the_same(outputs: dict[str, list[Any]]) -> None:
    assert printed(outputs["plain"]).strip() == shown(outputs["check"])["text/plain"]


def test_nothing_in_the_kernel_has_changed(outputs: dict[str, list[Any]]) -> None:
    assert printed(outputs["after"]) == "True\n"


def test_before_its_time_check_says_so_and_after_it_remembers(
    outputs: dict[str, list[Any]],
) -> None:
    assert shown(outputs["early"])["text/plain"].startswith("No gradient of an assignment is here")
    before = shown(outputs["check"])["text/plain"]
    assert shown(outputs["trained"])["text/plain"] == before  # it remembers the parameters


def test_no_cell_printed_a_warning(outputs: dict[str, list[Any]]) -> None:
    assert "Warning" not in json.dumps(outputs)


def test_calls_that_stay_in_the_notebook_change_no_mark(grade: Grade) -> None:
    """In the sandbox the helpers do nothing, and what they are handed stays what it is."""
    lines = BACKWARD.replace("\ndh =", "\ncmp('logits', dlogits, logits)\ncheck()\n%grade\ndh =")
    card = grade(
        "from grader import cmp, check\n%load_ext grader\n" + SETUP,
        FORWARD,
        lines,
        markdown("Exercise 2"),
        "import grader\nx = grader.check()\ngrader.cmp('h', dh, h)\ndlogits = F.softmax(logits, 1)",
        "dlogits[range(n), Yb] -= 1\ndlogits /= n\ngrader.cmp('logits', dlogits, logits)",
    )
    assert card.score == 31
    assert not [cell.error for cell in card.cells if cell.error]
    assert not card.notes
    assert (row(card, "dh").step, row(card, "dlogits", "exercise-2").step) == ("right", "right")
