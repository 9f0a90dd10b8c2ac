"""The walls of one run: namespaces from outside, then the layers that it lays upon itself."""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.protocol import RunRequest
from grader.worker import engines, filetree, layers, namespaces
from grader.worker.confine import Confinement, confine, memory_in_use
from grader.worker.readable import DEVICES, data_files, interpreter_paths, open_to_all

_USERS = (61184, 4000)
"""First and number of user ids that belong to nobody, as systemd deals them out."""

Enter = Callable[[tuple[str, ...], int], dict[str, str]]
"""Called with the data files and the megabytes of scratch space; layer → "ok" or why not."""


@dataclass(frozen=True)
class Walls:
    """How far a run is walled off before its own process confines itself."""

    confinement: Confinement
    reached: dict[str, str]
    scratch: str
    """The run's working folder."""
    temporary: str

    def close_behind(self) -> dict[str, str]:
        """Move into the scratch folder and confine this process; all layers as reached."""
        self.move_in()
        return self.close()

    def move_in(self) -> None:
        """Make the scratch folder this process's working folder and home."""
        os.chdir(self.scratch)
        os.environ.update(
            HOME=self.scratch,
            USERPROFILE=self.scratch,
            TMPDIR=self.temporary,
            MPLCONFIGDIR=self.temporary,
            XDG_CACHE_HOME=self.temporary,
            USER="student",  # whose number has no name here, which `getpass` and torch ask for
        )
        tempfile.tempdir = None  # the folder that was found before there was this one

    def close(self) -> dict[str, str]:
        """Confine this process, for good; all layers as reached."""
        return layers.around | self.reached | confine(self.confinement)


def raise_walls(
    request: RunRequest, make_folder: Callable[[], str], enter: Enter | None = None
) -> Walls:
    """Enter the namespaces; `make_folder` gives a scratch folder where there are none.

    `enter`: another way to enter them. It is the *next* child of this process that is in
    its own process namespace.
    """
    data = data_files(request.data)
    memory = memory_in_use()
    reached = (enter or _enter)(data, request.limits.scratch_mb)
    inside = reached["files"] == "ok"
    scratch = filetree.SCRATCH if inside else make_folder()
    become = None if reached["user"] == "ok" else own_user((*data, scratch))
    if become is not None:
        os.chown(scratch, become, become)
    real = [str(Path(path).resolve()) for path in data]
    folders = [request.data] if request.data else []
    covered = inside or layers.around.get("bubblewrap") == "ok"
    interpreter = interpreter_paths() if covered else engines.left_out(interpreter_paths())
    confinement = Confinement(
        readable=(*interpreter, *DEVICES, *real, *folders),
        writable=filetree.WRITABLE if inside else (scratch, os.devnull),
        limits=request.limits,
        reached=reached,
        become=become,
        memory=memory,
    )
    temporary = filetree.TEMPORARY if inside else scratch
    return Walls(confinement, reached, scratch, temporary)


def own_user(files: tuple[str, ...]) -> int | None:
    """A user for this run alone, if we are root and such a user can reach what it needs."""
    if sys.platform != "linux" or os.geteuid() != 0 or not open_to_all(files):
        return None
    first, count = _USERS
    return first + os.getpid() % count  # of the runs at a time, none has the same


def _enter(data: tuple[str, ...], scratch_mb: int) -> dict[str, str]:
    if reason := layers.off("namespaces"):
        return dict.fromkeys(namespaces.LAYERS, reason)
    if sys.platform == "linux":
        return namespaces.enter(data, scratch_mb)
    else:  # noqa: RET505 - mypy takes what follows a platform's return for unreachable
        return dict.fromkeys(namespaces.LAYERS, f"no namespaces on {sys.platform}")
