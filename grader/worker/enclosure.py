"""Bubblewrap around the fork server, where it is installed.

The worker first becomes bubblewrap, which becomes the fork server again, inside:

    enclose ── a trial in a child ── works ──► bwrap … ──► serve
                                └── fails ──────────────► serve, and the reason is told

Never as real root, for whom the kernel's own settings stay writable: root lays out a file
tree that anybody may read, and becomes nobody.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

from grader.worker import engines, filetree, layers, system
from grader.worker.namespaces import NOBODY
from grader.worker.readable import (
    DEVICES,
    data_files,
    interpreter_paths,
    library_folders,
    outermost,
    private_file,
    resolve,
)

_TEMPORARY_BYTES = 256 << 20
_TRIAL_SECONDS = 20


def enclose(control: str, without: str, data: Sequence[str]) -> NoReturn:
    """Become a fork server for `data` folders, inside bubblewrap if that can be had."""
    reason = _missing(data)
    if reason == "ok":
        _prepare(data)
        _execute([*_bubblewrap(data), *_server(control, without, "ok")])
    _execute(_server(control, without, reason))


def _missing(data: Sequence[str]) -> str:
    """Why bubblewrap is not to be had, or "ok"."""
    if reason := layers.off("bubblewrap"):
        return reason
    if not shutil.which("bwrap"):
        return "not installed"
    files = [path for folder in data for path in (folder, *data_files(folder))]
    if os.geteuid() == 0 and (private := private_file(files)):
        return f"not as root, who alone may read {private}"
    return _try(data)


def _try(data: Sequence[str]) -> str:
    """Start an interpreter within, in a child of this process; "ok" or what is in the way."""
    trial = [*_bubblewrap(data), sys.executable, "-I", "-S", "-c", ""]
    try:
        subprocess.run(  # noqa: S603
            trial,
            check=True,
            timeout=_TRIAL_SECONDS,
            preexec_fn=lambda: _prepare(data),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode(errors="replace").strip().splitlines()
        return words[-1] if words else f"it ends with {error.returncode}"
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return "ok"


def _prepare(data: Sequence[str]) -> None:
    """As root: a file tree of what is needed, whoever owns it, and no longer root."""
    if os.geteuid() == 0:
        system.unshare(system.CLONE_NEWNS)
        filetree.build_for_bubblewrap([*_readable(data), _program()])
        system.become(NOBODY)


def _bubblewrap(data: Sequence[str]) -> list[str]:
    """Bubblewrap with its options; the command to run in it follows."""
    options = [
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--size", str(_TEMPORARY_BYTES), "--tmpfs", "/tmp"),  # noqa: S108
        *_binds(_readable(data)),
        *(
            option
            for folder in engines.folders()
            for option in ("--tmpfs", folder, "--remount-ro", folder)
        ),
        *(option for device in DEVICES for option in ("--dev-bind-try", device, device)),
        *("--proc", "/proc", "--remount-ro", "/", "--chdir", "/"),
    ]
    return [_program(), *options, "--"]


def _binds(paths: Sequence[str]) -> list[str]:
    """Options that show `paths`, read-only, and the symbolic links on the way to them."""
    resolved = [resolve(path) for path in paths]
    real = outermost([place for place, _ in resolved])
    links = {link: text for _, found in resolved for link, text in found}
    inside = tuple(place + os.sep for place in real)
    return [
        *(option for place in real for option in ("--ro-bind", place, place)),
        *(
            option
            for link, text in links.items()
            if not link.startswith(inside)
            for option in ("--symlink", text, link)
        ),
    ]


def _readable(data: Sequence[str]) -> list[str]:
    return [*outermost([*interpreter_paths(), *library_folders(), *data])]


def _program() -> str:
    return shutil.which("bwrap") or ""


def _server(control: str, without: str, state: str) -> list[str]:
    """The command line of this very process, in its other mode."""
    start = sys.orig_argv[: sys.orig_argv.index("-c") + 2]
    return [sys.executable, *start[1:], "serve", control, without, state]


def _execute(command: list[str]) -> NoReturn:
    os.execv(command[0], command)  # noqa: S606
