"""Own user, process, mount, network, IPC and host name spaces, entered in the right order.

Root mounts first and becomes nobody afterwards: files below a private home such as /root
can only be bound while it is root, and real root is spared by limits on processes and may
write to /proc/sys. An ordinary user needs the user namespace before it may mount.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from grader.worker import filetree, system
from grader.worker.readable import interpreter_paths, private_file

NOBODY = 65534
LAYERS = ("user", "files", "network", "processes")
SPACES = (
    system.CLONE_NEWNS
    | system.CLONE_NEWPID
    | system.CLONE_NEWNET
    | system.CLONE_NEWIPC
    | system.CLONE_NEWUTS
)


def enter(data: Sequence[str], scratch_mb: int) -> dict[str, str]:
    """Enter all namespaces that this machine allows; layer → "ok" or the reason.

    Of the file tree, the interpreter and the files `data` remain, and `scratch_mb` MB to
    write to. The *next* child of this process is process 1 of its own namespace.
    """
    Path("/proc/self/oom_score_adj").write_text("1000")
    proc = Proc()
    try:
        enter_all = _as_root if os.geteuid() == 0 else _as_user
        user = enter_all(proc, data, scratch_mb)
    except system.RefusedError as error:
        return dict.fromkeys(LAYERS, str(error))
    finally:
        proc.close()
    return dict.fromkeys(LAYERS, "ok") | {"user": user}


class Proc:
    """The /proc entries of this process, kept open across the change of root."""

    def __init__(self, proc: int | None = None) -> None:
        """`proc`: a descriptor of /proc where it is out of sight already."""
        self._self = os.open("self" if proc else "/proc/self", os.O_PATH, dir_fd=proc)
        self._sysctl = os.open("sys/user" if proc else "/proc/sys/user", os.O_PATH, dir_fd=proc)

    def map_ids(self, user: int, group: int) -> None:
        """Give the new user namespace one user and one group, and no namespace below it."""
        self._write(self._self, "setgroups", "deny")
        self._write(self._self, "uid_map", f"{user} {user} 1")
        self._write(self._self, "gid_map", f"{group} {group} 1")
        self._write(self._sysctl, "max_user_namespaces", "0")

    def close(self) -> None:
        os.close(self._self)
        os.close(self._sysctl)

    @staticmethod
    def _write(folder: int, name: str, text: str) -> None:
        descriptor = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def _as_root(proc: Proc, data: Sequence[str], scratch_mb: int) -> str:
    private = private_file(data)
    uid = 0 if private else NOBODY
    paths = (*interpreter_paths(), *data)
    system.unshare(SPACES)
    filetree.build(paths, scratch_mb, uid)
    return enter_own_user(proc, uid, private)


def enter_own_user(proc: Proc, uid: int, private: str | None) -> str:
    """Root becomes `uid` in a user namespace of its own; "ok" or what is missing.

    `private`: a file for whose sake it stays root.
    """
    if not private:
        system.become(NOBODY)
    try:
        system.unshare(system.CLONE_NEWUSER)
    except system.RefusedError as error:
        return str(error)
    proc.map_ids(uid, uid)
    return f"is still root, who alone may read {private}" if private else "ok"


def _as_user(proc: Proc, data: Sequence[str], scratch_mb: int) -> str:
    user, group = os.geteuid(), os.getegid()
    paths = (*interpreter_paths(), *data)
    system.unshare(SPACES | system.CLONE_NEWUSER)
    proc.map_ids(user, group)
    filetree.build(paths, scratch_mb, user)
    return "ok"
