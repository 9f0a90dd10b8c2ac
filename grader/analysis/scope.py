"""Scopes: which definitions of a name reach a statement, and which gradients flow in."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.analysis.effort import Effort
from grader.analysis.expression import (
    LOOKUPS,
    asks_engine,
    body,
    calls,
    free_reads,
    object_reads,
    reads,
)
from grader.analysis.lifetime import Lifetime, Upstream

Flow = frozenset[Upstream]
NOTHING: Flow = frozenset()


class Source(NamedTuple):
    """What is known of the right side of an assignment where it stands."""

    flow: Flow
    from_forward: bool
    """Depends on a forward tensor."""
    from_engine: bool
    """May come from the autograd engine."""
    opaque: bool
    """Gradients may flow in unseen."""


class Scope:
    """Names of a module or function body, in the order in which statements are walked.

    A d-name flows as itself; a temporary as the union of what flowed into it; a call
    of a function that the student defined as its arguments and its free variables.
    """

    def __init__(
        self,
        gradients: Mapping[str, str],
        tensors: Mapping[str, str],
        effort: Effort,
        parent: Scope | None = None,
        function: str | None = None,
    ) -> None:
        self.gradients = gradients
        self.tensors = tensors
        self.effort = effort
        self.parent = parent
        outer: str | None = parent.function if parent else None
        self.function: str | None = outer or function
        self.temporaries: dict[str, Flow] = {}
        self.from_forward: dict[str, bool] = {}
        self.lifetimes: dict[str, Lifetime] = {}
        self.functions: dict[str, ast.AST] = {}
        self.from_engine: set[str] = set()
        self.objects: set[str] = set()
        """Names whose value may hold gradients in ways that are not followed: instances of the
        student's classes, dictionaries and lists that were filled in place."""
        self.globals: frozenset[str] = frozenset()
        """Names that a `global` statement gives to the module."""
        self.reading = -1
        self.noted: set[str] = set()

    def begin(self, reading: int) -> None:
        """From here on reads belong to another statement."""
        self.reading = reading
        self.noted = set()

    def owner(self, name: str) -> Scope:
        """The scope in which an assignment of a name binds it."""
        scope = self
        while name in self.globals and scope.parent is not None:
            scope = scope.parent
        return scope

    def _outward(self) -> Iterator[Scope]:
        """Itself and the scopes around it, from the inside."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def lifetime(self, name: str) -> Lifetime | None:
        """The lifetime that a d-name has here, the enclosing scopes' included."""
        found = (scope.lifetimes[name] for scope in self._outward() if name in scope.lifetimes)
        return next(found, None)

    def flow(self, node: ast.AST | None) -> Flow:
        """Gradients whose values flow into an expression."""
        flows = [self._read(read.name, grad=read.grad) for read in reads(node)]
        flows += [self._free(called) for called in self._called(node)]
        return self._union(flows)

    def _union(self, flows: Sequence[Flow]) -> Flow:
        self.effort.spend(len(flows) + sum(map(len, flows)))
        return NOTHING.union(*flows)

    def _read(self, name: str, *, grad: bool) -> Flow:
        if grad:
            target = self.tensors.get(name)
            return self._upstream(target, None, f"{name}.grad") if target else NOTHING
        if name in self.gradients:
            life = self.lifetime(name)
            return self._upstream(self.gradients[name][1:], life.id if life else None, name)
        return self._temporary(name)

    def _upstream(self, target: str, lifetime: int | None, name: str) -> Flow:
        self.noted.add(name)
        return frozenset({Upstream(target, lifetime, self.reading, name)})

    def _temporary(self, name: str) -> Flow:
        found = (scope.temporaries[name] for scope in self._outward() if name in scope.temporaries)
        return next(found, NOTHING)

    def _called(self, node: ast.AST | None) -> list[ast.AST]:
        """Bodies of the student's own functions and classes that an expression calls."""
        names = calls(node)
        self.effort.spend(len(names))
        return [found for name in names if (found := self._function(name)) is not None]

    def _function(self, name: str) -> ast.AST | None:
        found = (scope.functions[name] for scope in self._outward() if name in scope.functions)
        return next(found, None)

    def _free(self, function: ast.AST) -> Flow:
        """What flows through free variables of a function of the student's own."""
        return self._union([self._read(name, grad=False) for name in free_reads(function)])

    def source(self, node: ast.AST | None) -> Source:
        """The right side of an assignment."""
        names = [read.name for read in reads(node)]
        self.effort.spend(len(names))
        return Source(
            self.flow(node),
            any(name in self.tensors or self._is_from_forward(name) for name in names),
            asks_engine(node) or any(name in self.from_engine for name in names),
            self.opaque(node),
        )

    def write(self, name: str, source: Source, *, update: bool) -> None:
        """A temporary or forward tensor receives a value, or has something put into it."""
        self.assign(name, source.flow, keep=update)
        self.from_forward[name] = source.from_forward
        if source.from_engine:
            self.from_engine.add(name)
        if source.opaque or (update and source.flow):
            self.objects.add(name)
        elif not update:
            self.objects.discard(name)

    def assign(self, name: str, flow: Flow, *, keep: bool = False) -> None:
        """A name's flow; `keep` adds to what flowed into it before."""
        known = self._temporary(name) if keep else NOTHING
        self.owner(name).temporaries[name] = self._union([flow, known])

    def opaque(self, node: ast.AST | None) -> bool:
        """Whether gradients may flow into an expression unseen: through an object's state,
        a container, a look-up by name, or functions that call one another.
        """
        self.effort.spend(len(reads(node)) + len(object_reads(node)))
        if any(self._is_object(read.name) for read in reads(node)):
            return True
        return self._looks_up(object_reads(node)) or any(map(self._tangled, self._called(node)))

    def _looks_up(self, roots: frozenset[str]) -> bool:
        return any(name in LOOKUPS or self._is_object(name) for name in roots)

    def _is_object(self, name: str) -> bool:
        return any(name in scope.objects for scope in self._outward())

    def _tangled(self, function: ast.AST) -> bool:
        """Whether what a function hands back cannot be told from its `return` statements."""
        text = body(function)
        self.effort.spend(len(text.reads) + len(text.objects))
        if isinstance(function, ast.ClassDef) or text.shares or self._called(function):
            return True
        return any(map(self._is_object, text.reads)) or self._looks_up(text.objects)

    def _is_from_forward(self, name: str) -> bool:
        known = (scope for scope in self._outward() if name in scope.from_forward)
        return next((scope.from_forward[name] for scope in known), False)
