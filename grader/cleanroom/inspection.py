"""Every gradient of one submission through the clean room: which target it is, and is its step
right and derived.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
import torch

from grader.analysis.lifetime import Lifetime, Site
from grader.analysis.slicer import GRAD, Definition
from grader.analysis.spelling import Spelling
from grader.analysis.statements import MARK, key_of, viewed
from grader.analysis.study import Study
from grader.assignment import Assignment, Exercise
from grader.cleanroom.networks import Draw, Networks, boundary, stray
from grader.cleanroom.readings import Evidence, Finding, agrees, read, zero_targets
from grader.cleanroom.room import SILENT, CleanRoom, Computed, Question
from grader.cleanroom.wiring import Wiring, Wirings
from grader.compare import squeezed
from grader.model import Step
from grader.passes import JudgedPass, judge_pass
from grader.reference import Network, Oracle
from grader.trace import Observed, Pass, Trace

MAX_GUESSES = 40
MAX_WITNESSES = 4
"""Tensors of the student's by which it is told whether a guess is right."""
OVERLOOKED = "what its lines compute is not what it held: something changes it unseen"


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the student's forward pass that computes something else than forward.py's."""

    tensor: str
    name: str
    site: Site | None
    factor: float | None = None
    """A loss that deviates by this factor alone."""


class StepFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What the clean room says of one lifetime."""

    step: Step
    coincides: bool = False
    """Right only because something is zero."""
    copied: bool = False
    """Its lines ask the autograd engine for it."""
    constant: bool = False
    """It depends neither on the network nor on upstream."""
    why: str | None = None
    """Why the step is unknown."""
    upstream: tuple[str, ...] = ()
    """Targets of the marked gradients that it was computed from."""
    sources: tuple[int, ...] = ()
    """Their lifetimes."""
    temporaries: tuple[int, ...] = ()
    """Lifetimes of other gradients in the stretch."""
    engine: tuple[str, ...] = ()
    """Other tensors' own `.grad` that stand for upstream."""
    slipped: str | None = None
    """Forward tensor that deviates in the stretch, where the step fits the student's own."""
    evidence: Evidence | None = None
    """Of a wrong step, for its reason."""
    pass_id: int = -1


class Inspection:
    """The clean room's work on one submission."""

    def __init__(
        self,
        assignment: Assignment,
        oracle: Oracle,
        networks: Networks,
        study: Study,
        seen: Trace,
        room: CleanRoom,
    ) -> None:
        self.assignment = assignment
        self.oracle = oracle
        self.networks = networks
        self.study = study
        self.seen = seen
        self.room = room
        self.formulas = study.formulas
        self.wirings = Wirings(study, assignment)
        self.tolerance = assignment.spec.tolerance
        self.exercises = {exercise.id: exercise for exercise in assignment.spec.exercises}
        self.lives = [life for life in study.program.lifetimes if life.id in study.definitions]
        self.observed = _first_observed(seen.observed)
        self.wiring: dict[int, Wiring] = {}
        self.full: dict[int, list[Computed]] = {}
        self.forward: dict[tuple[Wiring, Definition], list[Computed]] = {}
        self.canonical: dict[tuple[Wiring, Definition], str] = {}
        """The student's forward tensor → the one of forward.py that it equals."""
        self.slips: dict[Wiring, list[Slip]] = {}
        self.targets: dict[int, str] = {}
        """Lifetime → the target that it is taken for."""
        self.findings: dict[int, StepFinding] = {}
        self.inner: dict[int, StepFinding] = {}
        """The same with every named gradient as a boundary, for reasons."""
        self._of_formula = {id(study.definitions[life.id].formula): life for life in self.lives}

    def run(self) -> None:
        """All of it: forward lines, names, exercises, steps."""
        if not self.seen.passes or not self.lives:
            self._assign_by_name()
            return
        self.room.gradients = [self.study.definitions[life.id].formula for life in self.lives]
        self._wire()
        self._compute_full()
        self._hold_forward()
        self._name()
        self._exercises()
        self._steps()

    # ---- the network of each lifetime -----------------------------------------------------------

    def _wire(self) -> None:
        self._values()
        self.wiring = self.wirings.of_all(self.lives)
        tried: set[Wiring] = set()
        for life in self.lives:
            missing = self.wirings.unnamed(self.wiring[life.id]) or self._misnamed(life)
            if not missing or self.wiring[life.id] in tried:
                continue
            tried.add(self.wiring[life.id])
            if self._guess(missing, life):
                self.wiring = self.wirings.of_all(self.lives)

    def _values(self) -> None:
        """What the ordinary run held where slices begin: of the first pass that has it."""
        for each in self.formulas.unseen(self.study.definitions.values()):
            if not self.formulas.begins_unseen(each):
                continue
            for during in self._passes_since(each):
                if each.name in during.numbers:
                    self.room.values[each] = during.numbers[each.name]
                    break
                if each.name in during.inputs:
                    self.room.values[each] = during.inputs[each.name]
                    if each.name in during.arrays:
                        self.room.arrays.add(each)
                    break

    def _passes_since(self, definition: Definition) -> list[Pass]:
        """Forward passes from the cell on in which something was bound, then those before."""
        cell = max((s.cell for s in definition.formula.statements), default=-1)
        return sorted(self.seen.passes.values(), key=lambda during: during.cell < cell)

    def _misnamed(self, life: Lifetime) -> list[str]:
        """Index inputs, where what stands under their names is no batch of this network: `xs`,
        which some use for a batch and others for the whole data set.
        """
        if self.draws_of(life) or life.id != self._first_of_wiring(life):
            return []
        inputs = self.assignment.spec.inputs.items()
        return sorted(name for name, leaf in inputs if leaf.kind == "index")

    def _first_of_wiring(self, life: Lifetime) -> int:
        wiring = self.wiring[life.id]
        return next(each.id for each in self.lives if self.wiring[each.id] == wiring)

    def _guess(self, missing: list[str], life: Lifetime) -> bool:
        """Find the variables that stand for inputs under names that nobody knows."""
        during = self._pass(life)
        place = self.wirings.place(life)
        known = list(itertools.islice(self.wirings.named_tensors(place), MAX_WITNESSES))
        tried = 0
        for guess in self.wirings.guesses(missing, life, during) if known else ():
            tried += 1
            if tried > MAX_GUESSES:
                return False
            wiring = tuple(sorted((dict(self.wiring[life.id]) | dict(guess)).items(), key=lambda x: x[0]))
            draws = self.networks.draws(self.wirings.inputs(wiring, during))
            if not draws:
                continue
            values = dict(self.room.values)
            for each in guess.values():
                self.room.values.pop(each, None)
            questions = [
                Question(f"guess {number}", self._leaves(wiring, draw, during), [d for _, d in known])
                for number, draw in enumerate(draws)
            ]
            answers = self.room.ask(questions)
            if any(
                all(
                    agrees(answer[definition], draw.network.tensors[name], self.tolerance)
                    for answer, draw in zip(answers, draws, strict=True)
                )
                for name, definition in known
                if set(missing) <= self._behind(name)
            ):
                self.formulas.tell(guess)
                return True
            self.room.values = values
        return False

    def _behind(self, tensor: str) -> set[str]:
        """Inputs that a tensor of forward.py rests on."""
        reads = {step.name: step.reads for step in self.assignment.forward.steps}
        found, pending = set(), [tensor]
        while pending:
            below = reads.get(pending.pop(), frozenset()) - found
            found |= below
            pending += below
        return found & self.assignment.spec.inputs.keys()

    def _pass(self, life: Lifetime) -> Pass:
        """The forward pass during which a lifetime settled, else the nearest one."""
        seen = self.observed.get(life.id)
        if seen is not None and seen.pass_id in self.seen.passes:
            return self.seen.passes[seen.pass_id]
        names = {definition.name for _, definition in self.wiring.get(life.id, ())}
        for other in reversed(self.lives):
            found = self.observed.get(other.id)
            if found is not None and self.wiring.get(other.id) == self.wiring.get(life.id):
                return self.seen.passes.get(found.pass_id) or self._last_pass
        for during in reversed(self.seen.passes.values()):
            if names <= during.inputs.keys():
                return during
        return self._last_pass

    @cached_property
    def _last_pass(self) -> Pass:
        return list(self.seen.passes.values())[-1]

    def draws_of(self, life: Lifetime) -> list[Draw]:
        """Fresh networks of the shapes of a lifetime's own."""
        wiring = self.wiring[life.id]
        if self.wirings.unnamed(wiring) and not self.study.notebook.module:
            inputs = self.wirings.inputs(wiring, self._pass(life))
            if len(inputs) < len(self.assignment.spec.inputs):
                return []
        return self.networks.draws(self.wirings.inputs(wiring, self._pass(life)))

    def _leaves(
        self, wiring: Wiring, draw: Draw, during: Pass
    ) -> dict[Definition, torch.Tensor]:
        """Fresh values of the leaves of a network, as the student's code knows them."""
        bound = {}
        for canonical, definition in wiring:
            if canonical in draw.leaves:
                bound[definition] = draw.leaves[canonical]
                if definition.name in during.arrays:
                    self.room.arrays.add(definition)
        return bound

    def _bindings(
        self, wiring: Wiring, draw: Draw, during: Pass, lives: Iterable[Lifetime]
    ) -> dict[Definition, torch.Tensor]:
        """The same, and something for the leaves of other passes that lifetimes read."""
        bound = self._leaves(wiring, draw, during)
        for life in lives:
            leaves = self.formulas.leaves(self.study.definitions[life.id])
            for canonical, definitions in leaves.items():
                for number, definition in enumerate(definitions):
                    if definition in bound:
                        continue
                    value = self.wirings.value(definition, during)
                    if value is not None:
                        bound[definition] = stray(self.assignment, canonical, value, 77 + number)
        for definition in self._grads(lives):
            target = self._tensor_of(definition)
            if target in draw.network.gradients:
                bound[definition] = draw.network.gradients[target]
        return bound

    def _grads(self, lives: Iterable[Lifetime]) -> list[Definition]:
        """Tensors' own gradients by autograd that lifetimes read."""
        found: dict[Definition, None] = {}
        for life in lives:
            start = self.study.definitions[life.id]
            for each in self.formulas.closure(start, self.formulas.bottom):
                if each.formula.autograd:
                    found.setdefault(each)
        return list(found)

    def _tensor_of(self, definition: Definition) -> str:
        """The canonical tensor whose `.grad` a definition is."""
        name = definition.name.removesuffix(GRAD)
        return self.assignment.tensor_names.get(name) or self.assignment.input_names.get(name, name)

    # ---- values from the leaves up --------------------------------------------------------------

    def _groups(self) -> dict[Wiring, list[Lifetime]]:
        groups: defaultdict[Wiring, list[Lifetime]] = defaultdict(list)
        for life in self.lives:
            groups[self.wiring[life.id]].append(life)
        return groups

    def _compute_full(self) -> None:
        questions: list[Question] = []
        asked: list[tuple[Wiring, list[Lifetime], list[Definition]]] = []
        for number, (wiring, lives) in enumerate(self._groups().items()):
            forward = self._forward_definitions(lives)
            for each, draw in enumerate(self.draws_of(lives[0])):
                bound = self._bindings(wiring, draw, self._pass(lives[0]), lives)
                wanted = [self.study.definitions[life.id] for life in lives]
                questions.append(Question(f"{number} {each}", bound, [*wanted, *forward]))
                asked.append((wiring, lives, forward))
        answers = self.room.ask(questions) if questions else []
        for answer, (wiring, lives, forward) in zip(answers, asked, strict=True):
            for life in lives:
                value = answer.get(self.study.definitions[life.id], SILENT)
                self.full.setdefault(life.id, []).append(value)
            for each in forward:
                self.forward.setdefault((wiring, each), []).append(answer.get(each, SILENT))

    def _forward_definitions(self, lives: Iterable[Lifetime]) -> list[Definition]:
        """Tensors of the forward pass that gradients are computed from, from the leaves on."""
        found: dict[Definition, None] = {}
        gradients = self._of_formula
        for life in lives:
            start = self.study.definitions[life.id]
            for each in self.formulas.closure(start, self.formulas.bottom):
                if key_of(each.name) in self.assignment.input_names:
                    continue
                if self.formulas.leaf(each) is None and id(each.formula) not in gradients:
                    if self.formulas.rests_on_leaf(each) and each != start:
                        found.setdefault(each)
            for loss in list(self.wirings.losses(self.wirings.place(life)))[:1]:
                found.setdefault(loss)
        return list(found)

    # ---- the forward pass -----------------------------------------------------------------------

    def _hold_forward(self) -> None:
        """Which tensor of forward.py each of the student's is, and the first that is none."""
        for wiring, lives in self._groups().items():
            draws = self.draws_of(lives[0])
            forward = self._forward_definitions(lives)
            for each in forward:
                name = self._by_value(self.forward.get((wiring, each), []), draws, each)
                if name is not None:
                    self.canonical[wiring, each] = name
            self.slips[wiring] = list(self._slips(wiring, forward, draws))

    def _by_value(
        self, values: Sequence[Computed], draws: Sequence[Draw], definition: Definition
    ) -> str | None:
        """The tensor of forward.py with these values on every draw, the one of that name first."""
        if not draws or len(values) != len(draws):
            return None
        named = self.assignment.tensor_names.get(key_of(definition.name))
        names = [named] if named else []
        names += [name for name in self.assignment.forward.tensors if name != named]
        for name in names:
            if all(
                name in draw.network.tensors
                and agrees(value, draw.network.tensors[name], self.tolerance)
                for value, draw in zip(values, draws, strict=True)
            ):
                return name
        return None

    def _slips(
        self, wiring: Wiring, forward: Sequence[Definition], draws: Sequence[Draw]
    ) -> Iterable[Slip]:
        """Lines whose tensor deviates although what they read does not."""
        for each in forward:
            named = self.assignment.tensor_names.get(key_of(each.name))
            values = self.forward.get((wiring, each), [])
            if named is None or (wiring, each) in self.canonical or not draws:
                continue
            if any(isinstance(value, str) for value in values) or not self._belongs(wiring, each):
                continue
            if any(self._deviates(wiring, below, each) for below in each.formula.inputs()):
                continue
            factor = None
            if named == self.assignment.spec.loss:
                factor = _factor(values, [draw.network.tensors[named] for draw in draws])
            elif squeezed(list(values[0].shape)) != squeezed(  # type: ignore[union-attr]
                list(draws[0].network.tensors[named].shape)
            ):
                continue  # a variable of that name, not the network's tensor
            statement = next(each.formula.statements, None)
            site = None
            if statement is not None:
                line = statement.node.lineno
                site = Site(cell=statement.cell, path=statement.path, line=line, end_line=line)
            yield Slip(tensor=named, name=each.name, site=site, factor=factor)

    def _belongs(self, wiring: Wiring, definition: Definition) -> bool:
        """Whether a tensor rests on the leaves of this network alone."""
        own = {leaf for leaves in self.formulas.leaves(definition).values() for leaf in leaves}
        return own <= {leaf for _, leaf in wiring}

    def _deviates(self, wiring: Wiring, definition: Definition, above: Definition) -> bool:
        """Whether a tensor, or what it rests on, is none of forward.py's."""
        if definition == above or (wiring, definition) in self.canonical:
            return False
        if self.formulas.leaf(definition) is not None or not self.formulas.rests_on_leaf(definition):
            return False
        if key_of(definition.name) in self.assignment.tensor_names:
            return True
        return any(self._deviates(wiring, below, definition) for below in definition.formula.inputs())

    # ---- names ----------------------------------------------------------------------------------

    def _assign_by_name(self) -> None:
        for life in self.study.program.lifetimes:
            if life.target is not None:
                self.targets[life.id] = life.target
        self._exercises()

    def _name(self) -> None:
        """Which target each lifetime is: by its name, else by value, else by a hint."""
        own = {d.name: name for (_, d), name in self.canonical.items()}
        own |= {leaf.name: name for wiring in self.wiring.values() for name, leaf in wiring}
        names = self.assignment.gradient_names
        spelling = Spelling(names, {**self.assignment.input_names, **own, **self.assignment.tensor_names})
        for life in self.study.program.lifetimes:
            if life.sure and life.target is not None:
                self.targets[life.id] = life.target
        unsettled: list[tuple[Lifetime, str]] = []
        for life in self.lives:
            if life.sure:
                continue
            hint = spelling.hinted(life.name) or life.target
            fitting = self._fitting(life)
            if hint is not None and (hint in fitting or not spelling.weak(life.name)):
                self.targets[life.id] = hint
            elif fitting:
                self.targets[life.id] = self._between_twins(fitting)
            elif hint is not None:
                unsettled.append((life, hint))
        self._settle(unsettled)
        self._by_order()

    def _settle(self, unsettled: Sequence[tuple[Lifetime, str]]) -> None:
        """A part of a gradient is called after it, too: `dcounts_1`. Such a name is an attempt
        only where the exercise has no better one.
        """
        self._exercises()
        training = {e.id for e in self.exercises.values() if e.training}
        tried = {
            (life.exercise, self.targets.get(life.id))
            for life in self.lives
            if life.loop is None or life.exercise in training
        }
        for life, hint in unsettled:
            self.targets[life.id] = hint
            self._exercise(life)
            if (life.exercise, hint) in tried:
                del self.targets[life.id]
                life.exercise = None

    def _by_order(self) -> None:
        """Elements of a list of gradients that equal none: what is left, in the list's order."""
        lists: defaultdict[tuple[str, int, int], list[Lifetime]] = defaultdict(list)
        for life in self.lives:
            container, mark, key = life.name.rpartition(MARK)
            if mark and key.isdigit():
                site = life.writes[-1]
                lists[container, site.cell, site.line].append(life)
        parameters = self.assignment.parameters
        for lives in lists.values():
            whole = [life.name.rpartition(MARK)[2] for life in lives]
            if max(map(int, whole)) >= len(parameters):
                continue
            taken = {self.targets[life.id] for life in lives if life.id in self.targets}
            for life, number in zip(lives, whole, strict=True):
                target = parameters[int(number)]
                if life.id not in self.targets and target not in taken and len(taken) > 1:
                    self.targets[life.id] = target

    def _fitting(self, life: Lifetime) -> list[str]:
        """Targets whose gradient a lifetime equals on every draw; none that are zero."""
        values, draws = self.full.get(life.id, []), self.draws_of(life)
        if not draws or len(values) != len(draws):
            return []
        zeros = self._zeros(life)
        return [
            target
            for target in self.assignment.targets
            if target not in zeros
            and all(
                agrees(value, draw.network.gradients[target], self.tolerance)
                for value, draw in zip(values, draws, strict=True)
            )
        ]

    def _between_twins(self, fitting: Sequence[str]) -> str:
        taken = set(self.targets.values())
        return next((target for target in fitting if target not in taken), fitting[-1])

    def _zeros(self, life: Lifetime) -> frozenset[str]:
        """Targets whose gradients vanish in every network, the assignment's own included."""
        return zero_targets(self.draws_of(life), self.tolerance)

    @cached_property
    def _always_zero(self) -> frozenset[str]:
        example = self.oracle.example_network
        if not isinstance(example, Network):
            return frozenset()
        draw = Draw(self.oracle, {}, example, 0)
        return zero_targets([draw], self.tolerance)

    def _exercises(self) -> None:
        for life in self.study.program.lifetimes:
            self._exercise(life)

    def _exercise(self, life: Lifetime) -> None:
        target = self.targets.get(life.id)
        if target is not None:
            direct = frozenset(self.targets[n] for n in self._direct(life) if n in self.targets)
            exercise = self.study.recogniser.exercise(life, target, direct - {target})
            life.exercise = exercise.id if exercise else None

    def _direct(self, life: Lifetime) -> list[int]:
        """Lifetimes that a lifetime is computed from, with none in between."""
        return [
            found.id
            for each in self._stretch(life, lambda found: found.id in self.targets)
            if (found := self._of_formula.get(id(each.formula))) is not None and found is not life
        ]

    # ---- steps ----------------------------------------------------------------------------------

    def _stretch(self, life: Lifetime, marked: Any) -> list[Definition]:
        """A lifetime's definition down to marked gradients, leaves and what cannot be followed."""
        start = self.study.definitions.get(life.id)
        if start is None:
            return []

        def stop(each: Definition) -> bool:
            found = self._of_formula.get(id(each.formula))
            return (found is not None and found is not life and marked(found)) or (
                self.formulas.bottom(each) or each in self.room.values
            )

        return list(self.formulas.closure(start, stop))

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
            if self._spoilt(identity, lives):
                self.inner |= self._judge(wiring, self.exercises[identity], self._inner_of(lives), whole)
        for number, finding in self.findings.items():
            if finding.step == "right" and self._hides_mistake(number, finding):
                self.findings[number] = msgspec.structs.replace(
                    finding, step="wrong", coincides=True
                )

    def _hides_mistake(self, number: int, finding: StepFinding) -> bool:
        """Whether a gradient is right only because it is zero, whatever it is made with."""
        if self.targets[number] not in self._always_zero:
            return False
        inner = (self.inner.get(each) for each in finding.temporaries)
        return any(each is not None and each.step == "wrong" for each in inner)

    def _spoilt(self, identity: str, lives: Sequence[Lifetime]) -> bool:
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
            own = self.targets[life.id]  # what goes before an attempt is part of it
            return lambda other: self.targets.get(other.id) != own and marked(other)

        stretches = {life.id: self._stretch(life, ends(life)) for life in lives}
        upstream: dict[int, list[Lifetime]] = {}
        for life in lives:
            found = (self._of_formula.get(id(each.formula)) for each in stretches[life.id])
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
        told = {kind: list(itertools.islice(answers, len(each))) for kind, each in questions.items()}
        told["again"] = told.get("again", [])
        again = dict(zip(ordinary, told["again"], strict=True))
        return {
            life.id: self._finding(
                life, exercise, draws, stretches[life.id], upstream[life.id], told, again, wiring
            )
            for life in lives
        }

    def _unfollowed(
        self, wiring: Wiring, lives: Sequence[Lifetime], stretches: Mapping[int, Sequence[Definition]]
    ) -> bool:
        """Whether some tensor of the forward pass cannot be computed from the leaves."""
        named = self.assignment.tensor_names
        return any(
            key_of(each.name) in named and self.formulas.complaint(each.formula) is not None
            or (key_of(each.name) in named and any(isinstance(v, str) for v in self.forward.get((wiring, each), [])))
            for life in lives
            for each in stretches[life.id]
        )

    def _named(
        self, wiring: Wiring, stretches: Mapping[int, Sequence[Definition]], draw: Draw
    ) -> dict[Definition, torch.Tensor]:
        """Forward.py's tensors for the student's of the same names."""
        bound = {}
        for stretch in stretches.values():
            for each in stretch:
                name = self.assignment.tensor_names.get(key_of(each.name))
                if name is None or id(each.formula) in self._of_formula:
                    continue
                value = draw.network.tensors.get(name)
                own = self.forward.get((wiring, each), [])
                if value is None or not self._is_tensor(each, own, value):
                    continue
                bound[each] = _shaped(own, value)
        return bound

    def _is_tensor(
        self, definition: Definition, own: Sequence[Computed], value: torch.Tensor
    ) -> bool:
        """Whether a definition is the network's tensor, by what it rests on and its shape."""
        if own and isinstance(own[0], torch.Tensor):
            return squeezed(list(own[0].shape)) == squeezed(list(value.shape))
        return not self.formulas.begins_unseen(definition) or self.formulas.complaint(definition.formula) is not None

    def _upstream(
        self,
        draw: Draw,
        sources: Iterable[Lifetime],
        lives: Sequence[Lifetime],
        *,
        true: bool = False,
    ) -> dict[Definition, torch.Tensor]:
        """Cotangents in the place of upstream gradients, in the student's shapes.

        Nothing flows on from a parameter's gradient; where it is read, for a sum that it
        holds already, it has to fit the other cotangents. true: forward.py's own gradients.
        """
        bound = {}
        sources = list(sources)
        leaves = self.assignment.parameters
        path = {self.targets[f.id] for f in sources} - set(leaves)
        given = {target: draw.cotangent(target) for target in path}
        for life in sources:
            target = self.targets[life.id]
            if true:
                value = draw.network.gradients[target]
            else:
                value = draw.expected(target, given) if target in leaves else draw.cotangent(target)
            bound[self.study.definitions[life.id]] = self._shaped_as_seen(value, life)[0]
            seen = self.observed.get(life.id)
            if seen is not None and seen.value.kind == "array":
                self.room.arrays.add(self.study.definitions[life.id])
        for definition in self._grads(lives):
            target = self._tensor_of(definition)
            if target in draw.network.gradients:
                gradient = draw.network.gradients[target]
                bound[definition] = gradient if true else draw.cotangent(target)
        return bound

    def _cotangent(self, draw: Draw, life: Lifetime) -> tuple[torch.Tensor, torch.Tensor]:
        """A cotangent as the student's code has it, and as forward.py does."""
        return self._shaped_as_seen(draw.cotangent(self.targets[life.id]), life)

    def _shaped_as_seen(
        self, value: torch.Tensor, life: Lifetime
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A gradient that the student keeps once where the tensor needs it along a dimension is
        taken so.
        """
        seen = self.observed.get(life.id)
        if seen is None or seen.numbers is None:
            return value, value
        shape, dtype = list(seen.numbers.shape), seen.numbers.dtype
        theirs = value.to(dtype) if dtype.is_floating_point else value
        if squeezed(shape) == squeezed(list(value.shape)):
            return theirs.reshape(shape), value
        if len(shape) == value.dim() and all(a in (1, b) for a, b in zip(shape, value.shape, strict=True)):
            index = tuple(slice(0, size) for size in shape)
            return theirs[index].clone(), value[index].expand(value.shape).clone()
        return theirs, value

    def _ordinary(
        self, wiring: Wiring, lives: Sequence[Lifetime], sources: Iterable[Lifetime]
    ) -> dict[int, Question]:
        """The ordinary run again, by pass: leaves and upstream as they were."""
        found: dict[int, Question] = {}
        passes = {seen.pass_id for life in lives if (seen := self.observed.get(life.id)) is not None}
        for number in sorted(passes & self.seen.passes.keys()):
            during = self.seen.passes[number]
            bound: dict[Definition, torch.Tensor] = {}
            for life in lives:
                leaves = self.formulas.leaves(self.study.definitions[life.id])
                for definitions in leaves.values():
                    for definition in definitions:
                        if (value := self.wirings.value(definition, during)) is not None:
                            bound[definition] = value
            for source in sources:
                seen = self.observed.get(source.id)
                if seen is not None and seen.numbers is not None:
                    bound[self.study.definitions[source.id]] = seen.numbers
            for definition in self._grads(lives):
                network = self.reference(wiring, number)
                target = self._tensor_of(definition)
                if network is not None and target in network.gradients:
                    bound[definition] = network.gradients[target]
            here = [
                self.study.definitions[life.id]
                for life in lives
                if (o := self.observed.get(life.id)) is not None and o.pass_id == number
            ]
            found[number] = Question(f"pass {number}", bound, here)
        return found

    def reference(self, wiring: Wiring, number: int) -> Network | None:
        """Forward.py at the student's own leaves."""
        found = self.oracle.network(self.wirings.inputs(wiring, self.seen.passes[number]))
        return found if isinstance(found, Network) else None

    def judged_passes(self) -> dict[int, JudgedPass]:
        """Every forward pass of the ordinary run, held against forward.py at its own leaves."""
        wirings: dict[int, Wiring] = {}
        for each in self.seen.observed:
            if each.lifetime in self.wiring:
                wirings.setdefault(each.pass_id, self.wiring[each.lifetime])
        return {
            number: judge_pass(self.oracle, each, self.wirings.inputs(wirings.get(number, ()), each))
            for number, each in self.seen.passes.items()
        }

    def has_slip(self, life: Lifetime) -> bool:
        """Whether the forward pass of a lifetime deviates somewhere."""
        return bool(self.slips.get(self.wiring.get(life.id, ())))

    def raised(self, life: Lifetime) -> bool:
        """Whether a lifetime has no value because a statement of its cell raised."""
        site = life.settle
        return site is not None and any(
            cell.index == site.cell and cell.status == "error" for cell in self.seen.cells
        )

    def changed_through(self, life: Lifetime) -> Lifetime | None:
        """A later gradient that is the same tensor, and was changed in place."""
        for other in self.lives:
            if other.id <= life.id or len(other.writes) < 2:
                continue
            first = next(self.study.definitions[other.id].formula.statements, None)
            value = first.assigns.get(other.name) if first is not None else None
            if viewed(value) == life.name:
                return other
        return None

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
        standing = [e for e in engine if self._tensor_of(e) in edge - {target}]
        copied = len(standing) < len(engine) or any(
            self.formulas.asks_engine(each.formula)
            for each in stretch
            if self._of_formula.get(id(each.formula)) not in upstream
        )
        path = [f for f in upstream if self.targets[f.id] not in self.assignment.parameters]
        given = [
            {self.targets[f.id]: self._cotangent(draw, f)[1] for f in path}
            | {self._tensor_of(e): draw.cotangent(self._tensor_of(e)) for e in standing}
            for draw in draws
        ]
        rests = bool(upstream or standing) or self.formulas.rests_on_leaf(definition)
        inner = {id(f.formula) for f in stretch}
        known = StepFinding(
            step="unknown",
            upstream=(*names, *(self._tensor_of(e) for e in standing)),
            sources=tuple(f.id for f in upstream),
            temporaries=tuple(
                other.id
                for other in self.lives
                if id(self.study.definitions[other.id].formula) in inner
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
        if reading == "right":
            return replace(known, step="right")
        if reading == "zero path":
            return replace(known, step="wrong", coincides=True, evidence=evidence)
        why = self._incomplete(stretch) or next(
            (v for v in [*evidence.cut, *evidence.full] if isinstance(v, str)), None
        )
        if why is not None or reading == "unknown":
            return replace(known, why=why or "no network to try it on")
        slipped = self._in_stretch(self.wiring[life.id], evidence)
        return replace(
            known, step="wrong", constant=not evidence.rests, slipped=slipped, evidence=evidence
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

    def _beyond(self, target: str) -> frozenset[str]:
        """Forward tensors that rest on a target."""
        reached, pending = set(), [target]
        while pending:
            more = self.assignment.forward.consumers(pending.pop()) - reached
            reached |= more
            pending += more
        return frozenset(reached)

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
            and all(isinstance(v, torch.Tensor) and not v.any() for v in self.full.get(life.id, ["?"]))
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


def _shaped(own: Sequence[Computed], value: torch.Tensor) -> torch.Tensor:
    """A tensor in the shape that the student's own has."""
    if own and isinstance(own[0], torch.Tensor) and own[0].numel() == value.numel():
        return value.reshape(own[0].shape)
    return value


def _same(value: torch.Tensor, seen: torch.Tensor) -> bool:
    value, seen = value.double(), seen.double()
    scale = float(seen.abs().nan_to_num(0.0, 0.0, 0.0).max()) if seen.numel() else 0.0
    return torch.allclose(value, seen, rtol=1e-4, atol=1e-5 * scale + 1e-12, equal_nan=True)


def _factor(values: Sequence[Any], expected: Sequence[torch.Tensor]) -> float | None:
    """The one number by which all values are off; None if it is none."""
    ratios = [
        float(value) / float(wanted)
        for value, wanted in zip(values, expected, strict=True)
        if isinstance(value, torch.Tensor) and value.numel() == 1 and float(wanted)
    ]
    if len(ratios) != len(values) or not ratios or not ratios[0]:
        return None
    return ratios[0] if all(abs(r - ratios[0]) <= 1e-4 * abs(ratios[0]) for r in ratios) else None


def _first_observed(observed: Iterable[Observed]) -> dict[int, Observed]:
    """Lifetime → what it settled at first."""
    found: dict[int, Observed] = {}
    for each in observed:
        if each.lifetime is not None and not each.end:
            found.setdefault(each.lifetime, each)
    return found
