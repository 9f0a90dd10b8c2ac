"""The walk through a submission's statements, in notebook order, that finds lifetimes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from grader.analysis.lifetime import ForwardWrite, Lifetime, Path, Program, Reading, Site
from grader.analysis.scope import NOTHING, Scope
from grader.analysis.statement import (
    Write,
    blocks,
    expressions,
    reads,
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
        self.cell = 0
        self.lifetimes: list[Lifetime] = []
        self.forwards: list[ForwardWrite] = []
        self.updates: list[Site] = []
        self.all_loops: list[Site] = []
        self.limits: list[tuple[Site, str]] = []
        self.readings: list[Reading] = []
        self.engine: list[Site] = []
        self.suspicions: dict[tuple[str, str], Suspicion] = {}
        self.orphans: set[str] = set()
        self.module = Scope(names.gradients, names.tensors)
        self._loop_variables: set[str] = set()

    def walk_cell(self, index: int, tree: ast.Module) -> None:
        """Walk one cell; cells must come in notebook order."""
        self.cell = index
        for each in suspicions(index, tree):
            self.suspicions.setdefault((each.code, each.name), each)
        self._block(tree.body, (("body", -1),), self.module)

    def program(self) -> Program:
        """Everything found, once all cells were walked."""
        loops = tuple(loop for loop in self.all_loops if self._iterates(loop))
        training = [loop for loop in loops if any(_inside(s, loop) for s in self.updates)]
        for life in self.lifetimes:
            life.settle = _settle(life)
            life.begun_before_loop = any(
                _inside(life.writes[-1], loop) and not _inside(life.writes[0], loop)
                for loop in loops
            )
            life.loop = next((loop for loop in training if _inside(life.settle, loop)), None)
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
            loops=loops,
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

    def _iterates(self, loop: Site) -> bool:
        """Whether gradients are derived anew in every iteration."""
        marks = [forward.site for forward in self.forwards] + self.updates
        settles = (site for life in self.lifetimes if life.fresh for site in life.writes[:1])
        return any(_inside(site, loop) for site in marks) and any(
            _inside(site, loop) for site in settles
        )

    def _block(self, statements: list[ast.stmt], base: Path, scope: Scope) -> None:
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
        if isinstance(node, LOOPS):
            self.all_loops.append(site)
        if isinstance(node, ast.For | ast.AsyncFor):
            for read in ast.walk(node.target):
                if isinstance(read, ast.Name):
                    scope.assign(read.id, scope.flow(node.iter))
                    if scope.opaque(node.iter):
                        scope.objects.add(read.id)
                    self._loop_variables.add(read.id)
        for way, statements in blocks(node):
            self._block(statements, (*site.path, *way), scope)

    def _definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, site: Site, scope: Scope
    ) -> None:
        scope.functions[node.name] = node
        inner = Scope(scope.gradients, scope.tensors, scope, node.name)
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
        name = updated(node)
        if name is not None and (not name or name in self.names.parameters | self._loop_variables):
            self.updates.append(site)
        tensors: list[str] = []
        root = True
        for write in writes(node):
            if write.name in self.names.gradients:
                self._gradient(write, site, scope)
                continue
            flow = scope.flow(write.value)
            scope.assign(write.name, flow, keep=write.kind == "update")
            depends = scope.reads_forward(write.value)
            if write.name in self.names.tensors and write.kind == "assign":
                tensors.append(write.name)
                root = root and not depends
            scope.from_forward[write.name] = depends
            scope.note_engine(write.name, write.value)
            filled = write.kind == "update" and bool(flow)
            if filled or scope.opaque(write.value):
                scope.objects.add(write.name)
            elif write.kind == "assign":
                scope.objects.discard(write.name)
            if write.name in self.names.loop_parameters:
                self.limits.append((site, write.name))
        if tensors:
            root = root or not self.forwards
            self.forwards.append(ForwardWrite(site=site, names=tuple(tensors), root=root))

    def _gradient(self, write: Write, site: Site, scope: Scope) -> None:
        if isinstance(write.value, ast.Constant) and write.value.value is None:
            return  # a placeholder neither starts nor ends a lifetime
        flow = scope.flow(write.value)
        own = any(not r.grad and r.name == write.name for r in reads(write.value))
        current = scope.lifetime(write.name)
        fresh = write.kind == "assign" and not own
        if fresh or current is None:
            current = Lifetime(
                id=len(self.lifetimes),
                name=write.name,
                target=self.names.gradients[write.name][1:],
                function=scope.function,
                writes=[],
                upstream=set(),
                fresh=fresh,
            )
            source = scope.lifetime(shared_name(write.value) or "") if fresh else None
            current.alias_of = source.id if source else None
            self.lifetimes.append(current)
            scope.owner(write.name).lifetimes[write.name] = current
        if current.function != scope.function:
            current.hidden = True  # a helper writes it: when is not visible here
            return
        current.opaque = current.opaque or scope.opaque(write.value)
        current.writes.append(site)
        current.upstream |= {up for up in flow if up.lifetime != current.id}


def _inside(site: Site | None, outer: Site) -> bool:
    return (
        site is not None
        and site.cell == outer.cell
        and len(site.path) > len(outer.path)
        and site.path[: len(outer.path)] == outer.path
    )


def _settle(life: Lifetime) -> Site:
    """The statement after which the lifetime is settled.

    It holds the last write, in the innermost block that contains all writes; that
    block is the notebook itself where the writes stand in several cells.
    """
    last = life.writes[-1]
    depth = 1
    if all(site.cell == last.cell for site in life.writes):
        depth = min(_common(site.path, last.path) for site in life.writes)
    path = last.path[:depth]
    return Site(cell=last.cell, path=path, line=last.line, end_line=last.end_line)


def _common(path: Path, last: Path) -> int:
    """How much of `last` leads to the statement, within the common block, that holds it."""
    if path == last:
        return len(last)
    shared = 0
    for a, b in zip(path, last, strict=False):
        if a != b:
            break
        shared += 1
    # One more step picks the statement in that block, unless the paths part between two
    # branches of one statement (if/else), which then is the statement itself.
    same_block = shared < min(len(path), len(last)) and path[shared][0] == last[shared][0] in {
        "body",
        "orelse",
        "finalbody",
    }
    return shared + 1 if same_block else max(shared, 1)
