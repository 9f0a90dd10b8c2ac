"""An assignment examined by running its forward script on drawn inputs: whatever would make marks
wrong, or leave a class ungraded, is said before anything is graded.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import re
import traceback
from collections.abc import Iterator
from functools import cached_property

import msgspec
import torch

from grader.assignment import Assignment
from grader.assignment.loader import MANIFEST
from grader.errors import AssignmentError
from grader.reference.oracle import Oracle
from grader.reference.script import ForwardRun
from grader.reference.survey import surveyed
from grader.reference.ties import tied

ROUNDING = 1e-6
SEEDED = 'make what is drawn an input (kind = "data"), or draw it from a generator with a seed'

TIED = "`{}` has several right gradients, for its elements tie for a maximum"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with an assignment: where, what, and how it is mended."""

    where: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.cure}"


def examined(assignment: Assignment) -> Assignment:
    """The assignment with what runs have shown of its forward script.

    Raises AssignmentError with the first fault: nothing is graded by a faulty assignment.
    """
    if not assignment.scripted:
        return assignment  # there is no forward script
    examination = ForwardExamination(assignment.of_kind("script"))
    faults = examination.faults
    if faults:
        more = len(faults) - 1
        rest = f" ({more} more: grader assignment check {assignment.folder})" if more else ""
        raise AssignmentError(f"{faults[0]}{rest}")
    forward = examination.surveyed.forward
    seen: Assignment = msgspec.structs.replace(assignment, forward=forward)
    return seen


class ForwardExamination:
    """One look at an assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.spec = assignment.spec
        self.script = assignment.forward
        self._lines = _lines(assignment)

    @cached_property
    def faults(self) -> list[Fault]:
        """All that can be told; after one that ends the script there is nothing more to tell."""
        return [*self._manifest(), *self._forward()]

    @cached_property
    def surveyed(self) -> Assignment:
        """The assignment as a run has shown it; only where there are no faults."""
        return surveyed(self.assignment, self._oracle, self._runs[0])

    @cached_property
    def remarks(self) -> list[str]:
        """What is no fault and worth knowing; only where there are no faults."""
        found = [
            f"the gradient of `{name}` is zero, whatever the parameters are: zeros earn its points"
            for name in dict.fromkeys(self.assignment.targets)
            if all(vanishes(gradients[name]) for gradients in self._gradients)
        ]
        found += [f"{TIED.format(name)}: take it out of `targets`" for name in self.tied]
        read = frozenset().union(*(step.reads for step in self.script.steps))
        unread = [name for name in self.spec.inputs if name not in read]
        return found + [f"the input `{name}` is read nowhere in {self._path}" for name in unread]

    @cached_property
    def tied(self) -> list[str]:
        """Targets with several right gradients; only where there are no faults."""
        oracle, targets = self._oracle, dict.fromkeys(self.assignment.targets)
        found: set[str] = set()
        for run in self._runs:
            found |= set(
                tied(oracle.code, run.inputs, targets, self.spec.loss, self.assignment.parameters)
            )
        return [name for name in targets if name in found]

    # ---- assignment.toml ------------------------------------------------------------------------

    def _manifest(self) -> Iterator[Fault]:
        for name, leaf in self.spec.inputs.items():
            if leaf.kind == "constant" and leaf.value is None:
                cure = "add `value`, with which examples are drawn"
                yield self._fault(f"inputs.{name}", "a constant without `value`", cure)
            if leaf.kind == "index" and leaf.low >= leaf.high:
                what = f"`low` is {leaf.low}, and `high` is {leaf.high}"
                yield self._fault(f"inputs.{name}", what, "`high` has to be greater than `low`")
            sized = self.spec.inputs.get(leaf.size_of or "")
            if sized is not None and leaf.value is not None and sized.shape[:1] != [leaf.value]:
                first = sized.shape[0] if sized.shape else "none"
                what = f"`value` is {leaf.value}, the first size of `{leaf.size_of}` is {first}"
                yield self._fault(f"inputs.{name}", what, "make them the same")
        yield from self._twice("gradient_aliases", self.spec.gradient_aliases)
        yield from self._twice("tensor_aliases", self.spec.tensor_aliases)
        yield from self._twice("inputs", {n: leaf.aliases for n, leaf in self.spec.inputs.items()})
        yield from self._twice("markers", {e.id: e.markers for e in self.spec.exercises})

    def _twice(self, table: str, aliases: dict[str, list[str]]) -> Iterator[Fault]:
        """One spelling that stands for two things."""
        meant: dict[str, str] = {name: name for name in aliases}
        for name, others in aliases.items():
            for other in others:
                if meant.setdefault(other, name) != name:
                    what = f"`{other}` stands for `{meant[other]}` and for `{name}`"
                    yield self._fault(table, what, "take it out of one of them")

    def _fault(self, key: str, what: str, cure: str) -> Fault:
        return Fault(f"{self.assignment.folder / MANIFEST}: {key}", what, cure)

    # ---- forward.py -----------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return self.script.path

    @cached_property
    def _oracle(self) -> Oracle:
        return Oracle(self.assignment)

    def _forward(self) -> Iterator[Fault]:
        try:
            runs = self._runs
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the instructor's script may raise anything
            yield self._raised(error)
            return
        loss = list(self._loss(runs[0]))
        yield from loss
        if loss:
            return
        yield from self._chance(runs[0])
        faults = list(self._targets(runs[0]))
        yield from faults or self._upstream()

    @cached_property
    def _runs(self) -> list[ForwardRun]:
        """Runs at two draws of the inputs."""
        return [self._run(seed) for seed in (0, 1)]

    def _run(self, seed: int) -> ForwardRun:
        leaves = {
            name: value.item() if self.spec.inputs[name].kind == "constant" else value
            for name, value in self._oracle.example(seed).items()
        }
        return self._oracle.run(leaves)

    def _raised(self, error: BaseException) -> Fault:
        """What the script raised, at its line."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == self._path]
        line = frames[-1].lineno if frames else None
        text = str(error).splitlines()[0][:200] if str(error) else ""
        what = f"it raises {type(error).__name__}{': ' if text else ''}{text}"
        return Fault(f"{self._path}:{line}" if line else self._path, what, self._cure(error, line))

    def _cure(self, error: BaseException, line: int | None) -> str:
        if isinstance(error, NameError) and (found := re.search(r"name '(\w+)'", str(error))):
            known = [*self.spec.inputs, *self.script.tensors, *dir(builtins)]
            near = difflib.get_close_matches(found[1], known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "it is no input and assigned nowhere."
            return f"{hint} Inputs stand in assignment.toml under [inputs.{found[1]}]"
        if isinstance(error, AttributeError) and error.name is not None:
            near = difflib.get_close_matches(error.name, dir(error.obj), n=1)
            return f"did you mean `{near[0]}`?" if near else "look up its name"
        if isinstance(error, ImportError):
            return "install it where you grade, or write the line without it"
        if "leaf Variable that requires grad" in str(error):
            return "a parameter may not be changed in place: give the result a name of its own"
        shapes = ", ".join(
            f"{name} {leaf.shape}" + (f" below {leaf.high}" if leaf.kind == "index" else "")
            for name, leaf in self.spec.inputs.items()
            if leaf.kind != "constant" and self._reads(line, name)
        )
        if shapes:
            return f"do the inputs fit it, as assignment.toml has them? {shapes}"
        return "mend the line, or the inputs in assignment.toml that lead to it"

    def _reads(self, line: int | None, name: str) -> bool:
        lines = self.script.source.splitlines()
        text = lines[line - 1] if line is not None and line <= len(lines) else ""
        return re.search(rf"\b{re.escape(name)}\b", text) is not None

    def _loss(self, run: ForwardRun) -> Iterator[Fault]:
        name = self.spec.loss
        value = run.value(name)
        if not isinstance(value, torch.Tensor):
            what = f"the loss `{name}` is {type(value).__name__}, no tensor"
            yield self._at(name, what, "leave out `.item()` or `float()`")
        elif value.numel() != 1:
            what = f"the loss `{name}` has shape {tuple(value.shape)}, no single number"
            yield self._at(name, what, "take its mean or its sum")
        elif not value.requires_grad:
            what = f"the loss `{name}` has no gradient: no parameter reaches it"
            cure = 'give inputs kind = "parameter", and leave out `no_grad` and `detach` on the way'
            yield self._at(name, what, cure)
        elif not bool(torch.isfinite(value)):
            what = f"the loss `{name}` is {value.item()} at drawn inputs"
            yield self._at(
                name, what, "give `mean`, `scale` and `high` of the inputs values that fit"
            )

    def _chance(self, run: ForwardRun) -> Iterator[Fault]:
        """Whether the same inputs give the same numbers again, whatever was drawn before."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch.initial_seed() + 1)
            again = self._run(0)
        for name in self.script.tensors:
            one, other = run.value(name), again.value(name)
            if not isinstance(one, torch.Tensor) or not isinstance(other, torch.Tensor):
                continue
            if not torch.equal(one.nan_to_num(), other.nan_to_num()):
                what = f"`{name}` is another on the same inputs"
                yield self._at(name, what, SEEDED)
                return

    @cached_property
    def _gradients(self) -> list[dict[str, torch.Tensor]]:
        """Target → gradient, at each draw."""
        return [self._gradients_of(run) for run in self._runs]

    def _gradients_of(self, run: ForwardRun) -> dict[str, torch.Tensor]:
        names = [n for n in dict.fromkeys(self.assignment.targets) if self._tensor(run, n)]
        tensors = [self._held(run, name) for name in names]
        found = torch.autograd.grad(
            run.tensor(self.spec.loss), tensors, retain_graph=True, allow_unused=True
        )
        return {n: g for n, g in zip(names, found, strict=True) if g is not None}

    def _held(self, run: ForwardRun, name: str) -> torch.Tensor:
        found = run.inputs.get(name)
        return found if isinstance(found, torch.Tensor) else run.tensor(name)

    def _tensor(self, run: ForwardRun, name: str) -> bool:
        return name in self.assignment.parameters or run.has(name)

    def _targets(self, run: ForwardRun) -> Iterator[Fault]:
        gradients = self._gradients
        places: dict[object, str] = {}
        for name in dict.fromkeys(self.assignment.targets):
            value = run.inputs.get(name, run.value(name))
            if not isinstance(value, torch.Tensor):
                kind = "never assigned" if value is None else f"{type(value).__name__}, no tensor"
                what = f"the target `{name}` is {kind}"
                yield self._at(name, what, "take it out of `targets`, or assign it as a tensor")
            elif not value.requires_grad:
                what = f"the target `{name}` has no gradient: no parameter reaches it"
                cure = "take it out of `targets`, or leave out `no_grad`, `detach` or `.data`"
                yield self._at(name, what, cure)
            elif name not in gradients[0]:
                what = f"the target `{name}` is not on the way to the loss `{self.spec.loss}`"
                yield self._at(name, what, "take it out of `targets`, or let the loss rest on it")
            elif not bool(torch.isfinite(gradients[0][name]).all()):
                what = f"the gradient of `{name}` is not finite at drawn inputs"
                cure = "give `mean`, `scale` and `high` of the inputs values that fit"
                yield self._at(name, what, cure)
            elif (first := places.setdefault(self._place(run, name), name)) != name:
                what = f"the targets `{first}` and `{name}` are one tensor, changed in place"
                yield self._at(name, what, "name one of them, or leave out the change in place")

    def _upstream(self) -> Iterator[Fault]:
        """Gradients flow from what rests on a target, and from nothing else."""
        script = self.surveyed.forward
        for number, exercise in enumerate(self.spec.exercises):
            for target, upstream in exercise.upstream.items():
                behind, pending = {target}, [target]
                while pending:
                    more = script.consumers(pending.pop()) - behind
                    behind |= more
                    pending += more
                for name in upstream:
                    if name not in behind - {target}:
                        what = f"`{name}` does not rest on `{target}`"
                        cure = "no gradient flows from one to the other: take it out"
                        yield self._fault(f"exercises[{number}].upstream.{target}", what, cure)

    def _place(self, run: ForwardRun, name: str) -> object:
        return name if name in run.inputs else run.edge(name)

    def _at(self, name: str, what: str, cure: str) -> Fault:
        line = self._lines.get(name.partition("[")[0])
        return Fault(f"{self._path}:{line}" if line else self._path, what, cure)


def vanishes(gradient: torch.Tensor) -> bool:
    """Whether a gradient is nothing but rounding."""
    return float(gradient.abs().max()) < ROUNDING if gradient.numel() else True


def _lines(assignment: Assignment) -> dict[str, int]:
    """Name → line of its last assignment in the forward script."""
    return {
        node.id: node.lineno
        for node in ast.walk(ast.parse(assignment.forward.source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
