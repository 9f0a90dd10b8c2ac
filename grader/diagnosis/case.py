"""A context made ready for the hypotheses: float64, cotangents in the shape of their tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from itertools import chain

import msgspec
import torch

from grader.diagnosis.context import Context
from grader.diagnosis.masks import masks
from grader.diagnosis.match import ABSOLUTE, ROUNDING, same
from grader.diagnosis.reading import Reading, read
from grader.marking.comparison import squeezed

LOSS = "loss"
ZERO = torch.zeros((), dtype=torch.float64)


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One consumer's part of the step, with all other parts taken to be right."""

    name: str
    """The consumer Y."""
    student: torch.Tensor
    """What is left of the student's dX without the other parts; X's shape."""
    right: torch.Tensor
    """What the part should be; X's shape."""
    whole: bool
    """It is the only part."""


class Case:
    """Derived data of one context, computed once and read by many hypotheses."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.target = context.target
        self.raw = context.student.detach().double()
        self.expected = context.expected.detach().double()
        self.index = {k: v for k, v in context.index.items() if v.dim() and not _is_real(v)}

    @property
    def usable(self) -> bool:
        """Whether there are numbers to reason about."""
        both = (self.raw, self.expected)
        return all(t.numel() > 0 and bool(torch.isfinite(t).all()) for t in both)

    @property
    def right(self) -> bool:
        """There is nothing to explain."""
        return self.student is not None and same(self.student, self.expected)

    @property
    def shapes(self) -> dict[str, list[int]]:
        """Evidence: the student's shape and X's."""
        return {"shape": list(self.raw.shape), "expected_shape": list(self.expected.shape)}

    @cached_property
    def student(self) -> torch.Tensor | None:
        """The student's value in X's shape; None if more differs than dimensions of size 1."""
        shape = self.expected.shape
        if squeezed(list(self.raw.shape)) != squeezed(list(shape)):
            return None
        return self.raw.reshape(shape)

    @cached_property
    def floor(self) -> float:
        """Rounding error of a difference of parts."""
        return ROUNDING * float(self.raw.abs().max())

    @cached_property
    def tensors(self) -> dict[str, torch.Tensor]:
        """Real-valued forward tensors and inputs with at least one dimension; masked scores, which
        are infinite here and there, are in no product.
        """
        tensors = {k: v for k, v in self.context.tensors.items() if v.dim() and _is_real(v)}
        return {k: v.detach().double() for k, v in tensors.items() if bool(v.isfinite().all())}

    @cached_property
    def cotangents(self) -> dict[str, torch.Tensor]:
        """Cotangents in their tensors' shapes; one that cannot be reshaped is left out."""
        found = {}
        for name, value in self.context.cotangents.items():
            shape = self.shape_of(name)
            if shape is not None and math.prod(shape) == value.numel():
                found[name] = value.detach().double().reshape(shape)
        return found

    @cached_property
    def contributions(self) -> dict[str, torch.Tensor]:
        """Consumer → its share of `expected`, read by the student or not, where it has one.

        What the loss and a single read consumer get by way of unread ones counts for those.
        """
        unread = self._shares(self.context.consumers)
        read = self._shares(self.context.paths)
        if unread:
            read.pop(LOSS, None)
            read = dict.fromkeys(read, self._rest) if len(read) == 1 and not self.jumps else read
        return read | unread

    @cached_property
    def jumps(self) -> bool:
        """The student took none of the direct ways back: all of dX comes by unread consumers."""
        beyond = float(self._rest.abs().max()) > ABSOLUTE * float(self.expected.abs().max())
        return bool(self.context.consumers) and not beyond

    @cached_property
    def _rest(self) -> torch.Tensor:
        """What `expected` has besides the shares of unread consumers."""
        return self.expected - sum(self._shares(self.context.consumers).values(), start=ZERO)

    def _shares(self, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        shape = self.expected.shape
        doubles = {k: v.detach().double().reshape(shape) for k, v in given.items()}
        return {k: v for k, v in doubles.items() if bool(v.any())}

    @cached_property
    def terms(self) -> list[Term]:
        """The step part by part; nothing if the shapes do not fit."""
        student = self.student
        if student is None:
            return []
        return [
            Term(
                name=name,
                student=student - (self.expected - share),
                right=share,
                whole=len(self.contributions) == 1,
            )
            for name, share in self.contributions.items()
        ]

    @cached_property
    def results(self) -> list[Term]:
        """All of dX, without a name where it comes several ways, then part by part."""
        student, terms = self.student, self.terms
        if student is None or (len(terms) == 1 and terms[0].whole):
            return terms
        return [Term(name="", student=student, right=self.expected, whole=True), *terms]

    @cached_property
    def fused(self) -> bool:
        """The student went past a direct consumer: several steps were derived in one go."""
        return bool(self.context.consumers)

    @cached_property
    def parts(self) -> list[Term]:
        """The terms; where the shapes do not fit, the value as it is, for each of them."""
        if self.student is not None:
            return self.terms
        whole = len(self.contributions) == 1
        return [
            Term(name=name, student=self.raw, right=share, whole=whole)
            for name, share in self.contributions.items()
        ]

    @cached_property
    def candidates(self) -> dict[str, torch.Tensor]:
        """What may be a factor: forward tensors, and masks of picked positions."""
        tensors = {name: t for name, t in self.tensors.items() if name != self.target}
        own = self.tensors.get(self.target)
        # X last but one: where X and a tensor made from it fit alike, the other reads better.
        return tensors | ({} if own is None else {self.target: own}) | self.masks

    @cached_property
    def masks(self) -> dict[str, torch.Tensor]:
        """Positions of X that the forward pass picks."""
        return masks(self.target, self.tensors.get(self.target), self.index)

    @cached_property
    def readings(self) -> list[tuple[str, torch.Tensor, Reading]]:
        """Consumer, its share, and how it is put together, where its cotangent is known."""
        shape = self.expected.shape
        found = (
            (name, share, read(self.candidates, shape, name, self.cotangents[name], share))
            for name, share in self.contributions.items()
            if name in self.cotangents
        )
        return [(name, share, reading) for name, share, reading in found if reading is not None]

    @cached_property
    def read_terms(self) -> list[tuple[Term, Reading]]:
        """Terms with their readings."""
        readings = {name: reading for name, _, reading in self.readings}
        return [(term, readings[term.name]) for term in self.terms if term.name in readings]

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Numbers that a constant may be made of: `n`, and the sizes of dimensions."""
        named = {
            name: int(value)
            for name, value in self.context.tensors.items()
            if not value.dim() and float(value) == int(value) and int(value) > 1
        }
        shapes = [self.expected.shape, *(t.shape for t in self.cotangents.values())]
        for size in dict.fromkeys(chain.from_iterable(shapes)):
            if size > 1 and size not in named.values():
                named[str(size)] = size
        return named

    def shape_of(self, name: str) -> torch.Size | None:
        """Shape of a forward tensor."""
        tensor = self.context.tensors.get(name)
        return None if tensor is None else tensor.shape


def _is_real(value: torch.Tensor) -> bool:
    return value.is_floating_point()
