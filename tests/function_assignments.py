"""Small assignments of functions, and what students hand in for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.assignment import Assignment, load_assignment
from grader.pipeline import Grader
from grader.records.scorecard import IntegrityNote, Scorecard, TargetScore
from grader.sandbox import Sandbox
from grader.submission import discover

AFFINE = '''
"""Affine layer: out = x W + b."""
import numpy as np

def inputs(draw):
    n, d, m = draw.batch(), *draw.sizes(2)
    return {"x": draw(n, d), "w": draw(d, m), "b": draw(m)}

def forward(x, w, b):
    return x @ w + b

def student(x, w, b, dout):
    dx, dw, db = affine_backward(dout, (x, w, b))
    return {"x": dx, "w": dw, "b": db}

def own_forward(x, w, b):
    return affine_forward(x, w, b)[0]

def reference(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
'''
NORM = '''
"""Standardised columns."""
import torch

def inputs(draw):
    return {"x": draw(draw.batch(one=False), *draw.sizes(1))}

def forward(x):
    return (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + 1e-5)

def student(x, dout):
    out, cache = norm_forward(x)
    return {"x": norm_backward(dout, cache)}

def own_forward(x):
    return norm_forward(x)[0]
'''
TANH = '''
"""Affine layer and tanh."""
import torch

def inputs(draw):
    n, d, m = draw.batch(), *draw.sizes(2)
    return {"x": draw(n, d), "w": draw(d, m), "b": draw(m)}

def forward(x, w, b):
    return torch.tanh(x @ w + b)

def student(x, w, b, dout):
    out, cache = layer_forward(x, w, b)
    dx, dw, db = layer_backward(dout, cache)
    return {"x": dx, "w": dw, "b": db}

def own_forward(x, w, b):
    return layer_forward(x, w, b)[0]
'''
EXERCISES = {
    "affine_backward": (AFFINE, ["x", "w", "b"]),
    "norm_backward": (NORM, ["x"]),
    "layer_backward": (TANH, ["x", "w", "b"]),
}

RIGHT = """
import numpy as np

EPS = 1e-5

def affine_forward(x, w, b):
    return x.dot(w) + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = dout.sum(axis=0)
    return dx, dw, db

def norm_forward(x):
    mean = x.mean(0)
    spread = np.sqrt(((x - mean) ** 2).mean(0) + EPS)
    return (x - mean) / spread, ((x - mean) / spread, spread)

def norm_backward(dout, cache):
    xhat, spread = cache
    dx = (dout - dout.mean(0) - xhat * (dout * xhat).mean(0)) / spread
    return dx

def layer_forward(x, w, b):
    a, fc = affine_forward(x, w, b)
    return np.tanh(a), (fc, np.tanh(a))

def layer_backward(dout, cache):
    fc, t = cache
    da = dout * (1 - t ** 2)
    return affine_backward(da, fc)
"""


def assignment(
    folder: Path,
    exercises: Mapping[str, tuple[str, list[str]]] = EXERCISES,
    *,
    more: str = "",
    support: Mapping[str, str] | None = None,
) -> Assignment:
    """An assignment of these exercises: file and targets. more: further lines of the manifest."""
    manifest = ['name = "layers"', 'title = "Layers"', "starter = 'layers.py'", more]
    (folder / "exercises").mkdir(parents=True, exist_ok=True)
    for name, (source, targets) in exercises.items():
        (folder / "exercises" / f"{name}.py").write_text(source)
        listed = ", ".join(f'"{target}"' for target in targets)
        manifest.append(
            f'[[exercises]]\nkind = "functions"\nid = "{name}"\ntitle = "{name}: of it"\n'
            f"targets = [{listed}]"
        )
    for name, text in (support or {}).items():
        (folder / "support" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "support" / name).write_text(text)
    (folder / "assignment.toml").write_text("\n".join(manifest))
    return load_assignment(folder)


def graded(
    folder: Path, work: Assignment, sandbox: Sandbox, files: Mapping[str, str] | str
) -> Scorecard:
    """The card of one student who hands in these files."""
    given = {"layers.py": files} if isinstance(files, str) else files
    for name, text in given.items():
        path = folder / "class" / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = discover([folder / "class"], folder / "unpacked").submissions
    assert len(found) == 1
    return Grader(work, sandbox, folder / "data").grade(found[0]).card


def row(card: Scorecard, exercise: str, name: str) -> TargetScore:
    """One gradient of one exercise."""
    found = next(each for each in card.exercises if each.id == exercise)
    return next(each for each in found.targets if each.name == name)


def why(card: Scorecard, exercise: str, name: str) -> str:
    """The reason that a person reads."""
    reason = row(card, exercise, name).diagnosis
    return reason.why if reason is not None else ""


def codes(card: Scorecard) -> list[str]:
    """Codes of the notes."""
    return [note.code for note in card.integrity]


def note(card: Scorecard, code: str) -> IntegrityNote:
    """The note of this code."""
    return next(each for each in card.integrity if each.code == code)
