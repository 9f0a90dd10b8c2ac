"""Exporters by name: our own, and those that other packages bring along."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
from importlib.metadata import EntryPoint
from typing import Final, TypeVar

from grader.errors import UsageError
from grader.export.exporter import GROUP, Bundle, Format

FORMATS: Final = {
    "canvas": "grader.export.canvas",
    "classroom50": "grader.export.classroom50",
    "csv": "grader.export.grades_table",
    "github-legacy": "grader.export.legacy",
    "gradescope": "grader.export.gradescope",
    "json": "grader.export.results",
    "junit": "grader.export.junit",
    "markdown": "grader.export.markdown",
    "nbgrader": "grader.export.nbgrader",
}
"""Name → module with a `FORMAT`; imported when asked for."""

BUNDLES: Final = {
    "classroom50": "grader.export.classroom50_bundle",
    "github": "grader.export.github_bundle",
    "gradescope": "grader.export.gradescope_bundle",
}
"""Name → module with a `BUNDLE`."""

Exporter = TypeVar("Exporter", Format, Bundle)


def format_named(name: str) -> Format:
    """The format of that name; UsageError if there is none, or if it cannot be loaded."""
    return _named(name, FORMATS, "FORMAT", Format, "format")


def bundle_named(name: str) -> Bundle:
    """The bundle of that name; UsageError if there is none, or if it cannot be loaded."""
    return _named(name, BUNDLES, "BUNDLE", Bundle, "bundle")


def _named(
    name: str, own: dict[str, str], attribute: str, kind: type[Exporter], noun: str
) -> Exporter:
    if name in own:
        found = getattr(importlib.import_module(own[name]), attribute)
        assert isinstance(found, kind)
        return found
    entries = importlib.metadata.entry_points(group=GROUP)
    others: dict[str, EntryPoint] = {each.name: each for each in entries}
    if name not in others:
        known = sorted({*own, *others})
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise UsageError(f"there is no {noun} {name!r} ({hint})")
    return _loaded(others[name], kind, noun)


def _loaded(entry: EntryPoint, kind: type[Exporter], noun: str) -> Exporter:
    whose = f"{noun} {entry.name!r} of {entry.dist.name if entry.dist else 'an unknown package'}"
    try:
        found = entry.load()
    except Exception as error:
        # Another package's code: whatever breaks there is named, and is not ours.
        raise UsageError(
            f"{whose} cannot be loaded ({type(error).__name__}: {error}): "
            "mend or remove that package"
        ) from error
    if not isinstance(found, kind):
        raise UsageError(
            f"{whose} is no {noun}: {entry.value} is a {type(found).__name__}, "
            f"not a grader.export.{kind.__name__}"
        )
    return found
