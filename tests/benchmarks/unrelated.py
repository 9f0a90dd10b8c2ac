"""A class that shares nothing with the starter: names, spacing and comments of every code cell
are each student's own, those of the set-up cells too.

What the exercise and its tests speak of keeps its name: the network's tensors and gradients.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

OWN_NAMES = [
    "path",
    "words",
    "characters",
    "number_of",
    "vocab_size",
    "block_size",
    "contexts_and_targets",
    "contexts",
    "targets",
    "context",
    "split",
    "Xtrain",
    "Ytrain",
    "Xtest",
    "Ytest",
    "n_embd",
    "draw_parameters",
    "fan_in",
    "drawn",
]
_OWN = re.compile(rf"(?<![.\w\"'])({'|'.join(OWN_NAMES)})\b")
_COMMENT = re.compile(r"  # .*")


def make_unrelated(notebooks: list[Path], out: Path) -> list[Path]:
    """Write every notebook anew into a new folder; returns the files."""
    out.mkdir(parents=True)
    made = []
    for number, path in enumerate(notebooks):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [_anew(cell, number) for cell in notebook["cells"]]
        made.append(out / path.name)
        content = json.dumps({**notebook, "cells": cells})
        made[-1].write_text(content, encoding="utf-8")
    return made


def _anew(cell: dict[str, Any], number: int) -> dict[str, Any]:
    if cell["cell_type"] != "code":
        return cell
    source = _OWN.sub(rf"\1_{number}", "".join(cell["source"]))
    source = _COMMENT.sub("", source).replace(" = ", "  =  ")
    return {**cell, "source": f"# {number}: what I did in {cell['id']}\nof_{number} = 1\n{source}"}
