"""A draft as `assignment.toml` and `forward.py`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from grader.authoring.draft import DraftAssignment
from grader.authoring.inputs import InputDraft

WIDTH = 96
EXERCISE = "Exercise 1: backward through the whole network"


def manifest(
    name: str, title: str, draft: DraftAssignment, targets: Sequence[str], starter: str | None
) -> str:
    """The text of assignment.toml."""
    lines = [
        "# What is to be derived, from what, and for how many points. All keys: docs/instructor.md",
        "",
        f"name = {_text(name)}",
        f"title = {_text(title)}",
    ]
    if starter is None:
        lines.append('starter = "none.ipynb" # there is no notebook to hand out')
    if draft.loss != "loss":
        lines.append(f"loss = {_text(draft.loss)}")
    lines += ["", _HEAD_INPUTS]
    for each, leaf in draft.inputs.items():
        lines += ["", f"[inputs.{each}]", *_leaf(leaf)]
    lines += [
        "",
        _HEAD_EXERCISES,
        "[[exercises]]",
        'id = "exercise-1"',
        f'title = "{EXERCISE}"',
        'markers = ["Exercise 1"]',
        "points = 1.0 # of each target",
        "targets = [",
        *_wrapped(targets),
        "]",
    ]
    return "\n".join(lines) + "\n"


def script(title: str, draft: DraftAssignment) -> str:
    """The text of forward.py."""
    kinds = {
        "parameter": "parameters",
        "index": "indices",
        "data": "data",
        "constant": "constants",
    }
    groups = []
    for kind, word in kinds.items():
        names = [name for name, leaf in draft.inputs.items() if leaf.kind == kind]
        groups += [f"{' '.join(names)} ({word})"] if names else []
    inputs = textwrap.fill(f"Inputs: {', '.join(groups)}.", WIDTH)
    head = f'"""The network of "{title}". The grader asks autograd on it for every gradient.\n\n'
    return f'{head}{inputs}\n"""\n\n{draft.forward}'


_HEAD_INPUTS = """\
# ---- Inputs: what the network begins with ---------------------------------------------------
# Their values come from the student's own run; shape, scale, mean and high only draw examples.
# kind: "parameter" has a gradient, "data" has none, "index" holds integers, "constant" is a number.
# Other names that students may use: aliases = ["w1"]"""
_HEAD_EXERCISES = """\
# ---- Exercises -------------------------------------------------------------------------------
# Take out targets that are not asked for; points_of = { h = 2.0 } for exceptions."""


def _leaf(leaf: InputDraft) -> list[str]:
    lines = [f'kind = "{leaf.kind}"']
    if leaf.kind == "constant":
        return [*lines, f"value = {leaf.value}", f"size_of = {_text(leaf.size_of or '')}"]
    lines.append(f"shape = {leaf.shape}")
    if leaf.kind == "index":
        lines += [f"low = {leaf.low}"] if leaf.low else []
        return [*lines, f"high = {leaf.high} # drawn from {leaf.low or 0} … {(leaf.high or 1) - 1}"]
    if leaf.range:
        return [*lines, f"range = {leaf.range}"]
    if leaf.scale is not None and not 0.5 < leaf.scale < 2:
        lines.append(f"scale = {leaf.scale}")
    return [*lines, *([f"mean = {leaf.mean}"] if leaf.mean is not None else [])]


def _wrapped(names: Sequence[str]) -> list[str]:
    text = ", ".join(_text(name) for name in names) + ","
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
