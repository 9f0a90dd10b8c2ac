"""A stand-in for IPython's shell: no program that a notebook asks of it runs, nothing raises.

What reads (`cat`, `ls`, `pwd`) is answered by `commands`, so that its output can be used.
"""

# ruff: noqa: PTH103, PTH109, PTH111, PTH113, PTH118, PTH119, PTH123
# (shell lines and magics are text)

from __future__ import annotations

import builtins
import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from grader.worker import commands
from grader.worker.data import Resolver
from grader.worker.stubs import install_stubs

QUIET_COMMANDS = frozenset(
    {"apt", "apt-get", "cat", "cd", "conda", "curl", "echo", "gdown", "git", "head", "kaggle"}
    | {"ls", "mamba", "mkdir", "mv", "pip", "pip3", "pwd", "rm", "tar", "unzip", "uv", "wc"}
    | {"wget", "nvidia-smi"}
)
QUIET_MAGICS = frozenset(
    {"autoreload", "config", "conda", "debug", "grade", "load_ext", "matplotlib", "pdb"}
    | {
        "pip",
        "precision",
        "pylab",
        "reload_ext",
        "reset",
        "time",
        "timeit",
        "capture",
        "xmode",
    }
)
_ASKED_FOR = frozenset({"nvidia-smi"})
"""Of these, what they say is what matters: code is told that they are not here."""
_FETCHERS = frozenset({"wget", "curl"})
_NAMING = {"wget": ("-O", "--output-document"), "curl": ("-o", "--output", ">")}


class Inert:
    """Whatever else a shell has: events, formatters, hooks; it takes every call."""

    def __call__(self, *_: Any, **__: Any) -> Inert:
        return self

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class Shell:
    """What `get_ipython()` returns."""

    def __init__(self, namespace: dict[str, Any], resolver: Resolver) -> None:
        self.user_ns = namespace
        self.config: dict[str, Any] = {}
        self.kernel = None
        self.scripts: dict[str, str] = {}
        """Notebooks beside this one, as plain Python."""
        self._resolver = resolver

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert()

    def system(self, line: str) -> bool:
        """`!line`: prints what it would print; whether that was all there was to it."""
        lines, left = self.outcome(line)
        if lines:
            print("\n".join(lines))
        for command in left:
            if command not in QUIET_COMMANDS:
                self._resolver.note(f"shell command `{command}` was not run")
        return not left

    def outcome(self, line: str) -> tuple[list[str], list[str]]:
        """What a line would print, and the programs in it that had to be run.

        A fetched file that the assignment has becomes a link to it.
        """
        answer = commands.answer(line)
        if answer is not None:
            return answer, []
        return [], [left for words in _commands(line) if (left := self._left(words))]

    def _left(self, words: list[str]) -> str | None:
        """The program of a command, unless it is done with."""
        command = _program(words)
        if command in _FETCHERS:
            self._fetch(command, words[1:])
        elif command == "mkdir":
            _make_folders(words[1:])
        return None if command in QUIET_COMMANDS - _ASKED_FOR else command

    def getoutput(self, line: str) -> list[str]:
        """`x = !line`: the lines of what reads; else none."""
        answer = commands.answer(line)
        if answer is None:
            self.system(line)
        return _OutputLines(answer or [])

    def run_line_magic(self, name: str, line: str = "", *_: Any, **__: Any) -> Any:
        """`%name line`: what it gives; ignored with a note if it makes a difference elsewhere."""
        line = line.strip()
        if name in {"sx", "system"}:
            return self.getoutput(line)
        if name in {"env", "set_env"}:
            return environment(line)
        if name in {"cd", "pushd"}:
            _move(line)
        if name in {"cd", "pushd", "pwd"}:
            return os.getcwd()
        if name in commands.READING or name in {"mkdir", "cp", "mv", "rm"}:
            self.system(f"{name} {line}")
        elif name == "run":
            self._run(line)
        elif name not in QUIET_MAGICS:
            self._resolver.note(f"magic `%{name}` was ignored")
        return None

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """`%%name line`: `writefile` writes, shell cells count as shell lines."""
        if name in {"writefile", "file"}:
            self._write_file(line, cell)
        elif name in {"bash", "sh", "system", "sx", "!"}:
            self.system(cell.replace("\n", " ; "))
        elif name in {"time", "capture", "prun"}:
            code = compile(cell, f"<%%{name}>", "exec", dont_inherit=True)
            exec(code, self.user_ns)  # noqa: S102
        elif name not in QUIET_MAGICS:
            self._resolver.note(f"magic `%%{name}` was ignored")

    def magic(self, text: str) -> Any:
        """The old spelling of `run_line_magic`."""
        name, _, line = text.partition(" ")
        return self.run_line_magic(name.lstrip("%"), line)

    def _run(self, line: str) -> None:
        """`%run file`: a file beside the notebook is run in its namespace."""
        name, *arguments = [word for word in shlex.split(line) if not word.startswith("-")] or [""]
        name = os.path.normpath(name)
        found = next(
            (name + end for end in ("", ".py", ".ipynb") if os.path.isfile(name + end)), ""
        )
        source = self.scripts.get(found)
        if source is None and found:
            with open(found, encoding="utf-8") as file:
                source = file.read()
        if source is None:
            self._resolver.note(f"`%run {line}`: there is no such file beside the notebook")
            raise FileNotFoundError(f"`%run {line}`: no such file was handed in")
        before, sys.argv = sys.argv, [found, *arguments]
        try:
            exec(compile(source, found, "exec", dont_inherit=True), self.user_ns)  # noqa: S102
        finally:
            sys.argv = before

    def _write_file(self, line: str, cell: str) -> None:
        *options, name = line.split() or [""]
        try:
            with open(name.strip("\"'"), "a" if "-a" in options else "w") as file:
                file.write(cell)
        except OSError as error:
            self._resolver.note(f"`%%writefile {line}`: {error.strerror}")

    def _fetch(self, command: str, words: list[str]) -> None:
        addresses = [word for word in words if "://" in word]
        name = _option(words, _NAMING[command])
        folder = _option(words, ("-P", "--directory-prefix"))
        for address in addresses or ([name] if name else []):
            place = name or address.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
            if not self._resolver.link(address, os.path.join(folder or "", place)):
                self._resolver.note(f"`{address}` was not fetched: there is no network")


class _OutputLines(list[str]):
    """Lines as IPython gives them: also as one text, `.n`, `.s`."""

    @property
    def n(self) -> str:
        return "\n".join(self)

    @property
    def s(self) -> str:
        return " ".join(self)

    l = property(list)  # noqa: E741 - IPython's name
    nlstr, spstr = n, s


def environment(line: str) -> Any:
    """`%env NAME=value`, `%env NAME value`, `%env NAME`, `%env`."""
    name, equals, value = line.partition("=")
    if not equals:
        name, equals, value = line.partition(" ")
    if not name:
        return dict(os.environ)
    if not equals:
        return os.environ.get(name.strip())
    os.environ[name.strip()] = value.strip().strip("\"'")
    return None


def _move(line: str) -> None:
    place = line.removeprefix("-q").strip().strip("\"'")
    if place and place != "-":
        os.chdir(os.path.expanduser(place))


def _make_folders(words: list[str]) -> None:
    for word in words:
        if not word.startswith("-"):
            with contextlib.suppress(OSError):
                os.makedirs(word, exist_ok=True)


def install(namespace: dict[str, Any], resolver: Resolver) -> Shell:
    """Make `get_ipython` and `display` known as a notebook has them, and inert modules."""
    shell = Shell(namespace, resolver)

    def get_ipython() -> Shell:
        return shell

    vars(builtins).update(get_ipython=get_ipython, display=display)
    install_stubs(resolver)
    for module in ("IPython", "IPython.core.getipython"):
        if module in sys.modules:
            vars(sys.modules[module])["get_ipython"] = get_ipython
    return shell


def display(*values: Any, **_: Any) -> None:
    """Print each value's repr, as in a terminal."""
    for value in values:
        print(repr(value))


def _commands(line: str) -> Iterator[list[str]]:
    """The words of each command in a shell line; of an unfinished one, what can be read."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set(";&|"):
                yield from [words] if words else []
                words = []
            else:
                words.append(word)
    except ValueError:
        pass  # a quotation without its end
    yield from [words] if words else []


def _program(words: list[str]) -> str:
    """Name of the program; of `python -m pip`, the module."""
    return words[2] if words[1:2] == ["-m"] and len(words) > 2 else os.path.basename(words[0])


def _option(words: list[str], names: tuple[str, ...]) -> str | None:
    """The value of the first option of these names: `-o x`, `-ox`, `--output=x`, `> x`."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        for name in names:
            if word == name:
                return following or None
            if word.startswith(name + "=") or (len(name) == 2 and word.startswith(name)):
                return word[len(name) :].lstrip("=")
    return None
