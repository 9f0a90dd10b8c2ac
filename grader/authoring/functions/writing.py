"""An assignment's files made of a module of functions."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from grader.authoring.fault import DraftError
from grader.authoring.functions.draft import ModuleDraft
from grader.authoring.functions.pages import exercise, manifest, solution
from grader.notebook.starter import without_answers


def functions_of(path: Path) -> ModuleDraft:
    """Call a module's functions, in a process of their own, and understand them.

    Raises DraftError where no assignment can be made of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "draft.json"
        command = [sys.executable, "-m", "grader.authoring.functions", str(path), str(out)]
        run = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
        text = out.read_bytes() if out.is_file() else b""
    if run.returncode == 0 and text:
        return msgspec.json.decode(text, type=ModuleDraft)
    raise DraftError(text.decode("utf-8", "replace") or f"{path.name} ended its own process")


def written(draft: ModuleDraft, name: str, source: Path, folder: Path, answers: Path) -> list[Path]:
    """Write assignment.toml, a file for each exercise, solution and starter.

    folder: of the assignment; answers: of its solution. Neither may exist.
    """
    title = name.replace("_", " ").replace("-", " ").capitalize()
    whole = solution(source.read_text(encoding="utf-8"), draft)
    texts = {folder / "assignment.toml": manifest(name, title, draft)}
    texts |= {folder / "exercises" / f"{e.backward}.py": exercise(e) for e in draft.functions}
    texts |= {
        folder / "starter" / source.name: without_answers(whole),
        answers / source.name: whole,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)
