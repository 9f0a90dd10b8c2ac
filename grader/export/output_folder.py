"""Writing what was built: into a new or empty folder, and never over anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.errors import InfrastructureError, UsageError
from grader.export.exporter import File


def check_empty(out: Path) -> None:
    """Raise UsageError unless `out` is absent or an empty folder."""
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.is_symlink() or out.exists():
        what = "is not empty" if out.is_dir() else "is a file"
        raise UsageError(f"{out} {what}: nothing was written; choose a new folder with --out")


def write_files(out: Path, files: Mapping[str, File]) -> None:
    """Write all of `files` below `out`; errors as for `check_empty`, InfrastructureError
    where the disk refuses.
    """
    check_empty(out)
    try:
        for name, file in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            if file.executable:
                path.chmod(0o755)
    except OSError as error:
        why = error.strerror or error
        raise InfrastructureError(f"{error.filename or out} cannot be written: {why}") from error
