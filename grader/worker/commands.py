"""What shell lines that only read would print: `cat names.txt | head -5`. No program runs."""

# ruff: noqa: PTH109, PTH118, PTH123, PTH207, PTH208
# (shell lines are text)

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Callable

Lines = list[str]
MAX_LINES = 1_000_000


def answer(line: str) -> Lines | None:
    """The lines that a pipe of reading commands prints; None if there is anything else in it."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return None
    lines: Lines = []
    for part in _split(words):
        command = READING.get(part[0]) if part else None
        if command is None or any(set(word) <= set(";&<>") for word in part):
            return None
        try:
            lines = command(part[1:], lines)[:MAX_LINES]
        except (OSError, ValueError, UnicodeDecodeError) as error:
            return [f"{part[0]}: {error}"]
    return lines


def _split(words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _cat(words: list[str], before: Lines) -> Lines:
    names = _names(words)
    return [line for name in names for line in _read(name)] if names else before


def _head(words: list[str], before: Lines) -> Lines:
    number, rest = _number(words)
    return _cat(rest, before)[:number]


def _tail(words: list[str], before: Lines) -> Lines:
    number, rest = _number(words)
    return _cat(rest, before)[-number:] if number else []


def _list(words: list[str], _: Lines) -> Lines:
    names = _names(words) or ["."]
    found: Lines = []
    for name in names:
        found += sorted(os.listdir(name)) if os.path.isdir(name) else [name]  # noqa: PTH112
    return [name for name in found if not name.startswith(".")]


def _count(words: list[str], before: Lines) -> Lines:
    lines = _cat(words, before)
    figures = {"l": len(lines), "w": sum(len(line.split()) for line in lines)}
    figures["c"] = sum(len(line.encode()) + 1 for line in lines)
    asked = [flag for word in words if word.startswith("-") for flag in word[1:] if flag in "lwc"]
    shown = " ".join(str(figures[flag]) for flag in asked or "lwc")
    return [" ".join([shown, *_names(words)])]


def _sort(words: list[str], before: Lines) -> Lines:
    lines = sorted(_cat(words, before), reverse="-r" in words)
    return list(dict.fromkeys(lines)) if "-u" in words else lines


def _find(words: list[str], _: Lines) -> Lines:
    places = words[: next((i for i, w in enumerate(words) if w.startswith("-")), len(words))]
    pattern = words[words.index("-name") + 1] if "-name" in words[:-1] else "*"
    found = (glob.glob(os.path.join(p, "**", pattern), recursive=True) for p in places or ["."])
    return [name for names in found for name in sorted(names)]


def _names(words: list[str]) -> list[str]:
    plain = [word for word in words if not word.startswith("-")]
    return [name for word in plain for name in (sorted(glob.glob(word)) or [word])]


def _read(name: str) -> Lines:
    with open(name, encoding="utf-8") as file:
        return file.read().split("\n")[:-1] if os.path.getsize(name) else []  # noqa: PTH202


def _number(words: list[str]) -> tuple[int, list[str]]:
    """Of `-5`, `-n 5`, `-n5`; and the words without it."""
    rest, number = [], 10
    pending = iter(words)
    for word in pending:
        digits = word.lstrip("-").removeprefix("n")
        if word == "-n":
            number = int(next(pending, "10"))
        elif word.startswith("-") and digits.isdecimal():
            number = int(digits)
        else:
            rest.append(word)
    return number, rest


READING: dict[str, Callable[[list[str], Lines], Lines]] = {
    "cat": _cat,
    "head": _head,
    "tail": _tail,
    "ls": _list,
    "dir": _list,
    "wc": _count,
    "sort": _sort,
    "find": _find,
    "pwd": lambda _, __: [os.getcwd()],
    "echo": lambda words, _: [os.path.expandvars(" ".join(words))],
}
