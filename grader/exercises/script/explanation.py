"""Why a step is wrong: what is known of it, handed to the diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from msgspec.structs import replace

from grader.analysis import Lifetime
from grader.cleanroom.inspection import Inspection
from grader.cleanroom.readings import Evidence
from grader.diagnosis import Context, diagnose
from grader.exercises.script.edit_search import LineSearch
from grader.marking.attempt import Attempt
from grader.marking.step import StepFinding
from grader.records.scorecard import Diagnosis

ACCUMULATED = Diagnosis(
    code="accumulated",
    why="It is started once, before the training loop, so every iteration adds to what the "
    "iterations before it left.",
    look_at="What should this gradient hold at the beginning of each iteration?",
)
CONSTANT = Diagnosis(
    code="constant",
    why="It is the same numbers whatever the network is: they were not computed from it.",
    look_at="Which tensors of the forward pass does this gradient depend on?",
)
UNSOUGHT = Diagnosis(
    code="unexplained",
    why="It is wrong; why was not looked into, as reasons for the gradients before it took all the "
    "time that there is for a network of this size.",
    look_at="Does it stay wrong with a smaller batch, for which `grader check` says why?",
)
MAX_ELEMENTS = 60_000_000
"""Of the networks on which reasons are sought, one after the other: some ten seconds. With the
batch of the lecture that is a thousand reasons.
"""
MAX_NETWORK = 500_000
"""Elements of a network in which reasons are sought: hypotheses take many times its memory. The
lecture's has fifty thousand.
"""
VAGUE = frozenset({"unexplained", "constant", "some_elements"})


class Reasons:
    """The reasons of one submission, as far as there is time for them."""

    def __init__(self, inspection: Inspection, search: LineSearch | None = None) -> None:
        """search: what looks further where numbers tell nothing."""
        self._inspection = inspection
        self._search = search
        self._left = MAX_ELEMENTS

    def explained(self, attempt: Attempt) -> Attempt:
        """The attempt with the reason why it is wrong."""
        evidence = attempt.finding.evidence
        if evidence is not None and evidence.draws:
            elements = evidence.draws[0].elements
            self._left -= elements
            if self._left < 0 or elements > MAX_NETWORK:
                return replace(attempt, diagnosis=UNSOUGHT)
        return self._searched(explained(attempt, self._inspection))

    def _searched(self, attempt: Attempt) -> Attempt:
        known, finding = attempt.diagnosis, attempt.finding
        vague = known is None or known.code in VAGUE
        if self._search is None or not vague or finding.evidence is None or attempt.key is None:
            return attempt
        if finding.step != "wrong" or finding.slipped is not None or finding.constant:
            return attempt
        life = self._inspection.study.program.lifetimes[attempt.key]
        found = self._search.reason(life, finding.evidence)
        return attempt if found is None else replace(attempt, diagnosis=found)


def explained(attempt: Attempt, inspection: Inspection) -> Attempt:
    """The attempt with the reason why its step is wrong, or why its value changed later."""
    if attempt.key is None:
        return attempt
    life, finding = inspection.study.program.lifetimes[attempt.key], attempt.finding
    if finding.step == "unknown" and life.begun_before_loop and not attempt.comparison.right:
        return replace(attempt, diagnosis=ACCUMULATED)
    if finding.step != "wrong" or finding.slipped is not None:
        changed = inspection.changed_through(life) if attempt.changed else None
        return attempt if changed is None else replace(attempt, diagnosis=_aliased(life, changed))
    return replace(attempt, diagnosis=_reason(life, finding, inspection))


def _reason(life: Lifetime, finding: StepFinding, inspection: Inspection) -> Diagnosis | None:
    if life.begun_before_loop:
        return ACCUMULATED
    inner = _own_line(life, inspection)
    blamed = _to_blame(life, finding, inspection) if not _wrong(inner) else None
    found = _elsewhere(life, *blamed, inspection) if blamed is not None else None
    if found is None or (found.code in VAGUE and inner is not None and not _wrong(inner)):
        evidence = inner.evidence if _wrong(inner) and inner is not None else finding.evidence
        own = _diagnosed(life, evidence, inspection)
        found = found if found is not None and (own is None or own.code in VAGUE) else own
    if finding.constant and (found is None or found.code in VAGUE):
        return CONSTANT
    return found


def _wrong(finding: StepFinding | None) -> bool:
    return finding is not None and finding.step == "wrong" and finding.evidence is not None


def _own_line(life: Lifetime, inspection: Inspection) -> StepFinding | None:
    """What is known of a gradient's own line; None where it begins with what a loop goes on from,
    `dh_next = 0`, which is no gradient yet.
    """
    inner = inspection.inner.get(life.id)
    if inner is None or any(_begun(life, number, inspection) for number in inner.sources):
        return None
    return inner


def _begun(life: Lifetime, number: int, inspection: Inspection) -> bool:
    own = inspection.study.definitions
    return inspection.formulas.goes_on(own[number], [own[life.id]])


def _to_blame(
    life: Lifetime, finding: StepFinding, inspection: Inspection
) -> tuple[Lifetime, StepFinding] | None:
    """The first gradient in the stretch that is wrong by its own line."""
    for number in sorted(finding.temporaries):
        inner = inspection.inner.get(number)
        if inner is None or not _wrong(inner) or _begun(life, number, inspection):
            continue
        other = inspection.study.program.lifetimes[number]
        if _own_line(other, inspection) is not None:
            return other, inner
    return None


def _elsewhere(
    life: Lifetime, blamed: Lifetime, inner: StepFinding, inspection: Inspection
) -> Diagnosis | None:
    """The reason of another line, on whose result this one rests."""
    found = _diagnosed(blamed, inner.evidence, inspection)
    if found is None:
        return None
    site = blamed.writes[-1]
    evidence = found.evidence | {"line": site.line, "cell": site.cell, "in": blamed.text}
    why = f"`{life.text}` is made with `{blamed.text}`, which is wrong: {found.why}"
    return replace(found, why=why, evidence=evidence)


def _diagnosed(
    life: Lifetime, evidence: Evidence | None, inspection: Inspection
) -> Diagnosis | None:
    """The simplest explanation that fits; None without numbers."""
    value = evidence.cut[0] if evidence is not None and evidence.cut else None
    if evidence is None or not isinstance(value, torch.Tensor):
        return None
    draw, given = evidence.draws[0], evidence.given[0]
    network = draw.network
    return diagnose(
        Context(
            target=evidence.target,
            student=value,
            expected=draw.expected(evidence.target, given),
            cotangents=dict(given),
            paths=draw.paths(evidence.target, given),
            consumers=_unread(evidence, given, inspection),
            tensors=network.inputs | network.tensors,
            accumulates=len(life.writes) > 1 or _replaced(life, inspection.study.program.lifetimes),
            index={n: t for n, t in network.inputs.items() if not t.is_floating_point()},
            straight=_straight(life, evidence.target, inspection),
            others=draw.others(evidence.target, given),
            variants=lambda: draw.variants(evidence.target, given),
        )
    )


def _straight(life: Lifetime, target: str, inspection: Inspection) -> bool:
    exercise = inspection.exercises.get(life.exercise or "")
    return exercise is not None and exercise.upstream.get(target) == []


def _unread(
    evidence: Evidence, read: Mapping[str, torch.Tensor], inspection: Inspection
) -> dict[str, torch.Tensor]:
    """What each direct consumer that was not read would have passed on."""
    draw = evidence.draws[0]
    direct = evidence.consumers - {inspection.assignment.spec.loss}
    onward = {name: draw.expected(name, read) for name in direct - read.keys()}
    # All cut at once: a consumer may itself be computed from another one.
    shares = draw.paths(evidence.target, dict(read) | onward)
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


def _aliased(life: Lifetime, culprit: Lifetime) -> Diagnosis:
    """A gradient that a later statement changed in place through another name."""
    change, last = culprit.writes[-1], life.writes[-1]
    return Diagnosis(
        code="alias",
        why=f"{culprit.text} is the same tensor as {life.text}: line {change.line} changes both.",
        look_at="Which of the two names should still hold the old values after that line?",
        evidence={
            "line": last.line,
            "cell": last.cell,
            "through": culprit.text,
            "changed_line": change.line,
            "changed_cell": change.cell,
        },
    )
