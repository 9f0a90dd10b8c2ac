from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_command_prints_the_figures_and_keeps_them(tmp_path: Path) -> None:
    out, keep = tmp_path / "reports" / "mutants.json", tmp_path / "notebooks"
    command = [sys.executable, "-m", "grader.mutants", "--every", "260", "--out", str(out)]
    done = subprocess.run(
        [*command, "--keep", str(keep)], capture_output=True, text=True, check=True, timeout=300
    )
    assert "wrong steps called right" in done.stdout
    figures = json.loads(out.read_text())["summary"]
    assert figures["mutants"] + figures["rewrites"] == len(list(keep.glob("*.ipynb")))
