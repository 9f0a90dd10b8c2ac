"""Grades one submission of `@ASSIGNMENT@` for Classroom 50.

Started with the student's checkout as working folder; what it needs lies beside this file.
Nothing of the checkout is ever imported: Python runs isolated (-I), pip runs in this folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TORCH = "torch==@TORCH@"
TORCH_INDEX = "@TORCH_INDEX@"
NEEDED = ("torch", "numpy", "safetensors", "msgspec", "click", "jinja2", "nbformat", "IPython")
FIND = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; "
    "from grader.hosted.classroom50 import main; sys.exit(main(Path(sys.argv[2])))"
)


def main() -> int:
    wheel = next(HERE.glob("backprop_grader-*.whl"), None)
    if wheel is None:
        print(f"grader: there is no backprop_grader-*.whl in {HERE}", file=sys.stderr)
        return 1
    allow_namespaces()
    with tempfile.TemporaryDirectory(dir=os.environ.get("RUNNER_TEMP")) as folder:
        os.chmod(folder, 0o755)  # a run may have a user of its own
        package = Path(folder, "package")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(package)
        try:
            python = interpreter(Path(folder), wheel)
        except subprocess.CalledProcessError as error:
            said = " ".join((error.stderr or error.stdout or "").split())[-500:]
            print(f"grader: its packages could not be installed: {said}", file=sys.stderr)
            return 1
        command = [python, "-I", "-c", START, str(package), str(HERE)]
        return subprocess.run(command, check=False).returncode


def allow_namespaces() -> None:
    """Ubuntu 24.04 keeps them from ordinary users, and students' code is walled in by them. Only
    on GitHub's own machines, which are thrown away; elsewhere the grader takes what there is.
    """
    if os.environ.get("RUNNER_ENVIRONMENT") == "github-hosted" and shutil.which("sudo"):
        allow = "kernel.apparmor_restrict_unprivileged_userns=0"
        command = ["sudo", "--non-interactive", "sysctl", "--quiet", "--write", allow]
        subprocess.run(command, check=False, capture_output=True)


def interpreter(folder: Path, wheel: Path) -> str:
    """The Python at hand if it has what is needed (in a container of yours, say); else one that
    an earlier submission left on this machine (a self-hosted runner); else a new one.
    """
    if has_all(sys.executable):
        return sys.executable
    kept = tools()
    if kept is None:
        return installed(folder / "venv", wheel)
    if not has_all(python_of(kept)):
        shutil.rmtree(kept, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(dir=kept.parent))
        try:
            os.chmod(draft, 0o755)
            installed(draft, wheel)
            with contextlib.suppress(OSError):  # somebody else was faster
                draft.rename(kept)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return python_of(kept)


def tools() -> Path | None:
    """Where this machine keeps tools from job to job: a folder for these very versions."""
    cache = os.environ.get("RUNNER_TOOL_CACHE")
    if not cache:
        return None
    versions = "\n".join([sys.version, TORCH_INDEX, (HERE / "constraints.txt").read_text()])
    kept = Path(cache, "backprop-grader", hashlib.sha256(versions.encode()).hexdigest()[:16])
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return kept if os.access(kept.parent, os.W_OK) else None


def has_all(python: str) -> bool:
    if not Path(python).exists():
        return False
    return subprocess.run([python, "-I", "-c", FIND, *NEEDED], check=False).returncode == 0


def python_of(venv: Path) -> str:
    return str(venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def installed(venv: Path, wheel: Path) -> str:
    run([sys.executable, "-I", "-m", "venv", str(venv)])
    python = python_of(venv)
    pip = [python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, TORCH, "--index-url", TORCH_INDEX])
    run([*pip, "-c", str(HERE / "constraints.txt"), str(wheel)])
    return python


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE)


if __name__ == "__main__":
    sys.exit(main())
