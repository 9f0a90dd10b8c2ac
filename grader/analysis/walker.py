"""The walk through a submission's statements, in notebook order, that finds lifetimes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from grader.analysis.effort import MAX_LIFETIMES, Effort, TooIntricateError
from grader.analysis.expression import nodes, reads
from grader.analysis.lifetime import ForwardWrite, Lifetime, Path, Program, Reading, Site
from grader.analysis.scope import NOTHING, Scope, Source
from grader.analysis.settle import settle_of
from grader.analysis.statement import (
    Write,
    blocks,
    expressions,
    shared_name,
    starts_engine,
    updated,
    writes,
)
from grader.analysis.suspicion import Suspicion, suspicions

MAX_SUSPICIONS = 30
LOOPS = (ast.For, ast.While, ast.AsyncFor)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Names:
    """What the assignment calls things, as students spell them."""

    def __init__(
        self,
        gradients: Mapping[str, str],
        tensors: Mapping[str, str],
        loop_parameters: Iterable[str],
        parameters: Iterable[str],
    ) -> None:
        self.gradients = gradients
        self.tensors = tensors
        self.loop_parameters = frozenset(loop_parameters)
        self.parameters = frozenset(parameters)


class Walker:
    """Collects lifetimes, forward statements and loops of one submission."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.effort = Effort()
        self.cell = 0
        self.lifetimes: list[Lifetime] = []
        self.forwards: list[ForwardWrite] = []
        self.all_loops: list[Site] = []
        self.limits: list[tuple[Site, str]] = []
        self.readings: list[Reading] = []
        self.engine: list[Site] = []
        self.suspicions: dict[tuple[str, str], Suspicion] = {}
        self.orphans: set[str] = set()
        self.module = Scope(names.gradients, names.tensors, self.effort)
        self._loop_variables: set[str] = set()
        # Loops by their number in `all_loops`, outer ones first.
        self._loops: tuple[int, ...] = ()
        self._forward_in: set[int] = set()
        self._updated_in: set[int] = set()
        self._derived_in: set[int] = set()
        """Loops in which a gradient is begun."""
        self._loops_of: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        """Lifetime → loops around its first and its last write."""

    def walk_cell(self, index: int, tree: ast.Module) -> None:
        """Walk one cell; cells must come in notebook order. Raises TooIntricateError."""
        self.effort.spend(sum(1 for _ in ast.walk(tree)))
        self.cell = index
        for each in suspicions(index, tree):
            self.suspicions.setdefault((each.code, each.name), each)
        self._block(tree.body, (("body", -1),), self.module)

    def program(self) -> Program:
        """Everything found, once all cells were walked."""
        iterating = self._derived_in & (self._forward_in | self._updated_in)
        training = iterating & self._updated_in
        for life in self.lifetimes:
            life.settle = settle_of(life)
            first, last = self._loops_of[life.id]
            life.begun_before_loop = bool(iterating & (set(last) - set(first)))
            life.loop = self._loop_around(life.settle, [n for n in last if n in training])
        counts: dict[str, int] = {}
        for life in self.lifetimes:
            if life.function is not None:
                counts[life.function] = counts.get(life.function, 0) + 1
        return Program(
            lifetimes=tuple(self.lifetimes),
            forwards=tuple(self.forwards),
            readings=tuple(self.readings),
            engine=tuple(self.engine),
            suspicions=tuple(self.suspicions.values())[:MAX_SUSPICIONS],
            orphans=frozenset(self.orphans),
            loops=tuple(self.all_loops[number] for number in sorted(iterating)),
            limits=tuple(self.limits),
            bystanders=self._bystanders(),
            functions=tuple(sorted(counts, key=lambda name: -counts[name])),
            defined=frozenset(
                name
                for name, node in self.module.functions.items()
                if not isinstance(node, ast.ClassDef)
            ),
        )

    def _bystanders(self) -> tuple[str, ...]:
        """Variables of the notebook itself that may hold a gradient under another name."""
        known = self.names.gradients.keys() | self.names.tensors.keys()
        names = self.module.temporaries.keys() - known - self.module.from_engine
        return tuple(sorted(name for name in names if not name.startswith("_")))

    def _loop_around(self, site: Site, numbers: Iterable[int]) -> Site | None:
        """The outermost of the loops around a last write that is also around `site`."""
        loops = (self.all_loops[number] for number in numbers)
        return next((loop for loop in loops if len(loop.path) < len(site.path)), None)

    def _block(self, statements: list[ast.stmt], base: Path, scope: Scope) -> None:
        self.effort.statements(len(statements))
        for index, node in enumerate(statements):
            path = (*base[:-1], (base[-1][0], index))
            site = Site(
                cell=self.cell, path=path, line=node.lineno, end_line=node.end_lineno or node.lineno
            )
            self._statement(node, site, scope)

    def _statement(self, node: ast.stmt, site: Site, scope: Scope) -> None:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            self._definition(node, site, scope)
            return
        self._note(node, site, scope)
        around = self._loops
        if isinstance(node, LOOPS):
            self._loops = (*around, len(self.all_loops))
            self.all_loops.append(site)
        if isinstance(node, ast.For | ast.AsyncFor):
            self._loop_head(node, scope)
        for way, statements in blocks(node):
            self._block(statements, (*site.path, *way), scope)
        self._loops = around

    def _loop_head(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        flow, opaque = scope.flow(node.iter), scope.opaque(node.iter)
        for part in nodes(node.target):
            if isinstance(part, ast.Name):
                scope.assign(part.id, flow)
                if opaque:
                    scope.objects.add(part.id)
                self._loop_variables.add(part.id)

    def _definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, site: Site, scope: Scope
    ) -> None:
        scope.functions[node.name] = node
        inner = Scope(scope.gradients, scope.tensors, self.effort, scope, node.name)
        if not isinstance(node, ast.ClassDef):
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    inner.temporaries[argument.arg] = NOTHING
        declared = (part.names for part in ast.walk(node) if isinstance(part, ast.Global))
        inner.globals = frozenset(name for names in declared for name in names)
        self._block(node.body, (*site.path, ("body", -1)), inner)

    def _note(self, node: ast.stmt, site: Site, scope: Scope) -> None:
        """One simple statement, or the head of a compound one."""
        scope.begin(len(self.readings))
        self._writes(node, site, scope)
        for expression in expressions(node):
            scope.flow(expression)  # what is read without being written anywhere counts too
        if scope.noted:
            names = tuple(sorted(scope.noted))
            self.readings.append(Reading(id=len(self.readings), site=site, names=names))
            unknown = (n for n in names if n in self.names.gradients and not scope.lifetime(n))
            self.orphans.update(unknown)
        if starts_engine(node):
            self.engine.append(site)

    def _writes(self, node: ast.stmt, site: Site, scope: Scope) -> None:
        if self._updates(updated(node)):
            self._updated_in.update(self._loops)
        tensors: list[str] = []
        root = True
        sources: dict[int, Source] = {}
        for write in writes(node):
            # Of `a, b, c = f(x)` and `a = b = c = f(x)` the right side is looked at once.
            source = sources.get(id(write.value)) or scope.source(write.value)
            sources[id(write.value)] = source
            if write.name in self.names.gradients:
                self._gradient(write, site, scope, source)
                continue
            if write.name in self.names.tensors and write.kind == "assign":
                tensors.append(write.name)
                root = root and not source.from_forward
            scope.write(write.name, source, update=write.kind == "update")
            if write.name in self.names.loop_parameters:
                self.limits.append((site, write.name))
        if tensors:
            root = root or not self.forwards
            self.forwards.append(ForwardWrite(site=site, names=tuple(tensors), root=root))
            self._forward_in.update(self._loops)

    def _updates(self, name: str | None) -> bool:
        """Whether a step of gradient descent changes what is called so."""
        return name is not None and (
            not name or name in self.names.parameters or name in self._loop_variables
        )

    def _gradient(self, write: Write, site: Site, scope: Scope, source: Source) -> None:
        if isinstance(write.value, ast.Constant) and write.value.value is None:
            return  # a placeholder neither starts nor ends a lifetime
        own = any(not r.grad and r.name == write.name for r in reads(write.value))
        current = scope.lifetime(write.name)
        fresh = write.kind == "assign" and not own
        if fresh or current is None:
            current = self._begin(write, scope, fresh=fresh)
        if current.function != scope.function:
            current.hidden = True  # a helper writes it: when is not visible here
            return
        current.opaque = current.opaque or source.opaque
        current.writes.append(site)
        current.upstream |= {up for up in source.flow if up.lifetime != current.id}
        first, _ = self._loops_of.get(current.id, (self._loops, ()))
        self._loops_of[current.id] = first, self._loops

    def _begin(self, write: Write, scope: Scope, *, fresh: bool) -> Lifetime:
        """Another lifetime of a d-name."""
        if len(self.lifetimes) == MAX_LIFETIMES:
            raise TooIntricateError(f"more than {MAX_LIFETIMES:,} assignments of gradients")
        life = Lifetime(
            id=len(self.lifetimes),
            name=write.name,
            target=self.names.gradients[write.name][1:],
            function=scope.function,
            writes=[],
            upstream=set(),
            fresh=fresh,
        )
        alias = scope.lifetime(shared_name(write.value) or "") if fresh else None
        life.alias_of = alias.id if alias else None
        self.lifetimes.append(life)
        scope.owner(write.name).lifetimes[write.name] = life
        if fresh:
            self._derived_in.update(self._loops)
        return life
