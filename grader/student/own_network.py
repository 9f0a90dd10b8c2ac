"""`check()` without an assignment: each `dX` against the `X.grad` that autograd has left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import torch

from grader.assignment import Assignment, Tolerance
from grader.marking.comparison import compare
from grader.protocol.gradient import gradient_name
from grader.records.environment import environment
from grader.records.scorecard import ExerciseScore, Scorecard, Source, TargetScore
from grader.student.namespace_check import grad_of
from grader.student.value import TENSORS, look

LIMIT = 50_000_000
TITLE = "your own network, taken as right"


def own_card(names: Mapping[str, object], notebook: str) -> Scorecard | None:
    """The gradients of a notebook's own tensors, worth nothing; None where there is none."""
    rows = list(_rows(names))
    if not rows:
        return None
    exercise = ExerciseScore(id="own", title="Gradients", score=0, max_score=0, targets=rows)
    return Scorecard(
        id=notebook,
        source=Source(path=notebook, sha256="", format="unknown"),
        assignment="",
        title=TITLE,
        status="graded",
        run="not_run",
        score=0,
        max_score=0,
        environment=environment({}),
        exercises=[exercise],
    )


def fits(assignment: Assignment, names: Mapping[str, object]) -> bool:
    """Whether a namespace has half of an assignment's gradients or tensors."""
    wanted = {gradient_name(target) for target in assignment.targets}
    gradients = {d for name, d in assignment.gradient_names.items() if name in names} & wanted
    tensors = {t for name, t in assignment.tensor_names.items() if name in names}
    known = set(assignment.forward.tensors)
    return 2 * len(gradients) >= len(wanted) or 2 * len(tensors & known) >= len(known)


def _rows(names: Mapping[str, object]) -> Iterator[TargetScore]:
    for name in list(names):
        tensor = names[name]
        if type(tensor) not in TENSORS or not isinstance(tensor, torch.Tensor):
            continue
        mine = names.get(gradient_name(name))
        gradient = grad_of(tensor)
        if mine is None or gradient is None:
            continue
        described, numbers = look(mine, limit=LIMIT)
        found = msgspec.structs.asdict(compare(described, numbers, gradient, Tolerance()))
        yield TargetScore(**found, name=gradient_name(name), of=name, max_score=0)
