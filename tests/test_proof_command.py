from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec

from grader.proof.figures import Summary


def test_the_command_prints_the_figures_and_keeps_them(tmp_path: Path) -> None:
    out, keep = tmp_path / "reports" / "mutants.json", tmp_path / "notebooks"
    command = [sys.executable, "-m", "grader.proof", "--every", "260", "--out", str(out)]
    done = subprocess.run(
        [*command, "--keep", str(keep)], capture_output=True, text=True, check=False, timeout=300
    )
    assert "wrong steps called right" in done.stdout, done.stderr
    figures = msgspec.convert(json.loads(out.read_text())["summary"], Summary)
    plain = figures.mutants - figures.copied + figures.rewrites
    others = figures.honest + figures.burdened + figures.temporaries + figures.copies
    assert plain + others == len(list(keep.glob("*.ipynb")))
    assert done.returncode == (1 if figures.broken_promises else 0)
