"""Assignments made of scripts as people write them, with nothing edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.assignment import load_assignment
from grader.cli.main import cli
from grader.errors import UsageError
from grader.reference import Network, Oracle
from grader.reference.examination import examined

CLASS = ["ada", "bob"]
NETWORKS = Path(__file__).parent / "submissions" / "networks"


def command(*args: str | Path) -> Result:
    found = CliRunner().invoke(cli, [str(each) for each in args])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, text: str) -> Path:
    path = root / "mine.py"
    path.write_text(text)
    return path


ARCHITECTURES = {
    "gru": ("Wz Uz bz Wr Ur br Wh Uh bh V", "target", "x", "logits last V Wz"),
    "resnet_block": (
        (
            "block_conv1_weight block_bn1_weight block_bn1_bias block_conv2_weight "
            "block_bn2_weight block_bn2_bias head_weight head_bias"
        ),
        "labels",
        "images",
        "scores pooled features head_weight",
    ),
    "vae": ("W1 b1 W_mu W_logvar W3 W4", "", "x eps", "recon z mu logvar W_mu std BCE KLD"),
    "transformer_block": (
        "wte wpe Wo Wv Wk Wq W2 W1 lm_head",
        "idx targets",
        "mask",
        "logits q k v weights n1 wte",
    ),
    "siamese": (
        "fc1_weight fc1_bias fc2_weight fc2_bias",
        "",
        "x1 x2 y",
        "dist diff e1 e2 fc1_weight",
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_a_network_begins_with_is_found_and_nothing_is_asked(root: Path, name: str) -> None:
    parameters, indices, data, targets = (each.split() for each in ARCHITECTURES[name])
    command("new", name, "--from", NETWORKS / f"{name}.py")
    assignment = examined(load_assignment(root / "assignments" / name))
    kinds = {n: leaf.kind for n, leaf in assignment.spec.inputs.items()}
    assert {n for n, kind in kinds.items() if kind == "parameter"} == set(parameters)
    assert {n for n, kind in kinds.items() if kind == "index"} == set(indices)
    assert {n for n, kind in kinds.items() if kind == "data"} == set(data)
    assert set(targets) <= set(assignment.targets)
    network = Oracle(assignment).example_network
    assert isinstance(network, Network)
    assert all(network.gradients[target].isfinite().all() for target in assignment.targets)


@pytest.mark.parametrize("name", ["gru", "resnet_block"])
def test_its_starter_runs_as_it_is_and_earns_nothing(root: Path, name: str) -> None:
    command("new", name, "--from", NETWORKS / f"{name}.py")
    found = command("assignment", "check", root / "assignments" / name)
    assert found.exit_code == 0, found.output
    assert f"{name}: all right" in found.output
    assert "holds no answers yet: it was not tried" in found.output


def test_answers_in_the_file_become_the_solution_and_are_not_handed_out(root: Path) -> None:
    made = command("new", "mine", "--from", NETWORKS / "answered.py")
    assert "asked for  ddiff, dout, dW2, dh, dhpre, dW1, db1" in made.output
    folder = root / "assignments" / "mine"
    assert command("assignment", "check", folder).output == (
        "mine: all right: 1 exercise, 7 gradients, 7 points\n"
    )
    starter = (folder / "starter.ipynb").read_text()
    assert "local = 1 - h**2" not in starter
    assert "dhpre = local" not in starter
    assert "YOUR CODE HERE" in starter
    spec = load_assignment(folder).spec
    assert spec.inputs["n"].size_of == "X"
    assert spec.inputs["n"].value == 12


def test_a_class_is_graded_by_it_at_once(root: Path) -> None:
    command("new", "mine", "--from", NETWORKS / "answered.py")
    solution = root / "solutions" / "mine" / "solution.ipynb"
    notebook = solution.read_text()
    (root / "class").mkdir()
    (root / "class" / "ada.ipynb").write_text(notebook)
    (root / "class" / "bob.ipynb").write_text(notebook.replace("1 - h**2", "1 - h"))
    command("grade", "class", "--assignment", "mine", "--out", "reports")
    cards = [json.loads((root / "reports" / who / "scorecard.json").read_text()) for who in CLASS]
    assert [card["score"] for card in cards] == [7, 6]


def test_a_notebook_with_a_training_loop_is_cut_at_its_first_backward(root: Path) -> None:
    text = """
import torch
X, y = torch.randn(40, 3), torch.randn(40, 1)
w = torch.randn(3, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for step in range(100000):
    ix = torch.randint(0, 40, (8,))
    xb, yb = X[ix], y[ix]
    pred = xb @ w + b
    err = pred - yb
    cost = err.pow(2).mean()
    cost.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
"""
    made = command("new", "mine", "--from", write(root, text))
    assert "parameter  w, b\ndata       xb, yb\nasked for  derr, dpred, dw, db" in made.output
    assert load_assignment(root / "assignments" / "mine").spec.loss == "cost"


def test_what_a_comprehension_goes_through_is_no_input(root: Path) -> None:
    text = """
import torch
c = torch.ones(2)
w = torch.ones(2, requires_grad=True)
h = torch.stack([w * c for c in (1.0, 2.0)])
loss = h.sum()
loss.backward()
"""
    command("new", "mine", "--from", write(root, text))
    assert list(load_assignment(root / "assignments" / "mine").spec.inputs) == ["w"]


def test_an_expression_is_given_the_name_loss(root: Path) -> None:
    text = (
        "import torch\nw = torch.ones(2, requires_grad=True)\nh = w * 3\n(h * h).sum().backward()\n"
    )
    command("new", "mine", "--from", write(root, text))
    assert "\nloss = (h * h).sum()\n" in (root / "assignments" / "mine" / "forward.py").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import torch\nloss = torch.ones(1)\n", "autograd is started nowhere"),
        ("import torch\nx = torch.zerows(3)\n", "cell 0, line 2: it raises AttributeError"),
        (
            "import torch\nw = torch.ones(2)\nloss = w.sum()\nloss.backward()\n",
            "`loss` rests on no parameter: give them requires_grad=True",
        ),
        (
            "import torch\nw = torch.ones(2, requires_grad=True) * 2\nloss = w.sum()\nloss.backward()",
            "a parameter of shape (2,) has no name",
        ),
        ("raise SystemExit(3)", "ended without a loss (3)"),
        ("if True:\n    loss.backward()", "write `loss.backward()` on a line of its own"),
    ],
)
def test_what_cannot_be_made_an_assignment_says_why_and_leaves_nothing(
    root: Path, text: str, says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        command("new", "mine", "--from", write(root, text))
    assert says in str(caught.value)
    assert not (root / "assignments" / "mine").exists()
    assert not (root / "solutions" / "mine").exists()


def test_nothing_that_is_there_is_written_over(root: Path) -> None:
    (root / "assignments" / "mine").mkdir(parents=True)
    with pytest.raises(UsageError, match="is there already"):
        command("new", "mine", "--from", NETWORKS / "answered.py")


def test_another_name_for_a_parameter_is_no_data(root: Path) -> None:
    text = """
import torch
h0 = torch.ones(2, requires_grad=True)
h = h0
for t in range(2):
    h = torch.tanh(h)
loss = h.sum()
loss.backward()
"""
    command("new", "mine", "--from", write(root, text))
    assert list(load_assignment(root / "assignments" / "mine").spec.inputs) == ["h0"]


def test_the_starter_binds_no_name_of_the_network(root: Path) -> None:
    text = """
import torch
each = torch.ones(2, 3)
w = torch.ones(3, 3, requires_grad=True)
h = each @ w
loss = h.sum()
loss.backward()
"""
    command("new", "mine", "--from", write(root, text))
    starter = (root / "assignments" / "mine" / "starter.ipynb").read_text()
    cells = ["".join(cell["source"]) for cell in json.loads(starter)["cells"]]
    assert any("for each_ in [w]:" in cell for cell in cells)
    assert not any("for each in" in cell for cell in cells)


SIZED = """
import torch
{sizes}
words = torch.randint(0, vocab, (n, T))
lengths = torch.tensor([5, 3, 4])
mask = torch.arange(T)[None, :] < lengths[:, None]
E = torch.randn(vocab, d, requires_grad=True)
q = E[words].view(n, T, heads, dk)
k = q * 2
scores = (q * k).sum(-1).masked_fill(~mask[:, :, None], float("-inf"))
att = scores.softmax(1)
ctx = (att[..., None] * q).sum(1)
loss = ctx.tanh().mean() * dk
loss.backward()
{answers}
"""
SIZES = "vocab, n, T, d, heads = 9, 3, 5, 6, 2\ndk = d // heads"


@pytest.mark.parametrize(
    "sizes",
    [
        SIZES,
        SIZES.replace(
            "vocab, n, T, d, heads = 9, 3, 5, 6", "d, T, heads, vocab, n = 6, 5, 2, 9"
        ).replace("9, 2", "9, 3"),
    ],
)
def test_sizes_may_come_by_a_tuple(root: Path, sizes: str) -> None:
    """A batch is counted by the number that it is made with, the others stay with the network."""
    made = command("new", "mine", "--from", write(root, SIZED.format(sizes=sizes, answers="")))
    assert made.exit_code == 0, made.output
    spec = load_assignment(root / "assignments" / "mine").spec
    constants = {name: leaf for name, leaf in spec.inputs.items() if leaf.kind == "constant"}
    assert {name: leaf.size_of for name, leaf in constants.items()} == {"n": "words"}
    script = (root / "assignments" / "mine" / "forward.py").read_text()
    assert {"T = 5", "heads = 2", "dk = 3"} <= set(script.splitlines())


def test_counts_are_drawn_as_the_file_has_them(root: Path) -> None:
    """A sentence of no words would make a softmax of nothing."""
    command("new", "mine", "--from", write(root, SIZED.format(sizes=SIZES, answers="")))
    assignment = load_assignment(root / "assignments" / "mine")
    lengths = assignment.spec.inputs["lengths"]
    assert (lengths.low, lengths.high) == (3, 6)
    drawn = [Oracle(assignment).example(seed)["lengths"] for seed in range(20)]
    assert {int(each) for one in drawn for each in one} == {3, 4, 5}


def test_lines_are_tried_on_such_counts_as_well(root: Path) -> None:
    """Where the clean room draws a length of nothing, no line of the exercise can be judged."""
    answers = "dctx = dk * (1 - ctx.tanh() ** 2) / ctx.numel()\ndatt = (dctx[:, None] * q).sum(-1)"
    command("new", "mine", "--from", write(root, SIZED.format(sizes=SIZES, answers=answers)))
    (root / "class").mkdir()
    (root / "class" / "ada.py").write_text((root / "mine.py").read_text())
    command("grade", "class", "--assignment", "mine", "--out", "reports")
    card = json.loads((root / "reports" / "ada" / "scorecard.json").read_text())
    rows = {row["name"]: row["step"] for row in card["exercises"][0]["targets"]}
    assert rows == {"dctx": "right", "datt": "right"}


def test_a_number_is_no_answer(root: Path) -> None:
    made = command("new", "mine", "--from", write(root, SIZED.format(sizes=SIZES, answers="")))
    asked = made.output.partition("asked for")[2].splitlines()[0]
    assert asked.split(", ")[-1].strip() == "dE"
    assert {"dctx", "datt", "dscores"} <= set(asked.replace(" ", "").split(","))
    assert "`dk` is something else in the network" in made.output
    assert "No answers were found" in made.output


def test_a_number_among_answers_is_none(root: Path) -> None:
    answers = "dctx = (1 - ctx.tanh() ** 2) / ctx.numel() * dk\ndq = 0.5\ndscores = dk * 2"
    made = command("new", "mine", "--from", write(root, SIZED.format(sizes=SIZES, answers=answers)))
    assert "asked for  dctx\n" in made.output


def test_names_of_a_loop_are_spoken_of_once(root: Path) -> None:
    made = command("new", "gru", "--from", NETWORKS / "gru.py")
    assert made.output.count("bound again and again") == 1
