"""The peers' own virtual environments, made once; only torch is shared with this interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path


class Environment:
    """A virtual environment with one peer in it."""

    def __init__(self, package: str, folder: Path) -> None:
        self.package = package
        self.home = folder / package
        if not (self.home / "ready").exists():
            self._make()

    def command(self, name: str) -> str:
        return str(self.home / "bin" / name)

    def variables(self, home: Path) -> dict[str, str]:
        """What its commands run under: no settings or kernels of whoever measures."""
        path = f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return kept | {"PATH": path, "HOME": str(home), "JUPYTER_PREFER_ENV_PATH": "1"}

    @property
    def version(self) -> str:
        code = f"import importlib.metadata as m; print(m.version('{self.package}'))"
        command = [self.command("python"), "-c", code]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _make(self) -> None:
        print(f"setting up {self.package} in {self.home}", file=sys.stderr)
        venv.create(self.home, with_pip=True, clear=True)
        pip = [self.command("python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--disable-pip-version-check", self.package, "ipykernel"], check=True)
        spec = find_spec("torch")
        assert spec is not None
        assert spec.origin is not None
        (packages,) = self.home.glob("lib/python*/site-packages")
        # Its own packages come first on the path; torch and what torch needs are found last.
        (packages / "torch.pth").write_text(str(Path(spec.origin).parents[1]))
        (self.home / "ready").touch()
