"""The walk through a submission's statements, in notebook order, that finds lifetimes."""

from __future__ import annotations

import ast
import builtins
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from grader.analysis.descent import descended
from grader.analysis.effort import MAX_LIFETIMES, Effort, TooIntricateError
from grader.analysis.lifetime import ForwardWrite, Lifetime, Program, Site
from grader.analysis.liveness import loads, stored, value_reads
from grader.analysis.made_keys import filled, fills, of_numbers
from grader.analysis.nodes import parts
from grader.analysis.settle import settle_of
from grader.analysis.slicer import MODULES
from grader.analysis.spelling import Spelling
from grader.analysis.statements import (
    FUNCTIONS,
    MARK,
    Block,
    Statement,
    key_of,
    keyed,
    lent,
    own_expressions,
    pseudonym,
    root_of,
    updated,
    viewed,
)

NO_VARIABLES = frozenset(dir(builtins)) | MODULES.keys()
LOOPS = (ast.For, ast.While, ast.AsyncFor)
MAX_OWN = 300
"""Lifetimes under names that say nothing."""
MAX_MADE = 2_000
"""Elements that are looked for under keys of which the text shows nothing. Of what is filled so
later on, no gradient is looked for: where one is missing, a person is asked to look.
"""


class KnownNames:
    """What the assignment calls things, as students spell them."""

    def __init__(
        self,
        gradients: Mapping[str, str],
        tensors: Mapping[str, str],
        inputs: Mapping[str, str],
        loop_parameters: Iterable[str],
        parameters: Iterable[str],
        targets: Iterable[str],
        loss: str = "loss",
    ) -> None:
        """targets: of all exercises, one that is asked for twice twice."""
        self.wanted = Counter(targets)
        self.tensors = tensors
        self.inner = tensors.keys() - {name for name, last in tensors.items() if last == loss}
        self.inputs = inputs
        self.loop_parameters = frozenset(loop_parameters)
        self.parameters = frozenset(parameters)
        self.spelling = Spelling(gradients, {**inputs, **tensors})
        plain = (n for n, last in {**inputs, **tensors}.items() if last in self.wanted)
        self.keys = [*gradients, *plain]
        """Keys under which a gradient may be kept."""


BRIEF, SOME, MOST = 4, 10, 50
"""Hundredths of a cell's CPU time after which a loop is left that is not known to train: one that
draws its batches, one of which something is known, any other.
"""
DRAWS = frozenset(
    {"choice", "choices", "integers", "multinomial", "permutation", "randint", "random"}
    | {"randperm", "sample", "shuffle"}
)
"""Last words of calls by which a loop draws a batch of its own each time."""


class Walker:
    """Collects lifetimes, forward statements and loops of one submission."""

    def __init__(self, names: KnownNames, effort: Effort) -> None:
        self.names = names
        self.effort = effort
        self.lifetimes: list[Lifetime] = []
        self.forwards: list[ForwardWrite] = []
        self.all_loops: list[Site] = []
        self.limits: list[tuple[Site, str]] = []
        self.functions: set[str] = set()
        self._current: dict[tuple[str | None, str], Lifetime] = {}
        self._from_forward: set[tuple[str | None, str]] = set()
        """Names, each with its function, whose values rest on forward tensors."""
        self._views: dict[str, str] = {}
        """Variable → the one whose memory it shares: `flat = dC.view(-1, 10)`."""
        self._lent: dict[str, set[str]] = {}
        """Variable of a loop → those whose values it is in turn."""
        self._own = 0
        self._loops: tuple[int, ...] = ()
        """Loops around the statement at hand, by their number in `all_loops`, outer ones first."""
        self._does: defaultdict[str | int, set[str]] = defaultdict(set)
        """Loop or function → what happens in it: forward, update, derive."""
        self._calls: defaultdict[str | int, set[str]] = defaultdict(set)
        """Loop or function → functions that are called in it."""
        self._around: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        """Lifetime → loops around its first and its last write."""
        self._loop_variables: set[str] = set()
        self._gone_through: AbstractSet[str] = frozenset()
        """What the innermost `for` goes through: `for name in p: p[name] -= …` updates it."""
        self._roles: dict[tuple[str | None, str], str] = {}
        self._makers: set[str] = set()
        """Functions that give back a container which they fill under keys made in the run."""
        self._of_numbers: set[str] = set()
        """Tensors and arrays, whose rows are no containers' elements."""
        self._looked_for = MAX_MADE
        """Elements that may still be looked for."""
        self._made = False
        """Whether a statement around the one at hand fills such a container: then that tells."""
        self._read_forward: set[tuple[str | None, str]] = set()
        """Elements called like inputs that forward lines read, each with its function."""

    def walk(self, block: Block) -> None:
        """Walk all statements of the module."""
        self._block(block, None)

    def program(self) -> Program:
        """Everything found, once the module was walked."""
        for place in list(self._does.keys() | self._calls.keys()):
            self._does[place] |= self._done_by(place, set())
        self._drop_parameters()
        self._drop_bystanders()
        iterating = {
            n
            for n in range(len(self.all_loops))
            if "derive" in self._does[n] and self._does[n] & {"forward", "update"}
        }
        training = {n for n in iterating if "update" in self._does[n]}
        for life in self.lifetimes:
            life.settle = settle_of(life)
            first, last = self._around[life.id]
            # Not a loop over time, which adds up what its steps give.
            life.begun_before_loop = bool(training & (set(last) - set(first)))
            life.loop = self._loop_around(life, [n for n in last if n in training], training)
        counts: dict[str, int] = {}
        for life in self.lifetimes:
            if life.function is not None and life.target is not None:
                counts[life.function] = counts.get(life.function, 0) + 1
        return Program(
            lifetimes=tuple(self.lifetimes),
            forwards=tuple(self.forwards),
            loops=tuple(self.all_loops[number] for number in sorted(iterating)),
            watched=tuple(self._watched(iterating)),
            limits=tuple(self.limits),
            functions=tuple(sorted(counts, key=lambda name: -counts[name])),
            defined=frozenset(self.functions),
        )

    def _drop_bystanders(self) -> None:
        """Names that say nothing matter where a gradient is missing among those that do: once
        for each exercise that asks for it.
        """
        named = Counter(life.target for life in self.lifetimes if life.target is not None)
        if all(named[target] >= times for target, times in self.names.wanted.items()):
            self._keep(
                [x for x in self.lifetimes if x.target is not None or key_of(x.name).isdigit()]
            )

    def _drop_parameters(self) -> None:
        """A container of which the forward lines read several parameters holds no gradients."""
        read = Counter((function, root_of(name)) for function, name in self._read_forward)
        holders = {holder for holder, times in read.items() if times > 1}
        self._keep(
            [
                life
                for life in self.lifetimes
                if MARK not in life.name
                or key_of(life.name) not in self.names.inputs
                or (life.function, root_of(life.name)) not in holders
            ]
        )

    def _keep(self, lifetimes: list[Lifetime]) -> None:
        self._around = {n: self._around[life.id] for n, life in enumerate(lifetimes)}
        for number, life in enumerate(lifetimes):
            life.id = number
        self.lifetimes = lifetimes

    def _watched(self, iterating: set[int]) -> Iterable[tuple[Site, int]]:
        """Loops from the cell of the first forward line on that are not known to train, each
        with how many hundredths of its cell's time it may take.

        Not those that build a gradient which was begun before them: half of it is wrong. What
        nothing is known of may do that, too, and has most of the time. What draws a batch each
        time builds none, and is training even where no forward line is in sight.
        """
        first = min((each.site.cell for each in self.forwards), default=None)
        building = {n for begun, last in self._around.values() for n in set(last) - set(begun)}
        for number, loop in enumerate(self.all_loops):
            if number in iterating or (first is not None and loop.cell < first):
                continue
            if "draw" in self._does[number]:
                yield loop, BRIEF
            elif first is not None and number not in building:
                yield loop, SOME if self._does[number] else MOST

    def _done_by(self, place: str | int, seen: set[str | int]) -> set[str]:
        """What happens in a loop or function, and in the functions that it calls."""
        seen.add(place)
        found = set(self._does[place])
        for name in self._calls[place] - seen:
            found |= self._done_by(name, seen)
        return found

    def _loop_around(self, life: Lifetime, around: list[int], training: set[int]) -> Site | None:
        """The outermost training loop in which a lifetime settles, also by way of calls."""
        assert life.settle is not None
        for number in around:
            loop = self.all_loops[number]
            if len(loop.path) < len(life.settle.path) or loop.cell != life.settle.cell:
                return loop
        if life.function is None:
            return None
        calling = (n for n in sorted(training) if self._reaches(n, life.function, set()))
        return next((self.all_loops[n] for n in calling), None)

    def _reaches(self, place: str | int, function: str, seen: set[str | int]) -> bool:
        seen.add(place)
        if function in self._calls[place]:
            return True
        return any(self._reaches(name, function, seen) for name in self._calls[place] - seen)

    # ---- statements -----------------------------------------------------------------------------

    def _block(self, block: Block, function: str | None) -> None:
        self.effort.statements(len(block.statements))
        for statement in block.statements:
            self._statement(statement, function)

    def _statement(self, statement: Statement, function: str | None) -> None:
        node = statement.node
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            if isinstance(node, FUNCTIONS) and statement.block.parent is None:
                self.functions.add(node.name)
                if fills(node):
                    self._makers.add(node.name)
            around, self._loops = self._loops, ()
            for block in statement.blocks:
                if isinstance(node, ast.ClassDef):
                    self._methods(block, function or node.name)
                else:
                    self._block(block, function or node.name)
            self._loops = around
            return
        site = _site(statement)
        self._note(statement, site, function)
        around = self._loops
        if isinstance(node, LOOPS):
            self._loops = (*around, len(self.all_loops))
            self.all_loops.append(site)
        if isinstance(node, ast.For | ast.AsyncFor):
            stored = (part.id for part in parts(node.target) if isinstance(part, ast.Name))
            self._loop_variables.update(stored)
            self._gone_through = _gone_through(node.iter)
            self._lent |= lent(node)
        around_made = self._made
        made = [] if function or around_made else self._made_within(node)
        self._made = around_made or bool(made)
        for block in statement.blocks:
            self._block(block, function)
        self._loops, self._gone_through = around, frozenset()
        for container in made:
            self._made_in(container, statement, site)
        self._made = around_made

    def _made_within(self, node: ast.stmt) -> list[str]:
        """Containers that a statement fills under keys made in the run once the forward pass has
        begun; none where it trains: what stands within it tells then.
        """
        self._of_numbers.update(of_numbers(node))
        fill = (name for name in filled(node, self._makers) if name not in self._of_numbers)
        found = list(dict.fromkeys(fill))
        if not found or not self.forwards:
            return []
        if not isinstance(node, LOOPS):
            return found
        counted = {n for part in parts(node) if isinstance(part, LOOPS) for n in stored(part)}
        changed = {updated(part) for part in parts(node) if isinstance(part, ast.stmt)}
        return [] if changed & ({""} | self.names.parameters | counted) else found

    def _made_in(self, container: str, statement: Statement, site: Site) -> None:
        """Whatever gradient may be found in a container of which the text shows no keys."""
        names = {key: keyed(container, key) for key in self.names.keys}
        new = {key: name for key, name in names.items() if (None, name) not in self._current}
        if len(new) > self._looked_for:
            return
        self._looked_for -= len(new)
        for key, name in new.items():
            life = self._begin(name, None, False, None, [], statement)
            life.text, life.made = f"{container}[{key!r}]", True
            life.writes.append(site)
            self._around[life.id] = self._loops, self._loops
            self._happens("derive", self._loops)

    def _methods(self, block: Block, function: str) -> None:
        """The body of a class: what it assigns are attributes, fields with their defaults, and no
        variables, unless it says `global`.
        """
        shared = any(isinstance(each.node, ast.Global) for each in block.statements)
        for statement in block.statements:
            if shared or isinstance(statement.node, (*FUNCTIONS, ast.ClassDef)):
                self._statement(statement, function)

    def _note(self, statement: Statement, site: Site, function: str | None) -> None:
        """One simple statement, or the head of a compound one."""
        places: list[str | int] = [*self._loops, *([function] if function else [])]
        for expression in own_expressions(statement.node):
            for part in parts(expression):
                if not isinstance(part, ast.Call):
                    continue
                if isinstance(part.func, ast.Name):
                    for place in places:
                        self._calls[place].add(part.func.id)
                if _last_word(part.func) in DRAWS:
                    self._happens("draw", places)
        if self._updates(updated(statement.node)) or (
            descended(statement.node) - self.names.tensors.keys()
        ):
            self._happens("update", places)
        if statement.blocks or isinstance(statement.node, ast.Import | ast.ImportFrom):
            return
        for name, value in statement.assigns.items():
            self._assigned(name, value, statement, site, function)
        for name, value in statement.assigns.items():
            self._views.pop(name, None)
            view = viewed(value)
            if view is not None and view != name and not self._of_its_own(name, view):
                self._views[name] = view
        shared = {self._views.get(name, name) for name in statement.updates}
        shared = shared.union(*(self._lent.get(name, ()) for name in statement.updates))
        for name in sorted(shared | statement.updates):
            self._gradient(name, None, statement, site, function)
        self._forward(statement, site, function, places)

    def _of_its_own(self, name: str, view: str) -> bool:
        """Whether a name says which gradient it is, be it the same memory as another one:
        `dL_dlogits = dL_dnorm_logits`, but not `flat = dC.view(-1)`, nor `dC_flat`.
        """
        spelling = self.names.spelling
        if spelling.sure(name) is not None:
            return True
        hint = spelling.hinted(name)
        return hint is not None and hint != spelling.hinted(view) and not spelling.weak(name)

    def _is_forward(self, name: str, function: str | None) -> bool:
        """Whether a name is a forward tensor's, or an element of a container of them."""
        if MARK not in name:
            return name in self.names.tensors
        return key_of(name) in self.names.tensors and self._role(name, function) == "forward"

    def _role(self, name: str, function: str | None, writer: Statement | None = None) -> str:
        """What a container holds whose elements are named after tensors and inputs.

        It shows in the first one that is written: a pass begins with the first tensors, the way
        back with the last ones; parameters that stand before any pass are no gradients.
        """
        place, key = (function, root_of(name)), key_of(name)
        if place not in self._roles:
            order = list(dict.fromkeys(self.names.tensors.values()))
            if writer is not None and self._reads_gradient(writer, function):
                self._roles[place] = "gradients"
            elif writer is not None and self._holds_tensors(writer, root_of(name)):
                self._roles[place] = "inputs"
            elif key in self.names.tensors:
                early = 2 * order.index(self.names.tensors[key]) < len(order)
                self._roles[place] = "forward" if early else "gradients"
            else:
                self._roles[place] = "gradients" if self.forwards else "inputs"
        return self._roles[place]

    def _reads_gradient(self, statement: Statement, function: str | None) -> bool:
        """Whether a statement reads what is called a gradient, or an element of a container of
        them: nothing of the forward pass does.
        """
        sure, loaded = self.names.spelling.sure, loads(statement.node)
        if any(sure(name) is not None for name in loaded):
            return True
        return any(
            self._roles.get((place, root_of(name))) == "gradients"
            for name in _elements(statement.node)
            for place in {function, None}
            if root_of(name) in loaded
        )

    def _holds_tensors(self, statement: Statement, container: str) -> bool:
        """Whether tensors themselves are put into a container, with which gradients are to be
        compared: `{"logits": cache["logits"], "W2": W2}`.
        """
        return any(
            isinstance(value, ast.Name)
            and (value.id in self.names.tensors or value.id in self.names.inputs)
            for name, value in statement.assigns.items()
            if MARK in name and root_of(name) == container
        )

    def _happens(self, what: str, places: Iterable[str | int]) -> None:
        for place in places:
            self._does[place].add(what)

    def _assigned(
        self,
        name: str,
        value: ast.expr | None,
        statement: Statement,
        site: Site,
        function: str | None,
    ) -> None:
        if isinstance(value, ast.Constant) and value.value is None:
            return  # a placeholder neither starts nor ends a lifetime
        if name in self.names.loop_parameters:
            self.limits.append((site, name))
        self._gradient(
            name, value if value is not None else statement.node, statement, site, function
        )

    def _forward(
        self, statement: Statement, site: Site, function: str | None, places: Iterable[str | int]
    ) -> None:
        """Forward tensors that a statement assigns, and whether a pass may begin there."""
        reads = {root_of(name) for name in loads(statement.node)}
        reads |= {n for n in _elements(statement.node) if self._is_forward(n, function)}
        rests = any(
            name in self.names.tensors or {(function, name), (None, name)} & self._from_forward
            for name in reads
        ) or any(self._is_handed_on(name, value) for name, value in statement.assigns.items())
        self._from_forward |= {(function, name) for name in statement.assigns if rests}
        names = tuple(
            name
            for name, value in statement.assigns.items()
            if self._is_forward(name, function) and not isinstance(value, ast.Constant)
        )
        self._read_forward |= {
            (function, name)
            for name in _elements(statement.node)
            if key_of(name) in self.names.inputs and set(names) & self.names.inner
        }
        if names:
            root = not rests or not self.forwards
            self.forwards.append(ForwardWrite(site=site, names=names, root=root))
            self._happens("forward", places)

    def _is_handed_on(self, name: str, value: ast.expr | None) -> bool:
        """Whether a tensor is what a container holds under its name: `h = cache["h"]`."""
        element = pseudonym(value) if value is not None else None
        tensor = self.names.tensors.get(name)
        return element is not None and self.names.tensors.get(key_of(element)) == tensor is not None

    def _updates(self, name: str | None) -> bool:
        """Whether a step of gradient descent changes what is called so."""
        return name is not None and (
            not name
            or name in self.names.parameters
            or name in self._loop_variables
            or (name in self._gone_through and self.names.spelling.hinted(name) is None)
        )

    def _gradient(
        self,
        name: str,
        value: ast.AST | None,
        statement: Statement,
        site: Site,
        function: str | None,
    ) -> None:
        """A write of what may be a gradient. value: None where it is changed in place."""
        target = self.names.spelling.sure(name)
        hinted = target or self.names.spelling.hinted(name)
        key = key_of(name)
        if key == "grad" and MARK in name:
            tensor = root_of(name)
            hinted = self.names.inputs.get(tensor) or self.names.tensors.get(tensor)
            if hinted is None or value is None or isinstance(value, ast.Constant):
                return
        if key.isdigit() and (
            self._role(name, function, statement) != "gradients" or hinted is not None
        ):
            return
        plain = MARK in name and (key in self.names.tensors or key in self.names.inputs)
        if (
            plain
            and isinstance(value, ast.Name)
            and (value.id in self.names.tensors or value.id in self.names.inputs)
        ):
            return  # `params = {"W2": W2}`
        if plain and function is None and self._premature(value):
            return
        if plain and self._role(name, function, statement) != "gradients":
            return
        known = name in self.names.tensors or name in self.names.inputs
        goes_on = value is None and (function, name) in self._current
        own_name = goes_on or hinted is not None or self._may_be_own(name, value)
        if target is None and (known or not own_name):
            return
        current = self._current.get((function, name)) or self._current.get((None, name))
        own = value is not None and name in value_reads(value)
        fresh = value is not None and not own
        later = current is not None and current.writes[-1].cell != site.cell and function is None
        if fresh or current is None or later:
            if current is None and value is None and target is None:
                return  # a change of something that was never given a name of a gradient
            before = current.writes if current is not None and not fresh else []
            current = self._begin(name, hinted, target is not None, function, before, statement)
        current.writes.append(site)
        first, _ = self._around.get(current.id, (self._loops, ()))
        self._around[current.id] = first, self._loops
        if hinted is not None:
            self._happens("derive", [*self._loops, *([function] if function else [])])

    def _premature(self, value: ast.AST | None) -> bool:
        """Whether something is made of nothing before any forward line: `best = {"loss": inf}`,
        `log.h = []` keep what is to come, and hold no gradient.
        """
        return value is not None and not self.forwards and not loads(value) - NO_VARIABLES

    def _may_be_own(self, name: str, value: ast.AST | None) -> bool:
        """Whether a name that says nothing may still hold a gradient: after the forward pass."""
        if not self.forwards or value is None or self._own >= MAX_OWN or name.startswith("_"):
            return False
        if name in self._loop_variables or isinstance(value, ast.Constant | ast.List | ast.Dict):
            return False
        self._own += 1
        return True

    def _begin(
        self,
        name: str,
        target: str | None,
        sure: bool,
        function: str | None,
        before: list[Site],
        statement: Statement,
    ) -> Lifetime:
        """Another lifetime."""
        if len(self.lifetimes) - (MAX_MADE - self._looked_for) >= MAX_LIFETIMES:
            raise TooIntricateError(f"more than {MAX_LIFETIMES:,} assignments of gradients")
        life = Lifetime(
            id=len(self.lifetimes),
            name=name,
            text=_text(name, statement),
            target=target,
            sure=sure,
            function=function,
            writes=list(before),
        )
        self.lifetimes.append(life)
        self._current[function, name] = life
        return life


def _gone_through(what: ast.expr) -> frozenset[str]:
    """The container whose elements a loop goes through one by one: `p`, `p.items()`, `vars(p)`,
    `range(len(p))`.
    """
    if isinstance(what, ast.Call) and isinstance(what.func, ast.Attribute) and not what.args:
        what = what.func.value if what.func.attr in {"keys", "items", "values"} else what
    while isinstance(what, ast.Call) and isinstance(what.func, ast.Name) and len(what.args) == 1:
        (what,) = what.args
    return frozenset({what.id}) if isinstance(what, ast.Name) else frozenset()


def _elements(node: ast.AST) -> set[str]:
    """Elements of containers that a statement names."""
    return {name for part in parts(node) if (name := pseudonym(part)) is not None}


def _site(statement: Statement) -> Site:
    node = statement.node
    return Site(
        cell=statement.cell,
        path=statement.path,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
    )


def _text(name: str, statement: Statement) -> str:
    """`grads["h"]`, as the statement says it."""
    if MARK not in name:
        return name
    for part in parts(statement.node):
        if isinstance(part, ast.expr) and pseudonym(part) == name:
            return ast.unparse(part)
    container, _, key = name.partition(MARK)
    made = statement.assigns.get(container)
    if isinstance(made, ast.Call) and not (
        isinstance(made.func, ast.Name) and made.func.id == "dict"
    ):
        return f"{container}.{key}"
    return f"{container}[{key if key.isdigit() else repr(key)}]"


def _last_word(function: ast.expr) -> str | None:
    """`randint` of `torch.randint` and of `randint`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None
