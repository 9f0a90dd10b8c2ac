"""Programs that Python code asks for: what installs, fetches or reads is answered, none is run.

The filter of system calls refuses every program to a run. What a notebook does with one mostly
makes no difference here, just as its shell lines do not; of the rest it is told that there is
no such program, which is what code that can do without one expects to hear.
"""

# ruff: noqa: SLF001
# (the places where `subprocess`, `os` and `multiprocessing` start programs have no public names)

from __future__ import annotations

import errno
import multiprocessing
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing import resource_tracker
from typing import Any, NoReturn

from grader.worker.shell import Shell

_NOT_FOUND = 127
"""How a shell ends that does not find its program."""


def install(shell: Shell) -> None:
    """Stand in for whatever starts a program, where a process can play its part."""
    if sys.platform == "win32":
        return
    vars(os).update(
        system=_system(shell),
        _spawnvef=_spawn(shell),
        **dict.fromkeys(("execv", "execve", "posix_spawn", "posix_spawnp"), _refuse),
    )
    subprocess.Popen._execute_child = _execute_child(shell)  # type: ignore[attr-defined]
    _fork_instead()


def _execute_child(shell: Shell) -> Any:
    """What `subprocess`, `asyncio` and `os.popen` come down to."""

    def execute_child(self: Any, args: Any, *more: Any) -> None:
        by_shell, ends = more[8], more[9:15]
        lines, left = shell.outcome(_line(args, by_shell=by_shell))
        if left:
            _refuse(_first(args))
        text = "".join(line + "\n" for line in lines)
        self.pid = _play(text, ends[3] if ends[3] >= 0 else None)
        self._child_created = True
        self._close_pipe_fds(*ends)

    return execute_child


def _system(shell: Shell) -> Any:
    def system(command: Any) -> int:
        """As by a shell; what it would print is printed where the notebook's output goes."""
        return 0 if shell.system(os.fsdecode(command)) else _NOT_FOUND << 8

    return system


def _spawn(shell: Shell) -> Any:
    """What all of `os.spawn*` come down to."""

    def spawn(mode: int, file: Any, args: Sequence[Any], *_: Any) -> int:
        left = shell.outcome(_line([file, *args[1:]], by_shell=False))[1]
        code = _NOT_FOUND if left else 0
        return _play("", None, code) if mode == os.P_NOWAIT else code

    return spawn


def _refuse(program: Any, *_: Any, **__: Any) -> NoReturn:
    raise FileNotFoundError(errno.ENOENT, "no program is run while grading", str(program))


def _line(args: Any, *, by_shell: bool) -> str:
    """A shell line of the same words."""
    if isinstance(args, str | bytes | os.PathLike):
        line = os.fsdecode(args)
        return line if by_shell else shlex.quote(line)
    words = [os.fsdecode(word) for word in args]
    return words[0] if by_shell and words else shlex.join(words)


def _first(args: Any) -> str:
    alone = isinstance(args, str | bytes | os.PathLike)
    return os.fsdecode(args if alone else next(iter(args), ""))


def _play(text: str, place: int | None, code: int = 0) -> int:
    """A process that says `text` at a descriptor and ends, as the program would."""
    pid = os.fork()
    if pid == 0:
        try:
            rest = text.encode(errors="replace") if place is not None else b""
            while rest and place is not None:
                rest = rest[os.write(place, rest) :]
        finally:
            os._exit(code)
    return pid


def _fork_instead() -> None:
    """Processes of `multiprocessing` are forks, whichever way of starting is asked for: the
    others begin with a new interpreter. So does what tidies up shared memory behind them,
    which goes with the scratch folder.
    """
    contexts = vars(multiprocessing.context)["_concrete_contexts"]
    contexts.update(dict.fromkeys(contexts, contexts["fork"]))

    def nothing(*_: Any) -> None:
        """Nobody keeps a list."""

    names = ("register", "unregister", "ensure_running")
    vars(resource_tracker).update(dict.fromkeys(names, nothing))
