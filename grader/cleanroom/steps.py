"""Every step on its own merits: its stretch, its evidence, and what follows from it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.assignment import Exercise
from grader.cleanroom.following import Following
from grader.cleanroom.networks import Draw, boundary
from grader.cleanroom.portions import portions
from grader.cleanroom.readings import Evidence, Finding, nothing_but_zeros, read, unmoved
from grader.cleanroom.room import SILENT, Computed, Question
from grader.cleanroom.stretches import Stretch
from grader.cleanroom.wiring import Wiring
from grader.marking.observation import Pass
from grader.marking.step import StepFinding
from grader.protocol.language import ASKED, UNDECIDED

OVERLOOKED = "what its lines compute is not what it held: something changes it unseen"


Answer = dict[Definition, Computed]


class Told(NamedTuple):
    """What the clean room computed for the gradients of one exercise, draw by draw."""

    draws: Sequence[Draw]
    full: Sequence[Answer]
    cut: Sequence[Answer]
    true: Sequence[Answer]
    named: Sequence[Answer]
    again: Mapping[int, Answer]
    """Forward pass → the ordinary run's own numbers, computed once more."""


class Steps(Following):
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
        self.findings |= self._followed(self.findings)
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
        stretches = self._stretches(exercise, lives, edge)
        findings: dict[int, StepFinding] = {}
        for group in self._askable(stretches):
            findings |= self._found(wiring, exercise, group)
            for draw in self.draws_of(lives[0]):
                draw.rest()
        findings |= self._turned_back(lives, stretches, findings)
        return findings | self._in_loops(lives, stretches, findings)

    def _found(
        self, wiring: Wiring, exercise: Exercise, stretches: Mapping[int, Stretch]
    ) -> dict[int, StepFinding]:
        told = self._tell(wiring, exercise, stretches)
        findings = {
            number: self._finding(stretch, exercise, told, wiring)
            for number, stretch in stretches.items()
        }
        undecided = {n: stretches[n] for n, each in findings.items() if each.why == UNDECIDED}
        return findings | self._decided(wiring, exercise, undecided)

    def _decided(
        self, wiring: Wiring, exercise: Exercise, stretches: Mapping[int, Stretch]
    ) -> dict[int, StepFinding]:
        """Steps with conditions on tensors that are right whichever way these were decided. They
        are never wrong: another network may go another way.
        """
        if not stretches:
            return {}
        told = self._tell(wiring, exercise, stretches, decided=True)
        found = {n: self._finding(each, exercise, told, wiring) for n, each in stretches.items()}
        return {number: each for number, each in found.items() if each.step == "right"}

    def as_tried(
        self, life: Lifetime
    ) -> tuple[Sequence[Definition], list[dict[Definition, torch.Tensor]]]:
        """A gradient's way, and what was bound on each fresh network when its step was tried."""
        exercise, wiring = self.exercises[life.exercise or ""], self.wiring[life.id]
        stretch = self._stretches(exercise, [life], boundary(exercise))[life.id]
        during = self._pass(life)
        bound = [
            self._bindings(wiring, draw, during, [life])
            | self._upstream(draw, stretch.upstream, [life])
            for draw in self.draws_of(life)
        ]
        ends = {self.study.definitions[each.id] for each in stretch.upstream}
        ends |= {*stretch.standing, *stretch.orphans.values()}
        own = self.study.definitions[life.id]
        way = [own, *(each for each in self._between(stretch.definitions, ends) if each != own)]
        return way, bound

    def _between(
        self, way: Sequence[Definition], ends: Collection[Definition]
    ) -> Iterator[Definition]:
        """What of a way rests on its upstream, or without one is no forward tensor."""
        forward = {definition for _, definition in self.canonical}
        for each in way:
            rests = any(below in ends for below in self.formulas.below(each)) or not ends
            if rests and each not in ends and each not in forward and not self.formulas.leaf(each):
                yield each

    def pass_of(self, life: Lifetime) -> Pass:
        """The forward pass to which a gradient belongs."""
        return self._pass(life)

    def _askable(self, stretches: Mapping[int, Stretch]) -> Iterator[dict[int, Stretch]]:
        """Stretches that can be asked together: what stands in the place of one's upstream may be
        part of another's way, such as an earlier attempt that it goes on from. That one is
        asked alone.
        """
        sources = {f.id for stretch in stretches.values() for f in stretch.upstream}
        together = {}
        for number, stretch in stretches.items():
            own = {f.id for f in (*stretch.upstream, stretch.life)}
            way = {f.id for each in stretch.definitions if (f := self._of.get(each)) is not None}
            if way & sources <= own:
                together[number] = stretch
            else:
                yield {number: stretch}
        for some in portions(together.items(), lambda item: self._elements(item[1].life)):
            yield dict(some)

    def _tell(
        self,
        wiring: Wiring,
        exercise: Exercise,
        stretches: Mapping[int, Stretch],
        *,
        decided: bool = False,
    ) -> Told:
        """Everything that readings compare, asked in one go."""
        lives = [stretch.life for stretch in stretches.values()]
        draws, during = self.draws_of(lives[0]), self._pass(lives[0])
        sources = {f.id: f for stretch in stretches.values() for f in stretch.upstream}.values()
        ways = {number: stretch.definitions for number, stretch in stretches.items()}
        wanted = [self.study.definitions[life.id] for life in lives]
        slipped = bool(self.slips.get(wiring)) or self._unfollowed(wiring, lives, ways)
        questions: dict[str, list[Question]] = {"full": [], "cut": [], "true": [], "named": []}
        for number, draw in enumerate(draws):
            bound = self._bindings(wiring, draw, during, lives)
            shapes = bound | self._upstream(draw, sources, lives)
            at = f"{exercise.id} {number}{' decided' * decided}"
            if not self._few:
                questions["full"].append(Question(f"{at} full", bound, wanted))
            questions["cut"].append(Question(at, shapes, wanted))
            if sources:
                true = bound | self._upstream(draw, sources, lives, true=True)
                questions["true"].append(Question(at, true, wanted))
            if slipped:
                named = shapes | self._named(wiring, ways, draw)
                questions["named"].append(Question(f"{at} named", named, wanted))
        ordinary = self._ordinary(wiring, lives, sources)
        asked = [*itertools.chain(*questions.values()), *ordinary.values()]
        answers = iter(self.room.ask([each._replace(decided=decided) for each in asked]))
        told = {kind: list(itertools.islice(answers, len(q))) for kind, q in questions.items()}
        again = dict(zip(ordinary, answers, strict=True))
        return Told(draws, told["full"], told["cut"], told["true"], told["named"], again)

    def _turned_back(
        self,
        lives: Sequence[Lifetime],
        stretches: Mapping[int, Stretch],
        findings: Mapping[int, StepFinding],
    ) -> dict[int, StepFinding]:
        """Steps that are wrong only on upstream that is wrong and has its numbers along another
        dimension: what was summed the wrong way costs once.
        """
        draws = self.draws_of(lives[0])
        wrong = [life for life in lives if findings[life.id].step == "wrong"]
        turned = [life for life in wrong if self._turned(life, draws[0])]
        upstream = {life.id: stretches[life.id].upstream for life in wrong}
        spoilt = [life for life in wrong if any(f in turned for f in upstream[life.id])]
        if not spoilt:
            return {}
        sources = list({f.id: f for life in spoilt for f in upstream[life.id]}.values())
        answers = self._on_turned(spoilt, sources, turned)
        right = {}
        for life in spoilt:
            found = findings[life.id]
            cut = [answer.get(self.study.definitions[life.id], SILENT) for answer in answers]
            if found.evidence is not None and _reads_right(found.evidence, cut):
                right[life.id] = self._known(stretches[life.id])
        return {n: msgspec.structs.replace(known, step="right") for n, known in right.items()}

    def _on_turned(
        self, lives: Sequence[Lifetime], sources: Sequence[Lifetime], turned: Sequence[Lifetime]
    ) -> list[Answer]:
        """Steps with the upstream that was summed the wrong way in its right shape."""
        wiring, during = self.wiring[lives[0].id], self._pass(lives[0])
        wanted = [self.study.definitions[life.id] for life in lives]
        return self.room.ask(
            [
                Question(
                    f"turned {number}",
                    self._bindings(wiring, draw, during, lives)
                    | self._upstream(draw, sources, lives, turned=turned),
                    wanted,
                )
                for number, draw in enumerate(self.draws_of(lives[0]))
            ]
        )

    def _finding(
        self, stretch: Stretch, exercise: Exercise, told: Told, wiring: Wiring
    ) -> StepFinding:
        known = self._known(stretch)
        unfaithful = self._unfaithful(stretch.life, told.again)
        asked = stretch.copied or unfaithful == ASKED
        if asked or (stretch.asking and not self._unasked(stretch, told.again)):
            return msgspec.structs.replace(known, copied=True, why="it asks autograd")
        if unfaithful is not None:
            return msgspec.structs.replace(known, why=unfaithful)
        evidence = self._evidence(stretch, exercise, told, wiring)
        found = self._judged(known, stretch.life, read(evidence), evidence, stretch.definitions)
        return msgspec.structs.replace(found, evidence=found.evidence and _kept(found.evidence))

    def _evidence(
        self, stretch: Stretch, exercise: Exercise, told: Told, wiring: Wiring
    ) -> Evidence:
        life, target = stretch.life, self.targets[stretch.life.id]

        def values(answers: Sequence[Answer]) -> list[Computed]:
            return [answer.get(self.study.definitions[life.id], SILENT) for answer in answers]

        return Evidence(
            target=target,
            draws=told.draws,
            full=self.full.get(life.id, []) if self._few else values(told.full),
            cut=values(told.cut),
            true=values(told.true),
            named=values(told.named),
            given=[self._given(stretch, draw) for draw in told.draws],
            zeros=self._zeros(life) & self._always_zero if told.draws else frozenset(),
            accepted_zeros=self._accepted_zeros(exercise),
            consumers=self.assignment.forward.consumers(target),
            inner=self._beyond(target),
            loss=self._loss_factors(wiring, len(told.draws)),
            rests=self._rests(stretch),
            tolerance=self.tolerance,
        )

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
        edge = frozenset().union(*evidence.given)
        reached = self._beyond_edge(evidence.target, edge)
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
            and life.id in self.nothing
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

    def _unasked(self, stretch: Stretch, again: Mapping[int, Answer]) -> bool:
        """Whether the lines gave the run's own value where there is no autograd to be asked: the
        `.grad` in them is an attribute of the student's own objects.
        """
        seen = self.observed.get(stretch.life.id)
        if seen is None or seen.numbers is None or seen.pass_id not in again:
            return False
        if any(self.room.values.get(each) is not None for each in stretch.asking):
            return False  # what the run had is no line's doing
        return self._unfaithful(stretch.life, again) is None


def _kept(evidence: Evidence) -> Evidence:
    """What a reason is sought by. The rest goes: there may be hundreds of wrong attempts, and a
    value keeps the memory of all that was answered with it.
    """
    first = [each.clone() if isinstance(each, torch.Tensor) else each for each in evidence.cut[:1]]
    return msgspec.structs.replace(evidence, cut=first, full=(), true=(), named=())


def _reads_right(evidence: Evidence, cut: Sequence[Computed]) -> bool:
    return read(msgspec.structs.replace(evidence, cut=cut)) == "right"


def _same(value: torch.Tensor, seen: torch.Tensor) -> bool:
    value, seen = value.double(), seen.double()
    scale = float(seen.abs().nan_to_num(0.0, 0.0, 0.0).max()) if seen.numel() else 0.0
    return torch.allclose(value, seen, rtol=1e-4, atol=1e-5 * scale + 1e-12, equal_nan=True)
