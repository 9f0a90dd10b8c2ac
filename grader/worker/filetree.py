"""A root file system of its own: what may be read, read-only, and one scratch folder.

/                 tmpfs, read-only in the end
├─ usr/lib …      bound from the machine, read-only, at the paths that they have there
├─ dev/null …     and shm, on the same memory as the scratch folder
└─ sandbox        tmpfs of limited size: scratch (working folder and HOME), tmp, shm
"""

# ruff: noqa: PTH102, PTH103, PTH106, PTH110, PTH112, PTH120, PTH211, S108
# (paths are texts for system calls here; /tmp is one of its own)

import os
from collections.abc import Iterable

from grader.worker import engines, system
from grader.worker.readable import DEVICES, resolve

SANDBOX = "/sandbox"
SCRATCH = SANDBOX + "/scratch"
TEMPORARY = SANDBOX + "/tmp"
SHARED_MEMORY = SANDBOX + "/shm"
WRITABLE = (SCRATCH, TEMPORARY, SHARED_MEMORY, "/dev/shm", "/dev/null")

_FILES = 8192
"""Files, folders and links in the scratch folder: each takes memory that no process holds."""
_BASE = "/tmp"  # any folder that every machine has: covered, never written to
_OLD = "/.old"


def build(readable: Iterable[str], scratch_mb: int, owner: int) -> None:
    """Replace this mount namespace's root; `owner` gets the scratch folder.

    Needs the right to mount, in a mount namespace of its own. Raises OSError, the root
    being the old one still if it was refused before the change, which comes first.
    """
    _leave_the_old_root(readable, [])
    _make_folders(SANDBOX, "/dev/shm")
    if not os.path.lexists("/tmp"):
        os.symlink(TEMPORARY, "/tmp")
    system.make_read_only("/")
    _mount_scratch(scratch_mb, owner)


def build_for_bubblewrap(readable: Iterable[str]) -> None:
    """The same without a scratch folder, and with what bubblewrap builds upon."""
    _leave_the_old_root(readable, ["/proc"])
    _make_folders("/tmp")


def _leave_the_old_root(readable: Iterable[str], mounts: Iterable[str]) -> None:
    resolved = [resolve(path) for path in (*readable, *DEVICES) if os.path.exists(path)]
    system.mount("none", "/", flags=system.MS_REC | system.MS_PRIVATE)
    flags = system.MS_NOSUID | system.MS_NODEV
    system.mount("tmpfs", _BASE, "tmpfs", flags, "mode=0755,size=1m")
    try:
        os.mkdir(_BASE + _OLD)
        system.pivot_root(_BASE, _BASE + _OLD)
    except OSError:
        system.unmount(_BASE)
        raise
    os.chdir("/")
    _bind_all(resolved)
    for place in mounts:
        _make_folders(place)
        system.bind(_OLD + place, place)
    system.unmount(_OLD)
    os.rmdir(_OLD)


def renew_scratch(scratch_mb: int, owner: int) -> None:
    """Put another scratch folder in the place of the one that was built, which is left behind."""
    os.chdir("/")
    system.unmount("/dev/shm")
    system.unmount(SANDBOX)
    _mount_scratch(scratch_mb, owner)


def _bind_all(resolved: list[tuple[str, list[tuple[str, str]]]]) -> None:
    for real, links in resolved:
        if not os.path.lexists(real):
            _make_place(real, folder=os.path.isdir(_OLD + real))
            system.bind(_OLD + real, real)
        for link, text in links:
            if not os.path.lexists(link):
                os.makedirs(os.path.dirname(link), exist_ok=True)
                os.symlink(text, link)
    for folder in engines.folders():
        if os.path.isdir(folder) and os.listdir(folder):  # noqa: PTH208
            system.mount("tmpfs", folder, "tmpfs", system.MS_NOSUID, "mode=0755,size=4k")


def _make_place(path: str, *, folder: bool) -> None:
    os.makedirs(path if folder else os.path.dirname(path), exist_ok=True)
    if not folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o444))


def _make_folders(*folders: str) -> None:
    for folder in folders:
        os.makedirs(folder, exist_ok=True)


def _mount_scratch(scratch_mb: int, owner: int) -> None:
    flags = system.MS_NOSUID | system.MS_NODEV
    options = f"mode=0755,size={scratch_mb}m,nr_inodes={_FILES}"
    system.mount("tmpfs", SANDBOX, "tmpfs", flags, options)
    for folder in (SCRATCH, TEMPORARY, SHARED_MEMORY):
        os.mkdir(folder, 0o700)
        os.chown(folder, owner, -1)
    system.bind(SHARED_MEMORY, "/dev/shm")
