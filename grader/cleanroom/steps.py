"""Every step on its own merits: its stretch, its evidence, and what follows from it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.assignment import Exercise
from grader.cleanroom.bindings import Bindings
from grader.cleanroom.networks import Draw, boundary
from grader.cleanroom.readings import Evidence, Finding, nothing_but_zeros, read, unmoved
from grader.cleanroom.room import SILENT, Computed, Question
from grader.cleanroom.wiring import Wiring
from grader.marking.step import StepFinding

OVERLOOKED = "what its lines compute is not what it held: something changes it unseen"


class Steps(Bindings):
    """Judges the steps of all exercises."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.findings: dict[int, StepFinding] = {}
        self.inner: dict[int, StepFinding] = {}
        """The same with every named gradient as a boundary, for reasons."""

    def _steps(self) -> None:
        groups: defaultdict[tuple[Wiring, str], list[Lifetime]] = defaultdict(list)
        for life in self.lives:
            if life.id in self.targets and life.exercise is not None:
                groups[self.wiring[life.id], life.exercise].append(life)
        whole = frozenset(self.assignment.forward.tensors) | frozenset(self.assignment.parameters)
        for (wiring, identity), lives in groups.items():
            exercise = self.exercises[identity]
            marked = [life for life in lives if self.targets[life.id] in exercise.targets]
            self.findings |= self._judge(wiring, exercise, marked, boundary(exercise))
        for (wiring, identity), lives in groups.items():
            if self._spoilt(lives):
                self.inner |= self._judge(
                    wiring, self.exercises[identity], self._inner_of(lives), whole
                )

    def _spoilt(self, lives: Sequence[Lifetime]) -> bool:
        """Whether a wrong stretch has other gradients in it, one of which may be to blame."""
        return any(
            (found := self.findings.get(life.id)) is not None
            and found.step == "wrong"
            and bool(found.temporaries)
            for life in lives
        )

    def _inner_of(self, lives: Sequence[Lifetime]) -> list[Lifetime]:
        numbers = {
            n
            for life in lives
            if (found := self.findings.get(life.id)) is not None
            for n in found.temporaries
        }
        more = (life for life in self.lives if life.id in numbers and life.id in self.targets)
        return [*lives, *(life for life in more if life not in lives)]

    def _judge(
        self, wiring: Wiring, exercise: Exercise, lives: Sequence[Lifetime], edge: frozenset[str]
    ) -> dict[int, StepFinding]:
        """Findings on the lifetimes of one exercise on one network."""
        if not lives:
            return {}
        draws, during = self.draws_of(lives[0]), self._pass(lives[0])
        given_names = edge - frozenset(exercise.targets)
        plain = edge >= frozenset(self.assignment.forward.tensors)

        def marked(other: Lifetime) -> bool:
            target = self.targets.get(other.id)
            if target not in edge:
                return False
            return plain or other.exercise == exercise.id or target in given_names

        def ends(life: Lifetime) -> Callable[[Lifetime], bool]:
            # Gradients flow back: what lies before the target, or is an earlier attempt at it,
            # is no upstream but part of the way.
            own = self.targets[life.id]
            beyond = self._beyond(own) | set(self.assignment.parameters) - {own}
            return lambda other: self.targets.get(other.id) in beyond and marked(other)

        stretches = {life.id: self._stretch(life, ends(life)) for life in lives}
        upstream: dict[int, list[Lifetime]] = {}
        for life in lives:
            found = (self._of.get(each) for each in stretches[life.id])
            others = [f for f in found if f is not None and f is not life and marked(f)]
            upstream[life.id] = [f for f in others if ends(life)(f)]
        sources = {f.id: f for found in upstream.values() for f in found}
        wanted = [self.study.definitions[life.id] for life in lives]
        slipped = bool(self.slips.get(wiring)) or self._unfollowed(wiring, lives, stretches)
        questions: defaultdict[str, list[Question]] = defaultdict(list)
        for number, draw in enumerate(draws):
            bound = self._bindings(wiring, draw, during, lives)
            shapes = bound | self._upstream(draw, sources.values(), lives)
            at = f"{exercise.id} {number}"
            questions["cut"].append(Question(at, shapes, wanted))
            if sources:
                true = bound | self._upstream(draw, sources.values(), lives, true=True)
                questions["true"].append(Question(at, true, wanted))
            if slipped:
                named = self._named(wiring, stretches, draw)
                questions["named"].append(Question(f"{at} named", shapes | named, wanted))
        ordinary = self._ordinary(wiring, lives, sources.values())
        questions["again"] = list(ordinary.values())
        answers = iter(self.room.ask([q for each in questions.values() for q in each]))
        told = {
            kind: list(itertools.islice(answers, len(each))) for kind, each in questions.items()
        }
        told["again"] = told.get("again", [])
        again = dict(zip(ordinary, told["again"], strict=True))
        findings = {
            life.id: self._finding(
                life, exercise, draws, stretches[life.id], upstream[life.id], told, again, wiring
            )
            for life in lives
        }
        return findings | self._turned_back(wiring, lives, upstream, findings)

    def _turned_back(
        self,
        wiring: Wiring,
        lives: Sequence[Lifetime],
        upstream: Mapping[int, Sequence[Lifetime]],
        findings: Mapping[int, StepFinding],
    ) -> dict[int, StepFinding]:
        """Steps that are wrong only on upstream that is wrong and has its numbers along another
        dimension: what was summed the wrong way costs once.
        """
        draws, during = self.draws_of(lives[0]), self._pass(lives[0])
        wrong = [life for life in lives if findings[life.id].step == "wrong"]
        turned = [life for life in wrong if self._turned(life, draws[0])]
        spoilt = [life for life in wrong if any(f in turned for f in upstream[life.id])]
        if not spoilt:
            return {}
        sources = list({f.id: f for life in spoilt for f in upstream[life.id]}.values())
        answers = self.room.ask(
            [
                Question(
                    f"turned {number}",
                    self._bindings(wiring, draw, during, spoilt)
                    | self._upstream(draw, sources, spoilt, turned=turned),
                    [self.study.definitions[life.id] for life in spoilt],
                )
                for number, draw in enumerate(draws)
            ]
        )
        right = {}
        for life in spoilt:
            found = findings[life.id]
            if found.evidence is None:
                continue
            cut = [answer.get(self.study.definitions[life.id], SILENT) for answer in answers]
            if read(msgspec.structs.replace(found.evidence, cut=cut)) == "right":
                right[life.id] = msgspec.structs.replace(
                    found,
                    step="right",
                    constant=False,
                    coincides=False,
                    slipped=None,
                    evidence=None,
                )
        return right

    def _finding(
        self,
        life: Lifetime,
        exercise: Exercise,
        draws: Sequence[Draw],
        stretch: Sequence[Definition],
        upstream: Sequence[Lifetime],
        told: Mapping[str, Sequence[Mapping[Definition, Computed]]],
        again: Mapping[int, Mapping[Definition, Computed]],
        wiring: Wiring,
    ) -> StepFinding:
        definition, target = self.study.definitions[life.id], self.targets[life.id]
        names = tuple(dict.fromkeys(self.targets[f.id] for f in upstream))
        engine = [each for each in stretch if each.formula.autograd]
        edge = boundary(exercise)
        standing = [e for e in engine if self._tensor_of(e) in edge & self._beyond(target)]
        orphans = {
            self._target_of(e): e
            for e in stretch
            if e.formula.orphan and self._target_of(e) in edge & self._beyond(target)
        }
        copied = len(standing) < len(engine) or any(
            self.formulas.asks_engine(each.formula)
            for each in stretch
            if self._of.get(each) not in upstream
        )
        path = [f for f in upstream if self.targets[f.id] not in self.assignment.parameters]
        given = [
            {self.targets[f.id]: self._cotangent(draw, f)[1] for f in path}
            | {self._tensor_of(e): draw.cotangent(self._tensor_of(e)) for e in standing}
            | {name: draw.cotangent(name) for name in orphans}
            for draw in draws
        ]
        rests = bool(upstream or standing or orphans) or self.formulas.rests_on_leaf(definition)
        inner = set(stretch)
        known = StepFinding(
            step="unknown",
            upstream=(*names, *(self._tensor_of(e) for e in standing), *orphans),
            sources=tuple(f.id for f in upstream),
            temporaries=tuple(
                other.id
                for other in self.lives
                if self.study.definitions[other.id] in inner
                and other is not life
                and other not in upstream
            ),
            engine=tuple(sorted(e.name.replace("·", ".") for e in standing)),
            pass_id=seen.pass_id if (seen := self.observed.get(life.id)) is not None else -1,
        )
        if copied:
            return msgspec.structs.replace(known, copied=True, why="it asks autograd")
        evidence = Evidence(
            target=target,
            draws=draws,
            full=self.full.get(life.id, []),
            cut=[answer.get(definition, SILENT) for answer in told.get("cut", ())],
            true=[answer.get(definition, SILENT) for answer in told.get("true", ())],
            named=[answer.get(definition, SILENT) for answer in told.get("named", ())],
            given=given,
            zeros=self._zeros(life) & self._always_zero if draws else frozenset(),
            accepted_zeros=self._accepted_zeros(exercise),
            consumers=self.assignment.forward.consumers(target),
            inner=self._beyond(target),
            loss=self._loss_factors(wiring, len(draws)),
            rests=rests,
            tolerance=self.tolerance,
        )
        reading = read(evidence)
        unfaithful = self._unfaithful(life, again)
        if unfaithful is not None:
            return msgspec.structs.replace(known, why=unfaithful)
        return self._judged(known, life, reading, evidence, stretch)

    def _judged(
        self,
        known: StepFinding,
        life: Lifetime,
        reading: Finding,
        evidence: Evidence,
        stretch: Sequence[Definition],
    ) -> StepFinding:
        replace = msgspec.structs.replace
        if reading == "right" and self._faded(life):
            return replace(known, why="the network is so small that zeros pass for it")
        insight = evidence.target in evidence.zeros and nothing_but_zeros(evidence)
        if reading == "right" or (reading == "zero path" and insight):
            return replace(known, step="right")
        why = self._incomplete(stretch)
        if why is None and reading == "zero path" and not unmoved(evidence):
            return replace(known, step="wrong", coincides=True, evidence=evidence)
        why = why or next((v for v in [*evidence.cut, *evidence.full] if isinstance(v, str)), None)
        if why is not None or reading == "unknown":
            return replace(known, why=why or "no network to try it on")
        wiring = self.wiring[life.id]
        if self.slips.get(wiring) and not self.told.isdisjoint(leaf for _, leaf in wiring):
            return replace(known, why="its forward pass is not quite the assignment's")
        slipped = self._in_stretch(wiring, evidence)
        return replace(
            known, step="wrong", constant=unmoved(evidence), slipped=slipped, evidence=evidence
        )

    def _faded(self, life: Lifetime) -> bool:
        """Whether the gradient vanishes in networks of the student's shapes, and only there."""
        target = self.targets[life.id]
        return target in self._zeros(life) and target not in self._always_zero

    def _incomplete(self, stretch: Sequence[Definition]) -> str | None:
        """Why a stretch cannot be followed to its end."""
        for each in stretch:
            value = self.room.values.get(each)
            if isinstance(value, float | torch.Tensor):
                return self.formulas.complaint(each.formula) or f"`{each.name}` cannot be followed"
            ends = self.formulas.leaf(each) is None and value is None
            if ends and not each.formula.autograd:
                complaint = self.formulas.complaint(each.formula)
                if complaint is not None:
                    return complaint
        return None

    def _in_stretch(self, wiring: Wiring, evidence: Evidence) -> str | None:
        """A deviating forward tensor on the way from the upstream to the target."""
        forward = self.assignment.forward
        reached, pending = {evidence.target}, [evidence.target]
        edge = frozenset().union(*evidence.given)
        while pending:
            for name in forward.consumers(pending.pop()) - reached:
                reached.add(name)
                if name not in edge:
                    pending.append(name)
        slips = (slip.tensor for slip in self.slips.get(wiring, ()))
        return next((tensor for tensor in slips if tensor in reached - {evidence.target}), None)

    def _accepted_zeros(self, exercise: Exercise) -> frozenset[str]:
        """Targets for which the student wrote down zeros, from nothing."""
        return frozenset(
            self.targets[life.id]
            for life in self.lives
            if life.exercise == exercise.id
            and life.id in self.targets
            and self.targets[life.id] in self._always_zero
            and all(
                isinstance(v, torch.Tensor) and not v.any() for v in self.full.get(life.id, ["?"])
            )
        )

    def _loss_factors(self, wiring: Wiring, count: int) -> list[float]:
        for slip in self.slips.get(wiring, ()):
            if slip.factor is not None:
                return [slip.factor] * count
        return [1.0] * count

    def _unfaithful(
        self, life: Lifetime, again: Mapping[int, Mapping[Definition, Computed]]
    ) -> str | None:
        """Whether a slice does not give what stood there in the ordinary run."""
        seen = self.observed.get(life.id)
        if seen is None or seen.numbers is None:
            return None
        value = again.get(seen.pass_id, {}).get(self.study.definitions[life.id], SILENT)
        if isinstance(value, str):
            return value
        if value.shape != seen.numbers.shape or not _same(value, seen.numbers):
            return OVERLOOKED
        return None


def _same(value: torch.Tensor, seen: torch.Tensor) -> bool:
    value, seen = value.double(), seen.double()
    scale = float(seen.abs().nan_to_num(0.0, 0.0, 0.0).max()) if seen.numel() else 0.0
    return torch.allclose(value, seen, rtol=1e-4, atol=1e-5 * scale + 1e-12, equal_nan=True)
