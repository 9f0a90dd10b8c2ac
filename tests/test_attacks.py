"""Hostile notebooks: every attack of tests/submissions/attacks through the real pipeline.

Each really tries, in the real sandbox; what it got is in what its cells print and raise.
After each the machine is looked over: nobody else's files, limits, priorities, processes or
marks may have changed, and nothing of it may have reached our terminal.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attacks
import msgspec
import pytest
from conftest import BACKWARD, FORWARD, SETUP, notebook

from grader.assignment import Assignment
from grader.pipeline import Graded, Grader
from grader.records.scorecard import Scorecard
from grader.sandbox import Sandbox, open_sandbox
from grader.submission import Submission
from grader.worker.confine import LAYERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")

SECRET = "canary-6d1f0c-in-plain-sight"
MOST = 100_000
"""Characters of a scorecard; an honest one has some twenty thousand."""
SHARED = "1735550323"
"""Key of the shared memory that an attack makes."""
ATTACKS = attacks.all_attacks()
Rows = list[tuple[str, str, str, str, str, float]]


@pytest.fixture(scope="module")
def sibling() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user that has nothing to do with all this."""
    with subprocess.Popen(["sleep", "3600"]) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solution, another submission and its report, which nobody may read or change."""
    folder = tmp_path_factory.mktemp("canaries")
    for name in ("solution.ipynb", "submissions/bob.ipynb", "reports/bob/scorecard.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SECRET)
    return folder


@pytest.fixture(scope="module")
def box(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox started while a secret stands in our environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", SECRET)
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        with open_sandbox(data_dirs=[data]) as opened:
            yield opened


@pytest.fixture(scope="module")
def mark(
    assignment: Assignment, box: Sandbox, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Graded]:
    """Grade a notebook of these cells under these limits."""
    folder = tmp_path_factory.mktemp("handed-in")
    usual = Grader(assignment, box, data, outputs=True, templates=False)

    def within(limits: dict[str, float]) -> Grader:
        spec = assignment.spec
        spec = msgspec.structs.replace(spec, limits=msgspec.structs.replace(spec.limits, **limits))
        mine = msgspec.structs.replace(assignment, spec=spec)
        return Grader(mine, box, data, outputs=True, templates=False)

    def run(name: str, cells: list[str], **limits: float) -> Graded:
        grader = within(limits) if limits else usual
        path = folder / f"{name}.ipynb"
        path.write_bytes(notebook(*cells))
        submission = Submission(id=name, candidates=(path,), origin=path.name)
        return grader.grade(submission)

    return run


@pytest.fixture(scope="module")
def honest(mark: Callable[..., Graded]) -> Callable[[tuple[str, ...]], Scorecard]:
    """The scorecard of honest cells, graded once."""
    known: dict[tuple[str, ...], Scorecard] = {}

    def card(cells: tuple[str, ...]) -> Scorecard:
        if cells not in known:
            known[cells] = mark("honest", list(cells)).card
        return known[cells]

    return card


@pytest.fixture
def machine(
    sibling: subprocess.Popen[bytes],
    canaries: Path,
    honest: Callable[[tuple[str, ...]], Scorecard],
) -> Iterator[None]:
    """Whatever happens meanwhile, the machine is afterwards as it was before."""
    honest((SETUP, FORWARD, BACKWARD))  # all that the sandbox keeps has been started
    before, processes = _state(sibling.pid, canaries), _descendants()
    yield
    assert _state(sibling.pid, canaries) == before
    assert sibling.poll() is None
    assert _eventually(lambda: {*_descendants()} <= {*processes}), "processes were left behind"


def test_the_honest_cells_alone_earn_full_points(
    honest: Callable[[tuple[str, ...]], Scorecard],
) -> None:
    card = honest((SETUP, FORWARD, BACKWARD))
    assert card.score == 26
    assert card.integrity == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(
    attack: attacks.Attack,
    request: pytest.FixtureRequest,
    mark: Callable[..., Graded],
    honest: Callable[[tuple[str, ...]], Scorecard],
    machine: None,
    sibling: subprocess.Popen[bytes],
    canaries: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    expected = attack.expected
    if expected.needs and expected.needs not in dict(LAYERS):
        pytest.skip(f"would harm this machine without {expected.needs}")
    if expected.xfail:
        request.applymarker(pytest.mark.xfail(reason=expected.xfail, strict=True))
    places = {"CANARY": str(canaries), "PARENT": str(os.getpid()), "SIBLING": str(sibling.pid)}
    places["HALF"] = "\ud83d"
    beside = _Neighbour(mark) if expected.neighbour else None
    try:
        graded = mark(attack.name, attack.notebook(places), **expected.limits)
    finally:
        neighbour = beside.card() if beside else None
    card, alone = graded.card, honest(attack.skeleton)
    _agrees(card, expected, alone)
    _tried(graded, attack)
    if expected.outcome == "honest":
        assert not card.notes, "a remark on what anybody does"
    elif not card.integrity:
        assert card.score <= alone.score + expected.earned, "higher without a note"
    encoded = msgspec.json.encode(card).decode()
    assert SECRET not in encoded
    assert len(encoded) < MOST, "a scorecard as large as a submission likes"
    assert capfd.readouterr() == ("", "")
    if neighbour is not None:
        assert _rows(neighbour) == _rows(honest((SETUP, FORWARD, BACKWARD)))


def test_every_attack_is_in_the_table() -> None:
    assert attacks.TABLE.read_text().endswith(attacks.table(ATTACKS)), (
        "write it anew: python tests/attacks.py"
    )


def _agrees(card: Scorecard, expected: attacks.Expected, alone: Scorecard) -> None:
    """The scorecard is the expected one."""
    assert card.status == ("ungraded" if expected.outcome == "ungraded" else "graded")
    assert card.run == expected.run, card.reason
    assert re.search(expected.reason, card.reason or ""), card.reason
    if expected.outcome == "as if absent":
        assert _rows(card) == _rows(alone)
    else:
        assert card.score == expected.score
    assert sorted({note.code for note in card.integrity}) == sorted(expected.integrity)
    verdicts = {row.name: row.verdict for row in card.exercises[0].targets}
    assert verdicts | expected.verdicts == verdicts


def _tried(graded: Graded, attack: attacks.Attack) -> None:
    """The attack's cells ended as expected, and printed what they got."""
    cells = {cell.index: cell for cell in graded.card.cells}
    for index, pattern in zip(attack.hostile, attack.expected.errors, strict=False):
        error = cells[index].error or ""
        assert re.search(pattern, error) if pattern else not error, error
    ran = graded.executed["cells"] if graded.executed else []
    shown = (cell["outputs"] for n, cell in enumerate(ran) if n in attack.hostile)
    said = "".join(each.get("text", "") for outputs in shown for each in outputs)
    for pattern in attack.expected.says:
        assert re.search(pattern, said, re.MULTILINE), said
    assert SECRET not in said


def _rows(card: Scorecard) -> Rows:
    """All verdicts; whether bits are equal is no matter: eight threads add in another order."""
    right = {"exact": "right", "close": "right"}
    return [
        (each.id, row.name, right.get(row.verdict, row.verdict), row.step, row.basis, row.score)
        for each in card.exercises
        for row in each.targets
    ]


class _Neighbour:
    """An honest submission, graded in the same sandbox at the same time."""

    def __init__(self, mark: Callable[..., Graded]) -> None:
        self._cards: list[Scorecard] = []
        cells = [SETUP, FORWARD, "import time\ntime.sleep(0.3)", BACKWARD]
        # A collection in the midst of `ast.parse` may let another thread parse: one of them fails.
        gc.disable()
        self._thread = threading.Thread(
            target=lambda: self._cards.append(mark("neighbour", cells).card)
        )
        self._thread.start()

    def card(self) -> Scorecard:
        self._thread.join()
        gc.enable()
        return self._cards[0]


def _state(sibling: int, canaries: Path) -> dict[str, object]:
    """All that a submission might change and may not."""
    pids = (sibling, os.getpid())
    limits = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    files = sorted(path for path in canaries.rglob("*") if path.is_file())
    return {
        "priorities": [os.getpriority(os.PRIO_PROCESS, pid) for pid in pids],
        "limits": [resource.prlimit(pid, limit) for pid in pids for limit in limits],
        "processors": [os.sched_getaffinity(pid) for pid in pids],
        "canaries": [(path.name, hashlib.sha256(path.read_bytes()).digest()) for path in files],
        "environment": dict(os.environ) | {"PYTEST_CURRENT_TEST": ""},
        "folder": Path.cwd(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "leftovers": list(Path(os.environ["TMPDIR"]).iterdir()),
        "shared memory": SHARED in Path("/proc/sysvipc/shm").read_text(),
        "/dev/shm": [path.name for path in Path("/dev/shm").glob("grader-attack*")],
    }


def _descendants() -> list[int]:
    """All processes below ours, whatever namespace they are in."""
    found = [os.getpid()]
    for pid in found:  # grows as children are found
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def _eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
