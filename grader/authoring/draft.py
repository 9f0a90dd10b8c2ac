"""What a notebook or script is an assignment of: inputs, forward script, targets, answers."""

from __future__ import annotations

import ast
import re
import types
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec
import torch

from grader.authoring.answers import answers
from grader.authoring.fault import DraftError
from grader.authoring.inputs import InputDraft, data, index, parameter
from grader.authoring.running import (
    Ran,
    leaves,
    named_parameters,
    ran,
    repeats,
)
from grader.authoring.sizes import numbers, sizes
from grader.authoring.statements import Piece, parts
from grader.notebook import Notebook

CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, torch.nn.Module)
LITERALS = (int, float, bool, str, type(None))


class DraftAssignment(msgspec.Struct, kw_only=True):
    """Everything that an assignment is written from."""

    inputs: dict[str, InputDraft]
    loss: str
    forward: str
    set_up: list[str]
    """Cells before the network."""
    network: list[str]
    """Cells of the forward pass."""
    targets: list[str]
    """Tensors whose gradients are answered; empty where none is, and all may be asked for."""
    answers: list[str]
    """Statements that derive them."""
    notes: list[str]
    """What was found and may surprise."""


def drafted(notebook: Notebook) -> DraftAssignment:
    """Run a file and understand it. Raises DraftError where no assignment can be made of it."""
    statements = parts(notebook)
    run = ran(statements, notebook.path if notebook.module else None)
    value = run.names.get("loss")
    if run.loss is None and isinstance(value, torch.Tensor) and value.grad_fn is not None:
        run.loss = ast.Name("loss", ast.Load())
    if run.loss is None:
        raise DraftError(
            "autograd is started nowhere: end the forward pass with `loss.backward()` on a line "
            "of its own at the top"
        )
    return _Drafting(run).draft()


class _Drafting:
    """Goes back from the loss to what it rests on."""

    def __init__(self, run: Ran) -> None:
        assert run.loss is not None
        self.run = run
        self.notes: list[str] = []
        if not isinstance(run.loss, ast.Name):
            text = f"loss = {ast.unparse(run.loss)}"
            part = Piece(run.done[-1].cell, ast.parse(text).body[0], text)
            exec(part.code(), run.names)  # noqa: S102 - the instructor's own code
            run.first[len(run.done)] = {"loss": run.names["loss"]}
            run.done.append(part)
            run.loss = ast.Name("loss", ast.Load())
        self.loss = run.loss.id
        self.inputs: dict[str, InputDraft] = {}
        self.taken: dict[int, str] = {}
        """Statement → its text in the forward script."""
        self.wrapped: dict[str, dict[str, str]] = {}
        """Module → its parameters by their dotted names, as inputs."""

    def draft(self) -> DraftAssignment:
        value = self.run.names.get(self.loss)
        if not isinstance(value, torch.Tensor) or not value.requires_grad:
            raise DraftError(f"`{self.loss}` rests on no parameter: give them requires_grad=True")
        self._parameters(value)
        self._back()
        self._sizes()
        self._repeated()
        derivation, targets = answers(self.run, self._network())
        return DraftAssignment(
            inputs={name: self.inputs[name] for name in self._ordered()},
            loss=self.loss,
            forward=self._forward(),
            set_up=[*self._cells(0, self._start), *self._unpacked()],
            network=self._cells(self._start, len(self.run.done)),
            targets=targets,
            answers=derivation,
            notes=self.notes,
        )

    def _forward(self) -> str:
        """The text of the script: what it needs, modules bound to their parameters, the network."""
        before = [self.taken[i] for i in sorted(self.taken) if i < self._start]
        network = [self.taken[i] for i in sorted(self.taken) if i >= self._start]
        return "\n".join([*before, *self._functional(), *network]) + "\n"

    def _ordered(self) -> list[str]:
        """Inputs of each kind as they come in the file."""
        place = {n: i for i, part in reversed([*enumerate(self.run.done)]) for n in part.binds}
        own = {
            name: (place[module], number)
            for module, names in self.wrapped.items()
            for number, name in enumerate(names.values())
        }
        bound = {name: number for number, name in enumerate(self.run.names)}
        where = {
            name: own.get(name) or (place.get(name, 0), bound.get(name, 0)) for name in self.inputs
        }
        return sorted(self.inputs, key=lambda n: (_ORDER[self.inputs[n].kind], where[n]))

    @cached_property
    def _start(self) -> int:
        """The first statement whose result has a gradient."""
        for number in range(len(self.run.done)):
            if any(_computed(value) for value in self.run.first[number].values()):
                return number
        return 0

    # ---- inputs ---------------------------------------------------------------------------------

    def _parameters(self, loss: torch.Tensor) -> None:
        own = {id(v): n for n, v in reversed(self.run.names.items()) if isinstance(v, torch.Tensor)}
        modules = named_parameters(self.run.names)
        several = len({module for module, _ in modules.values()}) > 1
        order = {identity: number for number, identity in enumerate(modules)}
        for leaf in sorted(leaves(loss), key=lambda leaf: order.get(id(leaf), -1)):
            if id(leaf) in own:
                name = own[id(leaf)]
            elif id(leaf) in modules:
                module, dotted = modules[id(leaf)]
                flat = dotted.replace(".", "_")
                name = f"{module}_{flat}" if several or "." not in dotted else flat
                self.wrapped.setdefault(module, {})[dotted] = name
            else:
                raise DraftError(
                    f"a parameter of shape {tuple(leaf.shape)} has no name: give each a variable "
                    "of its own, and make it a leaf (requires_grad last)"
                )
            self.inputs[name] = parameter(leaf)

    def _back(self) -> None:
        needed = {self.loss}
        for number in reversed(range(len(self.run.done))):
            part = self.run.done[number]
            needed -= self.inputs.keys()
            hit = part.binds & needed
            if isinstance(part.node, ast.Expr):  # `torch.manual_seed(0)` changes no module
                held = self.run.first[number]
                hit = frozenset(n for n in hit if not isinstance(held[n], types.ModuleType))
            if not hit:
                continue
            text = self._text(number, hit)
            if text is None:
                needed -= hit
                continue
            self.taken[number] = text
            if text.startswith(_LITERAL):
                self.taken[number] = text[len(_LITERAL) :]
                needed -= hit
                continue
            if not (part.binds & part.reads):
                needed -= part.binds
            needed |= part.reads

    def _text(self, number: int, hit: frozenset[str]) -> str | None:
        """A statement as the forward script has it; None where what it binds are inputs."""
        part, values = self.run.done[number], self.run.first[number]
        held = {name: values[name] for name in hit}
        if any(_computed(value) or _grows(value) for value in held.values()):
            return part.text  # `h = h0`: another name for a parameter is computed, too
        if all(isinstance(value, CODE) or callable(value) for value in held.values()):
            return part.text
        tensors = {n: v for n, v in held.items() if isinstance(v, torch.Tensor)}
        if tensors:
            return self._tensors(number, part, tensors)
        if all(isinstance(value, LITERALS) for value in held.values()):
            return self._numbers(number, part, held)
        if any(_holds_parameters(value) for value in held.values()):
            return part.text
        kinds = ", ".join(f"`{n}` is {type(v).__name__}" for n, v in held.items())
        raise DraftError(
            f"cell {part.cell}: the network reads what is neither tensor nor number ({kinds}): "
            "make it a tensor before the forward pass"
        )

    def _repeated(self) -> None:
        """Names that say nothing, as they stand for several tensors."""
        counts = Counter(n for i in self.taken if i >= self._start for n in self.run.done[i].binds)
        again = ", ".join(f"`{name}`" for name in self._in_order(counts) if counts[name] > 1)
        if again:
            self.notes.append(f"bound again and again, and so not asked for: {again}")

    def _functional(self) -> list[str]:
        """Lines that make modules take their parameters from the inputs."""
        lines = ["from functools import partial", "", "from torch.func import functional_call", ""]
        for module, names in self.wrapped.items():
            given = ", ".join(f'"{dotted}": {name}' for dotted, name in names.items())
            lines.append(f"{module} = partial(functional_call, {module}, {{{given}}})")
        if self.wrapped:
            calls = ", ".join(f"`{module}(…)`" for module in self.wrapped)
            self.notes.append(
                f"{calls}: modules cannot be followed in a notebook, values alone decide what "
                "is derived through them; `x @ W + b` or F.linear can be"
            )
        return lines if self.wrapped else []

    def _unpacked(self) -> list[str]:
        """A cell that gives modules' parameters names of their own."""
        lines = [
            f"{name} = {module}.{dotted}"
            for module, names in self.wrapped.items()
            for dotted, name in names.items()
        ]
        return ["\n".join(["# names for the modules' parameters", *lines])] if lines else []

    def _tensors(self, number: int, part: Piece, held: dict[str, torch.Tensor]) -> str | None:
        truth = all(value.dtype is torch.bool for value in held.values())
        again = (number > self._start or truth) and repeats(part, self.run.names)
        if again:
            return part.text
        for name, value in held.items():
            if value.dtype is torch.bool or value.is_complex():
                raise DraftError(
                    f"cell {part.cell}: `{name}` is drawn and holds {value.dtype}: make it a "
                    "tensor of floats (`.float()`), which is data of the network"
                )
            self.inputs[name] = data(value) if value.is_floating_point() else index(value)
        return None

    def _numbers(self, number: int, part: Piece, held: dict[str, Any]) -> str:
        """A number is written down, unless it is a size of a tensor or found on the way."""
        literal = isinstance(part.node, ast.Assign) and isinstance(part.node.value, ast.Constant)
        reads = [self.run.names.get(name) for name in part.reads]
        sized = any(isinstance(value, torch.Tensor) for value in reads)
        if literal or number > self._start or (sized and all(map(_plain, reads))):
            return part.text
        return _LITERAL + "\n".join(f"{name} = {held[name]!r}" for name in self._in_order(held))

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Names as they come in the file."""
        words = re.findall(r"\w+", "\n".join(part.text for part in self.run.done))
        place = {word: number for number, word in reversed([*enumerate(words)])}
        return sorted(names, key=lambda name: (place.get(name, len(words)), name))

    def _sizes(self) -> None:
        """Numbers that are sizes of batches become constants."""
        ordered = {name: self.inputs[name] for name in self._ordered()}
        for number, text in list(self.taken.items()):
            for name, batch in sizes(self.run, ordered, text):
                value = numbers(text)[name]
                self.inputs[name] = InputDraft(kind="constant", value=value, size_of=batch)
                left = [n for n in ast.parse(self.taken[number]).body if not _binds(n, name)]
                self.taken[number] = "\n".join(map(ast.unparse, left))
        self.taken = {number: text for number, text in self.taken.items() if text}

    def _network(self) -> list[str]:
        """Names that the forward script speaks of."""
        bound = {n for i in self.taken for n in self.run.done[i].binds}
        return self._in_order(bound | self.inputs.keys())

    # ---- the notebook ---------------------------------------------------------------------------

    def _cells(self, begin: int, end: int) -> list[str]:
        cells: dict[int, list[str]] = {}
        for part in self.run.done[begin:end]:
            cells.setdefault(part.cell, []).append(part.text)
        return ["\n".join(texts) for texts in cells.values()]


_LITERAL = "\0"
_ORDER = {"parameter": 0, "index": 1, "data": 2, "constant": 3}


def _computed(value: Any) -> bool:
    """Whether a value has a gradient and is no leaf, or holds such."""
    if isinstance(value, torch.Tensor):
        return value.grad_fn is not None
    if isinstance(value, list | tuple):
        return any(map(_computed, value))
    return isinstance(value, dict) and any(map(_computed, value.values()))


def _grows(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def _holds_parameters(value: Any) -> bool:
    values = value.values() if isinstance(value, dict) else value
    if not isinstance(value, list | tuple | dict):
        return False
    return all(isinstance(v, torch.Tensor | int | float) or _holds_parameters(v) for v in values)


def _plain(value: Any) -> bool:
    return isinstance(value, (torch.Tensor, *LITERALS, *CODE))


def _binds(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
