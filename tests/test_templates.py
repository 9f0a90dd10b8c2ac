"""Runs that go on from a template show what runs from the top show, to the last bit."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from conftest import BUNDLED, ROOT, SOLUTION, markdown, notebook
from msgspec.structs import replace

from grader.assignment import Assignment
from grader.pipeline import Grader
from grader.protocol import CellCode, CellDone, Event, Limits, RunRequest, Started
from grader.records.scorecard import Scorecard
from grader.sandbox import ForkServerSandbox, RunOutcome, Session
from grader.submission import Submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="templates are Linux's")

PATIENCE = 20.0


class Recording(ForkServerSandbox):
    """A sandbox that remembers how many cells of the last run came from a template."""

    shared = 0

    def open(self, request: RunRequest, blob: bytes = b"") -> Session:
        session = super().open(request, blob)
        started = session.outcome.events[0][0]
        assert isinstance(started, Started)
        if request.room is None:
            self.shared = started.shared
        return session


@pytest.fixture(scope="module")
def box(data: Path) -> Iterator[Recording]:
    with Recording(data_dirs=[data]) as opened:
        yield opened


def request(*sources: str, shared: int, **more: object) -> RunRequest:
    cells = [CellCode(index=index, source=source) for index, source in enumerate(sources)]
    made = RunRequest(
        cells=cells,
        gradients={"dh": "dh"},
        inputs={},
        forward={},
        limits=Limits(cell_seconds=10.0),
        data="",
        outputs=True,
        shared=shared,
    )
    return replace(made, **more)


def forked(box: Recording, wanted: RunRequest) -> RunOutcome:
    """The run once its template is there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        outcome = box.run(wanted)
        if box.shared == wanted.shared:
            return outcome
        time.sleep(0.02)
    pytest.fail("no template came up")


def shown(outcome: RunOutcome) -> list[tuple[Event, bytes]]:
    """All that a run said, times and where it began left out."""
    return [
        (replace(event, seconds=0.0) if isinstance(event, CellDone) else event, blob)
        for event, blob in outcome.events
        if not isinstance(event, Started)
    ]


def outputs(outcome: RunOutcome) -> list[str]:
    return [event.output for event, _ in outcome.events if isinstance(event, CellDone)]


DRAWS = """
import random
import numpy as np
import torch
g = torch.Generator().manual_seed(3)
print(random.random(), np.random.rand(), torch.rand(1), torch.rand(1, generator=g))
"""

MAKES_FILES = """
import os, tempfile
os.makedirs('made/of')
open('made/of/a.txt', 'w').write('abc')
os.symlink('a.txt', 'made/of/link')
os.chdir('made')
os.utime('of/a.txt', (1, 2))
open(tempfile.gettempdir() + '/t', 'wb').write(bytes(4))
open('run.sh', 'w').write('x')
os.chmod('run.sh', 0o755)
"""
LOOKS_AT_FILES = """
print(os.getcwd(), sorted(os.listdir('.')), open('of/link').read(), os.stat('run.sh').st_mode)
print(os.stat('of/a.txt').st_mtime, os.path.getsize(tempfile.gettempdir() + '/t'))
open('of/a.txt', 'a').write('d')
"""
MAGICS = """
get_ipython().run_line_magic('matplotlib', 'inline')
get_ipython().system('wget http://a.b/names.txt')
get_ipython().magic('odd')
"""

SAME = {
    "generators go on": [DRAWS, "x = [3, 1, 2]\nrandom.shuffle(x)\nprint(x)", DRAWS, DRAWS],
    "the seed is the request's": ["import torch", "print(torch.rand(2))"],
    "files": [
        MAKES_FILES,
        LOOKS_AT_FILES,
        "print(open('of/a.txt').read(), os.getuid(), os.getpid(), os.path.expanduser('~'))",
    ],
    "a module of its own": [
        "open('helper.py', 'w').write('def f(): return 7')\nimport helper",
        "print(helper.f(), helper.__file__)",
    ],
    "warnings and modules": [
        "import warnings, sys, os\nwarnings.simplefilter('error')\nos.environ['A'] = 'b'",
        "import collections\nprint(warnings.filters[0][0], os.environ['A'])",
        "x = 1 is 1",
        "warnings.warn('now')",
    ],
    "printing up to the limit": ["print('x' * 200_000)", "print('y' * 100_000)", "print('z')"],
    "failing cells of the student's": ["def f():\n    return 1 / 0", "f()", "assert False", "f("],
    "magics": [MAGICS, "get_ipython().magic('odd')\ndisplay(4)\n5"],
    "a d-name out of nowhere": ["import torch\nglobals()['dh'] = torch.ones(2)", "dh += 1", "2"],
    "exit": ["import sys", "sys.exit()", "print('never')"],
    "an awaited cell": [
        "import asyncio\nawait asyncio.sleep(0)\nx = 2",
        "await asyncio.sleep(0)\nx",
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_a_run_from_a_template_shows_what_one_from_the_top_shows(box, name):
    wanted = request(*SAME[name], shared=1)
    top = box.run(replace(wanted, shared=0))
    assert box.shared == 0
    assert shown(forked(box, wanted)) == shown(top)
    assert shown(box.run(wanted)) == shown(top)  # nothing is left of the run before


def test_a_template_is_begun_for_what_comes_again_and_for_nothing_else(box):
    for number in range(3):
        box.run(request(f"x = {number}", "y = 1", shared=1))
        assert box.shared == 0


def test_a_shorter_template_serves_where_there_is_none_of_full_length(box):
    forked(box, request("a = 1", "b = 2", "c = 3", shared=1))
    outcome = box.run(request("a = 1", "b = a + 1", "print(b)", shared=2))
    assert box.shared == 1
    assert outputs(outcome) == ["", "", "2\n"]


UNFIT = {
    "raises": "1 / 0",
    "asserts": "assert False",
    "exits": "raise SystemExit",
    "starts a thread": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "starts a process": "import os, time\nif os.fork() == 0:\n    time.sleep(60)",
    "leaves a file open": "f = open('a', 'w')",
    "shares memory": "import mmap\nm = mmap.mmap(-1, 4096)",
    "sets an alarm": "import signal\nsignal.setitimer(signal.ITIMER_REAL, 60)",
    "makes a pipe with a name": "import os\nos.mkfifo('p')",
    "writes too much": "open('a', 'wb').write(bytes(17 << 20))",
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_forked_runs_from_the_top(box, name):
    wanted = request(UNFIT[name], "print('own')", shared=1)
    first = box.run(wanted)
    for _ in range(4):
        assert shown(box.run(wanted)) == shown(first)
        assert box.shared == 0
        time.sleep(0.1)


def test_a_template_that_takes_too_long_holds_up_nobody(box):
    # A run may wait twice as long as it may work, a template may not.
    # The room to spare on both sides is for a machine that is busy with other things.
    wanted = request("import time\ntime.sleep(3)", "2", shared=1, limits=Limits(cell_seconds=2.0))
    for _ in range(2):
        assert box.run(wanted).status == "completed"
        assert box.shared == 0


def test_the_templates_end_with_the_sandbox_and_the_oldest_for_another(data):
    with Recording(data_dirs=[data]) as own:
        for number in range(6):
            forked(own, request(f"x = {number}", "x", shared=1))
        templates = _templates(own)
        assert 4 <= len(templates) <= 5  # one that has to go may still be ending
        forked(own, request("x = 0", "x", shared=1))
    assert not any(Path(f"/proc/{pid}").exists() for pid in templates)


def test_a_template_that_dies_costs_nobody_a_run(data):
    with Recording(data_dirs=[data]) as own:
        wanted = request("x = 1", "print(x)", shared=1)
        forked(own, wanted)
        (template,) = _templates(own)
        os.kill(template, signal.SIGKILL)
        outcome = own.run(wanted)
        assert outputs(outcome) == ["", "1\n"]
        assert own.shared == 0


def test_a_template_that_dies_under_a_run_has_it_run_again(data):
    with Recording(data_dirs=[data]) as own:
        forked(own, request("x = 1", "print(x)", shared=1))
        (template,) = _templates(own)
        _kill_at_its_next_fork(template)
        outcome = own.run(request("x = 1", "import time; time.sleep(1); print(x)", shared=1))
        assert (outcome.status, outputs(outcome)) == ("completed", ["", "1\n"])
        assert own.shared == 0


def _templates(box: Recording) -> list[int]:
    """Once the last runs have gone, the only processes that have forked nothing."""
    found: list[list[int]] = []
    while len(found) < 2 or found[-1] != found[-2]:
        time.sleep(0.2)
        found.append(_last_below(box._servers[True]._process.pid))
    return found[-1]


def _last_below(pid: int) -> list[int]:
    children = _children(pid)
    return [leaf for child in children for leaf in _last_below(child)] if children else [pid]


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _kill_at_its_next_fork(pid: int) -> None:
    """From a thread, as the test itself waits for the run."""
    import threading

    def kill() -> None:
        while not _children(pid):
            time.sleep(0.005)
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


# ---- whole submissions ---------------------------------------------------------------------


def edited(path: Path, edit: Sequence[tuple[str, str]] = (), cells: Sequence[object] = ()) -> bytes:
    """A notebook with texts replaced and cells put on top."""
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        source = "".join(cell["source"])
        for old, new in edit:
            source = source.replace(old, new)
        cell["source"] = source
    on_top = json.loads(notebook(*cells))["cells"]
    content["cells"] = [*on_top, *content["cells"]]
    return json.dumps(content).encode()


SHORT = ("max_steps = 200000", "max_steps = 4")
CLASS: dict[str, tuple[int, bytes]] = {
    "solution": (6, edited(SOLUTION, [SHORT])),
    "name on top": (6, edited(SOLUTION, [SHORT], [markdown("# Ada")])),
    "comment on top": (7, edited(SOLUTION, [SHORT], ["# Ada Lovelace"])),
    "another seed": (4, edited(SOLUTION, [SHORT, ("manual_seed(20)", "manual_seed(21)")])),
    "another import": (0, edited(SOLUTION, [SHORT, ("import random\n", "import random, math\n")])),
    "other data": (1, edited(SOLUTION, [SHORT, ('"data/names.txt"', '"../names.txt"')])),
    "an error": (6, edited(SOLUTION, [SHORT, ("dlogits = ", "dlogits = 1 / 0 * ")])),
    "starter": (6, (BUNDLED / "starter.ipynb").read_bytes()),
}


def test_every_submission_has_the_same_scorecard_with_and_without_templates(
    tmp_path: Path, assignment: Assignment, box: Recording, data: Path
) -> None:
    whole = Grader(assignment, box, data, templates=False)
    split = Grader(assignment, box, data)
    examples = sorted((ROOT / "assignments" / "backprop_ninja" / "examples").glob("*.*"))
    for name, (_, content) in CLASS.items():
        (tmp_path / f"{name}.ipynb").write_bytes(content)
    for path in [*tmp_path.glob("*.ipynb"), *(p for p in examples if p.suffix != ".md")]:
        submission = Submission(id=path.stem, candidates=(path,), origin=path.name)
        wanted = comparable(whole.grade(submission).card)
        assert box.shared == 0
        cells = CLASS.get(path.stem, (None, b""))[0]
        for _ in range(60):
            assert comparable(split.grade(submission).card) == wanted
            if cells is None or box.shared == cells:
                break
        assert cells in {None, box.shared}, path.stem


def comparable(card: Scorecard) -> Scorecard:
    """Without times."""
    return replace(card, cells=[replace(cell, seconds=0.0) for cell in card.cells])
