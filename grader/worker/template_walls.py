"""The walls that a template shares with its forks, and what each fork adds.

The template stands in namespaces and a file tree like those of a run. Each fork enters new
ones from there, and gets a scratch folder and a user namespace of its own: it can neither
see the others nor what they leave.
"""

import os
import signal
from dataclasses import replace

from grader.protocol import RunRequest
from grader.worker import filetree, layers, namespaces, system
from grader.worker.confine import memory_in_use
from grader.worker.isolation import Walls, raise_walls
from grader.worker.namespaces import NOBODY, Proc
from grader.worker.readable import interpreter_paths, private_file

_FIRST_TO_END = 1000
"""For the kernel's killer when memory runs out."""


class TemplateWalls:
    """Built by a process whose next child is the template; that has one thread."""

    def __init__(self, request: RunRequest) -> None:
        """Raise the template's walls. Raises OSError where namespaces are refused."""
        self.proc = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
        self._memory = memory_in_use()
        self._is_root = os.geteuid() == 0
        self._user = os.geteuid()
        self._private: str | None = None
        self._importance = self._read("self/oom_score_adj")
        self.walls = raise_walls(request, _no_folder, self._enter)

    def step_down(self) -> None:
        """In the template: be the user that a run is, as long as its cells run."""
        if self._is_root and self._user != 0:
            os.setgroups([])
            os.setresgid(self._user, self._user, 0)
            os.setresuid(self._user, self._user, 0)
            system.prctl(system.PR_SET_DUMPABLE, 1)
        system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)  # which that has cleared
        self._write("self/oom_score_adj", str(_FIRST_TO_END))

    def settle(self) -> None:
        """In the template: its cells have run, others depend on it now."""
        self._write("self/oom_score_adj", self._importance)

    def raise_walls(self, request: RunRequest) -> Walls:
        """In a fork of the template: the walls of a run. Raises OSError."""
        self._write("self/oom_score_adj", str(_FIRST_TO_END))
        walls = raise_walls(request, _no_folder, self._enter_again)
        return replace(walls, confinement=replace(walls.confinement, memory=self._memory))

    def _enter(self, data: tuple[str, ...], scratch_mb: int) -> dict[str, str]:
        if reason := layers.off("namespaces"):
            raise OSError(reason)
        self._private = private_file(data) if self._is_root else None
        if self._is_root:
            self._user = 0 if self._private else NOBODY
        paths = (*interpreter_paths(), *data)
        with_user = 0 if self._is_root else system.CLONE_NEWUSER
        proc, group = Proc(), os.getegid()
        try:
            system.unshare(namespaces.SPACES | with_user)
            if with_user:
                proc.map_ids(self._user, group)
        finally:
            proc.close()
        filetree.build(paths, scratch_mb, self._user)
        return dict.fromkeys(namespaces.LAYERS, "ok")

    def _enter_again(self, _: tuple[str, ...], scratch_mb: int) -> dict[str, str]:
        if self._is_root:
            os.setresuid(0, 0, 0)
            os.setresgid(0, 0, 0)
        proc = Proc(self.proc)
        try:
            system.unshare(namespaces.SPACES)
            filetree.renew_scratch(scratch_mb, self._user)
            user = (
                namespaces.enter_own_user(proc, self._user, self._private)
                if self._is_root
                else "ok"
            )
        finally:
            proc.close()
        return dict.fromkeys(namespaces.LAYERS, "ok") | {"user": user}

    def _read(self, name: str) -> str:
        with open(os.open(name, os.O_RDONLY, dir_fd=self.proc)) as file:  # noqa: PTH123
            return file.read()

    def _write(self, name: str, text: str) -> None:
        with open(os.open(name, os.O_WRONLY, dir_fd=self.proc), "w") as file:  # noqa: PTH123
            file.write(text)


def _no_folder() -> str:
    raise OSError("a template needs a file tree of its own")
