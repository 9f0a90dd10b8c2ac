"""Why a step is wrong: what is known of it, handed to the diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from grader.analysis import Lifetime
from grader.audit.step import StepFinding, StepJudge
from grader.diagnosis import Context, diagnose
from grader.model import Diagnosis
from grader.reference import Network

ACCUMULATED = Diagnosis(
    code="accumulated",
    why="It is started once, before the training loop, so every iteration adds to what the "
    "iterations before it left.",
    look_at="What should this gradient hold at the beginning of each iteration?",
)


def reason(
    judge: StepJudge, life: Lifetime, finding: StepFinding, lifetimes: Sequence[Lifetime]
) -> Diagnosis | None:
    """The simplest explanation that fits a wrong step's probe data; None without data."""
    if life.begun_before_loop:
        return ACCUMULATED
    judged = judge.passes[finding.pass_id]
    if not isinstance(judged.network, Network) or finding.value is None or finding.expected is None:
        return None
    cotangents = dict(finding.cotangents)
    network = judged.network
    tensors = network.inputs | network.tensors
    return diagnose(
        Context(
            target=life.target,
            student=finding.value,
            expected=finding.expected,
            cotangents=cotangents,
            paths=judge.paths(life.target, cotangents, finding.pass_id),
            consumers=_unread(judge, life, finding),
            tensors=tensors,
            accumulates=len(life.writes) > 1 or _replaced(life, lifetimes),
            index={n: t for n, t in network.inputs.items() if not t.is_floating_point()},
        )
    )


def _unread(judge: StepJudge, life: Lifetime, finding: StepFinding) -> dict[str, torch.Tensor]:
    """What each direct consumer that was not read would have passed on."""
    read = dict(finding.cotangents)
    direct = judge.assignment.forward.consumers(life.target) - {judge.assignment.spec.loss}
    onward = {name: judge.expected(name, read, finding.pass_id) for name in direct - read.keys()}
    # All cut at once: a consumer may itself be computed from another one.
    shares = judge.paths(life.target, read | onward, finding.pass_id)
    return {name: shares[name] for name in onward if name in shares}


def _replaced(life: Lifetime, lifetimes: Sequence[Lifetime]) -> bool:
    """Whether an earlier attempt of the same exercise and cell was overwritten: `=` for `+=`."""
    return any(
        other.name == life.name
        and other.id < life.id
        and other.exercise == life.exercise
        and other.writes[0].cell == life.writes[0].cell
        for other in lifetimes
    )
