"""Scopes: which definitions of a name reach a statement, and which gradients flow in."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from grader.analysis.lifetime import Lifetime, Upstream
from grader.analysis.statement import LOOKUPS, asks_engine, nodes, object_reads, reads

Flow = frozenset[Upstream]
NOTHING: Flow = frozenset()


class Scope:
    """Names of a module or function body, in the order in which statements are walked.

    A d-name flows as itself; a temporary as the union of what flowed into it; a call
    of a function that the student defined as its arguments and its free variables.
    """

    def __init__(
        self,
        gradients: Mapping[str, str],
        tensors: Mapping[str, str],
        parent: Scope | None = None,
        function: str | None = None,
    ) -> None:
        self.gradients = gradients
        self.tensors = tensors
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
        return NOTHING.union(*flows, *self._calls(node))

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

    def _calls(self, node: ast.AST | None) -> Iterable[Flow]:
        """What flows through free variables of the student's own functions."""
        return (self._free(body) for body in self._called(node))

    def _function(self, name: str) -> ast.AST | None:
        found = (scope.functions[name] for scope in self._outward() if name in scope.functions)
        return next(found, None)

    def _free(self, body: ast.AST) -> Flow:
        bound = {
            part.id
            for part in nodes(body)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        } | {part.arg for part in nodes(body) if isinstance(part, ast.arg)}
        names = {read.name for read in reads(body)} - bound
        return NOTHING.union(*(self._read(name, grad=False) for name in names))

    def assign(self, name: str, flow: Flow, *, keep: bool = False) -> None:
        """A temporary receives a value; `keep` adds to what it held."""
        known = self._temporary(name) if keep else NOTHING
        self.owner(name).temporaries[name] = flow | known

    def note_engine(self, name: str, node: ast.AST | None) -> None:
        """Remember whether a name's value may come from the autograd engine."""
        names = {read.name for read in reads(node)}
        if asks_engine(node) or names & self.from_engine:
            self.from_engine.add(name)

    def opaque(self, node: ast.AST | None) -> bool:
        """Whether gradients may flow into an expression unseen: through an object's state,
        a container, a look-up by name, or functions that call one another.
        """
        names = {read.name for read in reads(node)}
        if any(self._is_object(name) for name in names):
            return True
        if any(name in LOOKUPS or self._is_object(name) for name in object_reads(node)):
            return True
        return any(self._tangled(body) for body in self._called(node))

    def _is_object(self, name: str) -> bool:
        return any(name in scope.objects for scope in self._outward())

    def _called(self, node: ast.AST | None) -> Iterable[ast.AST]:
        """Bodies of the student's own functions and classes that an expression calls."""
        for part in nodes(node):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
                body = self._function(part.func.id)
                if body is not None:
                    yield body

    def _tangled(self, body: ast.AST) -> bool:
        if isinstance(body, ast.ClassDef) or any(self._called(body)):
            return True
        return any(isinstance(part, ast.Global | ast.Nonlocal) for part in nodes(body)) or any(
            self.opaque(part) for part in nodes(body) if isinstance(part, ast.Return)
        )

    def reads_forward(self, node: ast.AST | None) -> bool:
        """Whether an expression depends on a forward tensor, also through temporaries."""
        return any(
            read.name in self.tensors or self._is_from_forward(read.name) for read in reads(node)
        )

    def _is_from_forward(self, name: str) -> bool:
        known = (scope for scope in self._outward() if name in scope.from_forward)
        return next((scope.from_forward[name] for scope in known), False)
