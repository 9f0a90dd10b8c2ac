"""A tar as a zip of the same files: what holds of zips, their limits above all, holds of it."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

_MAX_ENTRIES = 100_000
BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError)


def as_zip(archive: Path, workspace: Path, most: int) -> Path:
    """A new zip with the plain files of a tar, in `workspace`.

    `most`: bytes of all files. Raises `BROKEN`; ValueError says what to do.
    """
    folder = Path(tempfile.mkdtemp(prefix="tar-", dir=workspace))
    target = folder / "tar.zip"
    left = most
    with tarfile.open(archive) as opened, zipfile.ZipFile(target, "w") as out:
        for number, info in enumerate(opened):
            if number >= _MAX_ENTRIES:
                raise ValueError(f"it holds over {_MAX_ENTRIES:,} files")
            left -= info.size
            if left < 0:
                raise ValueError(f"it unpacks to over {most >> 20} MiB")
            name = info.name.removeprefix("./") or "."
            if info.isdir():
                out.writestr(f"{name}/", b"")
            elif info.isreg():
                source = opened.extractfile(info)
                assert source is not None
                with source, out.open(zipfile.ZipInfo(name), "w") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    return target
