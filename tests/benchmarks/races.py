"""Starts side by side: temporary folders that nobody loses, and graders on one OUT.

python tests/benchmarks/races.py assignments/backprop_ninja NOTEBOOK… [--starts 2000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

PROCESSES = 8
GRADERS = 3
HOLD = """
import sys
from grader.temporary_folder import workspace
for _ in range(int(sys.argv[1])):
    with workspace() as folder:
        (folder / "file").touch()
        if not (folder / "file").exists():
            sys.exit("lost its folder")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", type=Path)
    parser.add_argument("notebooks", type=Path, nargs="+")
    parser.add_argument("--starts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps({"folders": _folders(options.starts)}))
    told = Counter[str]()
    for _ in range(options.rounds):
        told += _graders(options.assignment, options.notebooks)
    print(json.dumps({"graders": told}))


def _folders(starts: int) -> dict[str, object]:
    """What came of so many workspaces, made by several processes at the same time."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        each = str(starts // PROCESSES)
        command = [sys.executable, "-c", HOLD, each]
        environment = {**os.environ, "TMPDIR": temporary}
        ends = [_end(*all_) for all_ in _together([command] * PROCESSES, environment)]
        left = len(list(Path(temporary).iterdir()))
    seconds = round(time.monotonic() - begun, 1)
    return {"starts": starts, "ends": Counter(ends), "left behind": left, "seconds": seconds}


def _graders(assignment: Path, notebooks: list[Path]) -> Counter[str]:
    """Several commands that grade the same submissions into the same folder."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "out"
        command = [sys.executable, "-m", "grader", "grade", *map(str, notebooks)]
        command += ["--out", str(out), "--assignment", str(assignment), "--jobs", "1"]
        told = Counter(_end(*all_) for all_ in _together([command] * GRADERS, dict(os.environ)))
        records = [path for path in out.glob("*/scorecard.json") if json.loads(path.read_text())]
        told["whole"] += len(records) == len(notebooks) and (out / "index.html").is_file()
    return told


def _together(commands: list[list[str]], environment: dict[str, str]) -> list[tuple[int, str]]:
    started = [
        subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for command in commands
    ]
    said = [process.communicate()[1] for process in started]
    return [(process.returncode, text) for process, text in zip(started, said, strict=True)]


def _end(code: int, said: str) -> str:
    """How a process ended, in a word or two."""
    if "Traceback" in said:
        return "traceback: " + said.strip().splitlines()[-1]
    return "ended well" if code == 0 else f"code {code}: {said.strip()[-200:]}"


if __name__ == "__main__":
    main()
