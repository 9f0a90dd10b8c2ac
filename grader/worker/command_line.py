"""What a script wants on its command line, where nobody has typed one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from grader.worker.data import Resolver

NUMBERS = ((int, "1"), (float, "0.1"))


def install(resolver: Resolver) -> None:
    """Give argparse what a script requires, as far as that can be guessed, and say what it was;
    of the rest, what is missing stands in the error.
    """
    parse = argparse.ArgumentParser.parse_known_args

    def parse_known_args(
        self: argparse.ArgumentParser, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        if args is None and not sys.argv[1:] and (args := list(_typed(self, resolver))):
            resolver.note(f"nobody typed the script's command line: it got `{' '.join(args)}`")
        return parse(self, args, namespace)

    def error(_: argparse.ArgumentParser, message: str) -> None:
        raise SystemExit(f"the script was started without what it wants: {message}")

    vars_of_class: dict[str, Any] = {"parse_known_args": parse_known_args, "error": error}
    for name, method in vars_of_class.items():
        setattr(argparse.ArgumentParser, name, method)


def words(script: str | None, sources: Iterable[str], resolver: Resolver) -> list[str]:
    """`sys.argv` of a script: with the data where it reads an argument without argparse."""
    asked = any("argv[1]" in source for source in sources)
    files = sorted(resolver.files)[:1] if asked else []
    if files:
        resolver.note(f"nobody typed the script's command line: it got `{files[0]}`")
    return [script or "ipykernel_launcher.py", *files]


def _typed(parser: argparse.ArgumentParser, resolver: Resolver) -> Iterator[str]:
    """Words for everything that is required: a number, the first choice, or the data."""
    file = next(iter(sorted(resolver.files)), None)
    for action in parser._actions:  # noqa: SLF001 - what is required is told nowhere else
        if not action.required:
            continue
        numbers = [word for kind, word in NUMBERS if action.type is kind]
        word = str(next(iter(action.choices))) if action.choices else next(iter(numbers), file)
        if word is not None:
            yield from action.option_strings[-1:]
            yield word
