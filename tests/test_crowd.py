"""A class of which every tenth submission is an attack or broken: the others do not notice.

GRADER_CROWD sets the size of the class; 1000 takes some minutes.
"""

import json
import os
import subprocess
import sys
from itertools import cycle

import pytest
from attacks import all_attacks
from conftest import BACKWARD, FORWARD, ROOT, SETUP, notebook

SIZE = int(os.environ.get("GRADER_CROWD", "30"))
EVERY = 10
BROKEN = (b"", b"{", b"\xff\xfe", notebook("def f(:\n"), notebook())
FAST = {"read", "write", "patch", "process", "value"}
"""Groups of attacks; of 1,000 submissions 80 are one, which is all of them."""
VARYING = {"path", "seconds"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="attacks take a sandbox")


def write_class(folder, *, hostile):
    """Honest notebooks with a mistake here and there; where `hostile`, every tenth is not."""
    folder.mkdir()
    # Those that are meant to last until a limit would make this test long.
    fast = [each for each in all_attacks() if each.expected.group in FAST]
    attacks, broken = cycle(fast), cycle(BROKEN)
    for number in range(SIZE):
        path = folder / f"s{number:04}.ipynb"
        if number % EVERY == EVERY - 1:
            if hostile and number // EVERY % 5 != 1:
                path.write_bytes(notebook(*next(attacks).notebook({"HALF": "\ud83d"})))
            elif hostile:
                path.write_bytes(next(broken))
            continue
        backward = BACKWARD.replace(".sum(0)", ".sum(1)") if number % 3 == 1 else BACKWARD
        path.write_bytes(notebook(f"# student {number}", SETUP, FORWARD, backward))


def graded(folder, out):
    """Every scorecard of a class, without what differs from run to run."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "grader", "grade", str(folder), "--out", str(out)),
            *("--assignment", str(ROOT / "assignments" / "backprop_ninja"), "--jobs", "2"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    records = {path.parent.name: path for path in out.glob("*/scorecard.json")}
    return {name: timeless(json.loads(path.read_text())) for name, path in records.items()}


def timeless(record):
    if isinstance(record, dict):
        return {key: timeless(value) for key, value in record.items() if key not in VARYING}
    return [timeless(each) for each in record] if isinstance(record, list) else record


def test_attacks_and_broken_files_change_nobody_elses_scorecard(tmp_path):
    write_class(tmp_path / "alone", hostile=False)
    write_class(tmp_path / "crowd", hostile=True)
    alone = graded(tmp_path / "alone", tmp_path / "out-alone")
    crowd = graded(tmp_path / "crowd", tmp_path / "out-crowd")
    assert len(alone) == SIZE - SIZE // EVERY
    assert len(crowd) == SIZE
    assert {name: crowd[name] for name in alone} == alone
    assert {card["status"] for card in crowd.values()} == {"graded"}
