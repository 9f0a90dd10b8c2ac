"""`grader check` on a notebook that answers no assignment: its own network is the reference."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.assignment import load_assignment
from grader.authoring.own import own_assignment
from grader.cli.main import cli
from grader.cli.single import submission_of
from grader.errors import UsageError
from grader.execution.session import GradingSession
from grader.records.comparison import RIGHT
from grader.reference.examination import ForwardExamination
from grader.student.answer import checked

BUNDLED = Path(__file__).parents[1] / "assignments"
ANSWERED = Path(__file__).parent / "submissions" / "networks" / "answered.py"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(text: str, name: str = "mine.py") -> Result:
    Path(name).write_text(text)
    found = CliRunner().invoke(cli, ["check", name])
    if isinstance(found.exception, UsageError):
        raise found.exception
    return found


def test_a_right_notebook_is_right_and_the_network_is_said_to_be_its_own() -> None:
    found = check(ANSWERED.read_text())
    assert found.exit_code == 0, found.output
    assert "your own network was taken as right" in found.output
    assert "7 of 7 gradients are right" in found.output
    assert "points" not in found.output


def test_a_script_finds_what_lies_beside_it() -> None:
    Path("size.txt").write_text("1")
    beside = "import os\nhere = os.path.dirname(os.path.abspath(__file__))\n"
    beside += "with open(os.path.join(here, 'size.txt')) as file:\n    assert int(file.read())\n"
    found = check(beside + ANSWERED.read_text())
    assert found.exit_code == 0, found.output
    assert "7 of 7 gradients are right" in found.output


def test_a_mistake_costs_its_own_step_and_has_a_reason() -> None:
    found = check(ANSWERED.read_text().replace("2 * diff / n", "2 * diff"))
    assert found.exit_code == 1
    lines = found.output.splitlines()
    assert any("ddiff" in line and "step wrong" in line for line in lines)
    assert any("dW1" in line and "step right" in line for line in lines)
    assert "look at" in found.output


def test_a_network_whose_names_are_those_of_an_assignment_by_chance_is_its_own() -> None:
    text = ANSWERED.read_text().replace("hpre", "hpreact").replace("out", "logits")
    assert "your own network was taken as right" in check(text).output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", "autograd is started nowhere"),
        (
            "import torch\nw = torch.ones(2, requires_grad=True)\nloss = (w * w).sum()\nloss.backward()",
            "no variable is called like a gradient of its network",
        ),
    ],
)
def test_what_has_no_network_or_no_gradient_says_so(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        check(text)


MASK = "mask = window == pool[:, :, i, j][:, :, None, None]"


@pytest.mark.parametrize("shared", [MASK, MASK + " / mask.sum((2, 3), keepdim=True)"])
def test_where_elements_tie_for_a_maximum_no_choice_is_wrong(tmp_path: Path, shared: str) -> None:
    """Of four zeros below a ReLU autograd takes the first, and the student all, or each a part."""
    lines = shared.replace("mask.sum", "(window == pool[:, :, i, j][:, :, None, None]).sum")
    text = (BUNDLED / "convolution" / "examples" / "ada.ipynb").read_text("utf-8")
    assert MASK in text
    notebook = Path("mine.ipynb")
    notebook.write_text(text.replace(MASK, lines), "utf-8")
    own, left_out = own_assignment(notebook, tmp_path)
    assert left_out == ["`act` has several right gradients, for its elements tie for a maximum"]
    assert {"conv", "K", "pool", "X"} <= set(own.targets)
    with GradingSession(own, required=False) as session:
        card = session.grade(submission_of(notebook)).card
    rows = [row for exercise in card.exercises for row in exercise.targets]
    assert {(row.verdict in RIGHT, row.step) for row in rows} == {(True, "right")}


def test_an_assignment_that_asks_for_such_a_gradient_is_told_so(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "convolution", tmp_path / "convolution")
    manifest = tmp_path / "convolution" / "assignment.toml"
    manifest.write_text(manifest.read_text().replace('"pool", "conv"]', '"pool", "act", "conv"]'))
    examination = ForwardExamination(load_assignment(manifest.parent))
    assert examination.faults == []
    assert examination.tied == ["act"]
    assert any("take it out of `targets`" in remark for remark in examination.remarks)


def bundled() -> list[Path]:
    return [path.parent for path in BUNDLED.glob("*/forward.py")]


@pytest.mark.parametrize("folder", bundled(), ids=lambda folder: folder.name)
def test_no_smooth_gradient_is_taken_for_one(folder: Path) -> None:
    assert ForwardExamination(load_assignment(folder)).tied == []


SMOOTH = """
import torch
x, W = torch.randn(6, 4), torch.randn(4, 5, requires_grad=True)
hidden = torch.arange(5) > torch.tensor([5, 2, 3, 1, 4, 5])[:, None]
z = (x @ W).masked_fill(hidden, -1e9)
far = z.clamp(min=-1e3) * 40
loss = z.softmax(1)[:, 0].sum() + torch.logsumexp(far, 1).mean()
loss.backward()
dz = dfar = dW = None
"""


def test_a_mask_and_a_steep_sum_of_exponentials_have_one_gradient(tmp_path: Path) -> None:
    Path("smooth.py").write_text(SMOOTH)
    own, left_out = own_assignment(Path("smooth.py"), tmp_path)
    assert left_out == []
    assert {"z", "far", "W"} == set(own.targets)


def in_kernel(changes: str = "") -> str:
    names: dict[str, object] = {}
    exec(ANSWERED.read_text() + changes, names)
    return repr(checked(names))


def test_in_a_kernel_the_gradients_of_its_own_tensors_are_checked() -> None:
    assert "7 of 7 gradients right (your own network, taken as right)" in in_kernel()
    found = in_kernel("dh = 2 * dh\n")
    assert "6 of 7 gradients right" in found


def test_a_notebook_without_a_network_asks_for_the_assignment() -> None:
    assert "No gradient of an assignment is here yet" in repr(checked({"x": 1}))
