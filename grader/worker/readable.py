"""Which files a run may read: the interpreter, its libraries, the worker, the data."""

# ruff: noqa: PTH100, PTH113, PTH119, PTH110, PTH114, PTH115, PTH116, PTH118, PTH206
# (unresolved paths, links included, are what this is about)

import functools
import os
import stat
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
WORKER_FILES = ("__init__.py", "protocol", "worker")
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_PACKAGE_FOLDERS = {"site-packages", "dist-packages"}
"""Also of another prefix: what a `.pth` file of a virtual environment adds."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@functools.cache
def interpreter_paths() -> tuple[str, ...]:
    """Files and folders without which imports fail later; asked in the warm template."""
    paths = [sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [path for path in sys.path if _belongs_to_interpreter(path)]
    paths += [sys.executable, os.path.join(sys.prefix, "pyvenv.cfg"), *SYSTEM_LIBRARIES]
    paths += [str(PACKAGE / name) for name in WORKER_FILES]
    return outermost(paths + mapped_files())


def library_folders() -> list[str]:
    """Where the libraries of packages may lie that are not imported yet."""
    places = [os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix, "/usr/local")]
    return places + os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)


def _belongs_to_interpreter(path: str) -> bool:
    roots = (sys.prefix, sys.base_prefix)
    inside = any(path.startswith(os.path.join(root, "lib")) for root in roots)
    return inside or os.path.basename(path) in _PACKAGE_FOLDERS


def mapped_files() -> list[str]:
    """Shared libraries that this process has loaded, wherever they lie."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return []
    fields = (line.split(None, 5) for line in lines)
    return sorted({field[5] for field in fields if len(field) == 6 and ".so" in field[5]})


def data_files(folder: str) -> tuple[str, ...]:
    """All files in the data folder, at any depth."""
    files = (os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)
    return tuple(sorted(files)) if folder else ()


def private_file(files: Iterable[str]) -> str | None:
    """A file among these and the interpreter's that its owner alone may read, if any."""
    for path in (*_samples(), *files):
        if not os.stat(path).st_mode & stat.S_IROTH:
            return path
    return None


def open_to_all(files: Iterable[str]) -> bool:
    """Whether any user may read these and the interpreter, and pass all folders above them."""
    paths = [Path(os.path.realpath(path)) for path in (*_samples(), *files)]
    above = {folder for path in paths for folder in path.parents}
    passable = all(folder.stat().st_mode & stat.S_IXOTH for folder in above)
    return passable and private_file(path for path in files if os.path.isfile(path)) is None


def _samples() -> tuple[str, ...]:
    return (
        os.__file__,
        sysconfig.get_path("purelib"),
        str(PACKAGE / "protocol" / "frames.py"),
        sys.executable,
    )


def outermost(paths: list[str]) -> tuple[str, ...]:
    """The existing ones of `paths` without those that lie inside another."""
    kept: list[str] = []
    for path in sorted({os.path.abspath(path) for path in paths if path}):
        if not os.path.exists(path):
            continue
        if not any(path == outer or path.startswith(outer + os.sep) for outer in kept):
            kept.append(path)
    return tuple(kept)


def resolve(path: str) -> tuple[str, list[tuple[str, str]]]:
    """The real place of `path`, and the symbolic links (link, text) on the way there."""
    links: list[tuple[str, str]] = []
    current, pending = os.sep, [part for part in path.split(os.sep) if part]
    while pending:
        part = pending.pop(0)
        step = os.path.normpath(os.path.join(current, part))
        if not os.path.islink(step):
            current = step
            continue
        text = os.readlink(step)
        links.append((step, text))
        current = os.sep if text.startswith(os.sep) else current
        pending = [piece for piece in text.split(os.sep) if piece] + pending
        if len(links) > 40:
            raise OSError(f"too many links in {path}")
    return current, links
