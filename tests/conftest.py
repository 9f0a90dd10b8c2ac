"""What tests share: the bundled assignment, one sandbox, and notebooks made of cells."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import postgresql_server
import pytest

from grader.protocol import determinism

determinism.apply()  # before anything imports torch

from grader.assignment import Assignment, load_assignment  # noqa: E402
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore  # noqa: E402
from grader.sandbox import Sandbox, open_sandbox  # noqa: E402
from grader.submission import Submission  # noqa: E402

if TYPE_CHECKING:
    from grader.pipeline import Grader

if sys.platform == "linux":
    # Orphans of the tests come to this process, so that several can run side by side.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

SLOWEST_FIRST = (
    "test_proof_run", "test_conformance", "test_hostile_files", "test_proof_variants",
    "test_attacks", "test_strangers", "test_cleanroom", "test_templates", "test_cli_gradebook",
    "test_cli", "test_batch", "test_durability", "test_fuzz",
)  # fmt: skip
"""Files that take a minute or more: begun last, one of them would keep a single process busy."""

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "assignments" / "backprop_ninja"
SOLUTION = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"

SETUP = """
import torch
import torch.nn.functional as F
words = open('names.txt').read().splitlines()[:400]
stoi = {c: i for i, c in enumerate('.abcdefghijklmnopqrstuvwxyz')}
X, Y = [], []
for w in words:
    context = [0] * 3
    for c in w + '.':
        X.append(context)
        Y.append(stoi[c])
        context = context[1:] + [stoi[c]]
X, Y = torch.tensor(X), torch.tensor(Y)
g = torch.Generator().manual_seed(5)
C = torch.randn((27, 10), generator=g)
W1 = torch.randn((30, 64), generator=g) * 0.3
b1 = torch.randn(64, generator=g) * 0.1
W2 = torch.randn((64, 27), generator=g) * 0.1
b2 = torch.randn(27, generator=g) * 0.1
bngain = torch.randn((1, 64), generator=g) * 0.1 + 1.0
bnbias = torch.randn((1, 64), generator=g) * 0.1
parameters = [C, W1, b1, W2, b2, bngain, bnbias]
for p in parameters:
    p.requires_grad = True
n = 32
ix = torch.randint(0, X.shape[0], (n,), generator=g)
Xb, Yb = X[ix], Y[ix]
"""

FORWARD = """
emb = C[Xb]
embcat = emb.view(emb.shape[0], -1)
hprebn = embcat @ W1 + b1
bnmeani = 1/n*hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bndiff2 = bndiff**2
bnvar = 1/(n-1)*(bndiff2).sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5)**-0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
h = torch.tanh(hpreact)
logits = h @ W2 + b2
logit_maxes = logits.max(1, keepdim=True).values
norm_logits = logits - logit_maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdims=True)
counts_sum_inv = counts_sum**-1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()
for p in parameters:
    p.grad = None
for t in [logprobs, probs, counts, counts_sum, counts_sum_inv, norm_logits, logit_maxes, logits,
          h, hpreact, bnraw, bnvar_inv, bnvar, bndiff2, bndiff, hprebn, bnmeani, embcat, emb]:
    t.retain_grad()
loss.backward()
"""

BACKWARD = """
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0/n
dprobs = (1.0 / probs) * dlogprobs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
dcounts = counts_sum_inv * dprobs
dcounts_sum = (-counts_sum**-2) * dcounts_sum_inv
dcounts += torch.ones_like(counts) * dcounts_sum
dnorm_logits = counts * dcounts
dlogits = dnorm_logits.clone()
dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)
dlogits += F.one_hot(logits.max(1).indices, num_classes=logits.shape[1]) * dlogit_maxes
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dhpreact = (1.0 - h**2) * dh
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
dbnraw = bngain * dhpreact
dbnbias = dhpreact.sum(0, keepdim=True)
dbndiff = bnvar_inv * dbnraw
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = (-0.5*(bnvar + 1e-5)**-1.5) * dbnvar_inv
dbndiff2 = (1.0/(n-1))*torch.ones_like(bndiff2) * dbnvar
dbndiff += (2*bndiff) * dbndiff2
dhprebn = dbndiff.clone()
dbnmeani = (-dbndiff).sum(0, keepdim=True)
dhprebn += 1.0/n * (torch.ones_like(hprebn) * dbnmeani)
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for k in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        dC[Xb[k, j]] += demb[k, j]
"""


def notebook(*cells: str | dict[str, Any]) -> bytes:
    """A notebook of these cells: strings are code, dictionaries are taken as they are."""
    made = [
        {
            "cell_type": "code",
            "metadata": {},
            "source": cell,
            "outputs": [],
            "execution_count": None,
        }
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def exercise(card: Scorecard, identity: str) -> ExerciseScore:
    return next(e for e in card.exercises if e.id == identity)


def row(card: Scorecard, name: str, identity: str = "exercise-1") -> TargetScore:
    return next(t for t in exercise(card, identity).targets if t.name == name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in which several processes share the work go out slowest first."""
    places = {name: place for place, name in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What has been imported is no garbage: every search through it would take half a second."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    gc.unfreeze()  # what hypothesis imports last looks for who refers to it


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load_assignment(BUNDLED)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, assignment: Assignment) -> Path:
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o755)
    for path in assignment.data:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="session")
def sandbox(data: Path) -> Iterator[Sandbox]:
    with open_sandbox(data_dirs=[data]) as opened:
        yield opened


Grade = Callable[..., Scorecard]


@pytest.fixture(scope="session")
def grader_of(sandbox: Sandbox, data: Path) -> Callable[[Assignment], Grader]:
    """One grader for each assignment, as a class has it: what it knows of it is found out once."""
    from grader.pipeline import Grader

    made: dict[int, tuple[Assignment, Grader]] = {}

    def of(assignment: Assignment) -> Grader:
        if id(assignment) not in made:
            made[id(assignment)] = assignment, Grader(assignment, sandbox, data)
        return made[id(assignment)][1]

    return of


@pytest.fixture
def grade(
    tmp_path: Path, assignment: Assignment, grader_of: Callable[[Assignment], Grader]
) -> Grade:
    """Grade a notebook made of cells, or the content of a file."""

    def run(
        *cells: str | dict[str, Any],
        content: bytes | None = None,
        name: str = "anna.ipynb",
        by: Assignment = assignment,
    ) -> Scorecard:
        path = tmp_path / name
        path.write_bytes(notebook(*cells) if content is None else content)
        submission = Submission(id="anna", candidates=(path,), origin=name)
        return grader_of(by).grade(submission).card

    return run


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgresql_server.Server]:
    """A PostgreSQL server for this session."""
    programs = postgresql_server.binaries()
    if programs is None:
        reason = "needs the programs of a PostgreSQL server"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with postgresql_server.running(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def gradebook_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a gradebook that does not exist yet, in either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'book' / 'gradebook.db'}"
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return server.database()
