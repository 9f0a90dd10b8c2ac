"""Program slices: what a value was computed from, statement by statement, read off the source.

`reaching(name, place)` walks backwards from a place to the statements that decide what a name
holds there: up to the last fresh assignment, with every change in place after it, through
blocks, out of function bodies to the calls. These statements are one *formula*; what each of
them reads is defined by other formulas, and so on down to what cannot be followed.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

from grader.analysis import liveness
from grader.analysis.effort import Effort
from grader.analysis.lifetime import Path
from grader.analysis.nodes import copied, parts
from grader.analysis.picked import Picked
from grader.analysis.statements import (
    FUNCTIONS,
    MARK,
    Block,
    Statement,
    always,
    key_of,
    lent,
    pseudonym,
    root_name,
    root_of,
    viewed,
)
from grader.analysis.unpacked import Unpacked
from grader.protocol.language import ROOTS
from grader.protocol.vocabulary import BUILTINS, PLACING

MODULES = {
    "torch": "torch",
    "F": "torch.nn.functional",
    "nn": "torch.nn",
    "np": "numpy",
    "numpy": "numpy",
    "math": "math",
}
"""What these names mean where nothing else is said: a star import may have brought them."""
ORPHAN = "it was never computed"
AUTOGRAD = "it is autograd's own gradient"
GRAD = f"{MARK}grad"
"""How the name of a tensor's own gradient ends."""
PROGRESS = frozenset({"tqdm", "trange", "tqdm_notebook", "track"})
"""Bars around what a loop goes through."""
LOOKED_UP = 10
"""Units of effort that a name which a statement reads takes to be looked up."""
MAX_CALLS = 8
"""Functions within functions that are followed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Just before a statement of a block."""

    block: Block
    index: int


class Definition(NamedTuple):
    """What a name holds at a place: the value that a formula leaves in it."""

    name: str
    formula: Formula


class Step(NamedTuple):
    """One statement of a formula."""

    statement: Statement | None
    nodes: tuple[ast.stmt, ...]
    """It and the functions that it calls, ready for the clean room."""
    reads: Mapping[str, Definition]
    unknown: frozenset[str]
    """Names that it reads and nothing binds: builtins that are not of the language, mostly."""


class Formula:
    """Statements that together decide a value. Compared by identity; the slicer keeps one each."""

    def __init__(
        self,
        slicer: Slicer,
        name: str,
        members: Sequence[Member],
        steps: tuple[Step, ...] | None = None,
    ) -> None:
        """steps: what the slicer would make of the members, where that is known."""
        self._slicer = slicer
        self.members = members
        """The first one begins it, the others change it."""
        self.name = name
        self._steps = steps
        self._inputs = _read_by(steps or ())
        self.number = -1
        """In the order of a plan."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its statements, in their order; read off when first asked for."""
        if self._steps is None:
            self._steps = ()  # a definition in terms of itself ends here
            self._steps = tuple(self._slicer.steps(self.name, self.members))
            self._inputs = _read_by(self._steps)
        return self._steps

    @property
    def statements(self) -> Iterator[Statement]:
        """Where it stands in the source."""
        return (m.statement for m in self.members if m.statement is not None)

    @property
    def complaint(self) -> str | None:
        """Why it cannot be followed from its beginning, where no statement begins it."""
        return self.members[0].complaint if self.members else "it is defined nowhere"

    @property
    def unbegun(self) -> bool:
        """Whether it changes something that no statement in sight has made."""
        first = self.members[0] if self.members else None
        return first is not None and not (first.statement or first.source or first.listed)

    @property
    def autograd(self) -> bool:
        """Whether it is what autograd left on a tensor."""
        return bool(self.members) and self.members[0].complaint == AUTOGRAD

    @property
    def orphan(self) -> bool:
        """Whether it is a gradient that is read and that no line computes."""
        return bool(self.members) and self.members[0].complaint == ORPHAN

    @property
    def handed_on(self) -> bool:
        """Whether it is an element of a container, or what a call hands on as an argument."""
        return any(m.source or m.place is not None or m.listed for m in self.members)

    @property
    def renames(self) -> tuple[str, Place] | None:
        """The variable, and where it is read, of which this is only another name."""
        if len(self.members) != 1:
            return None
        (member,) = self.members
        if not isinstance(member.value, ast.Name) or member.statement is None or member.carried:
            return None
        place = member.place or Place(member.statement.block, member.statement.index)
        return member.value.id, place

    @property
    def carried(self) -> bool:
        """Whether a loop hands its value on from one iteration to the next."""
        return any(member.carried for member in self.members)

    def inputs(self) -> tuple[Definition, ...]:
        """What its statements read."""
        if self._steps is None:
            _ = self.steps
        return self._inputs


class Member(NamedTuple):
    """A statement of a formula, and what of it counts."""

    statement: Statement | None
    value: ast.expr | None = None
    """The element of a tuple that is assigned to the name; None: the whole statement."""
    complaint: str | None = None
    carried: bool = False
    place: Place | None = None
    """Where it is read, if not where it stands: arguments, where their function is called."""
    source: Definition | None = None
    """The container of which it reads an element."""
    listed: tuple[Definition, ...] = ()
    """What it holds, one after the other, as those tell who take it apart."""


class Slicer:
    """All of one submission's code, asked for what defines what."""

    def __init__(
        self,
        effort: Effort,
        apart: Container[str] = (),
        keys: Container[str] = (),
        tensors: Container[str] = (),
    ) -> None:
        """apart: gradients' names; they are never taken for views of one another. keys: names
        of inputs and forward tensors, by which containers may hold them. tensors: of the latter.
        """
        self.effort = effort
        self.apart = apart
        self.keys = keys
        self.module = Block()
        self.modules = dict(MODULES)
        self._sites: dict[tuple[int, Path], Statement] = {}
        self._touching: dict[int, dict[str, list[int]]] = {}
        self._formulas: dict[object, Formula] = {}
        self._found: dict[tuple[str, int, tuple[int, ...]], Definition | None] = {}
        self._calls: defaultdict[str, list[tuple[Statement, ast.Call]]] = defaultdict(list)
        self._views: defaultdict[str, set[str]] = defaultdict(set)
        self._changed: set[str] = set()
        """Names through which something is changed in place."""
        self._constructed: defaultdict[str, set[str]] = defaultdict(set)
        """Variable → functions and classes whose result it was given."""
        self._classes: set[str] = set()
        self._globals: dict[str, set[str]] = {}
        """Function → names of the module that it writes."""
        self._writers: dict[str, Statement] = {}
        """The functions of which that is known."""
        self._cells: dict[int, int] = {}
        self._functions: dict[int, tuple[ast.stmt, set[str]]] = {}
        self._memory: dict[str, tuple[str, ...]] = {}
        """Name → those by which the same value may be changed."""
        self._arguments: dict[int, frozenset[str]] = {}
        self._elements: dict[str, Definition] = {}
        """Name in the clean room → element of a container that is read by a known key."""
        self._element_names: dict[object, str] = {}
        self.unpacked = Unpacked(self)
        self.picked = Picked(self, tensors)

    # ---- taking in ----------------------------------------------------------------------------

    def add_cell(self, index: int, tree: ast.Module) -> None:
        """The statements of a cell; cells come in notebook order."""
        before = len(self.module.statements)
        self.module.add(tree.body, index, (("body", -1),))
        for statement in self.module.statements[before:]:
            self._take_in(statement)
        self._cells[index] = len(self.module.statements)

    def _take_in(self, statement: Statement) -> None:
        self._sites[statement.cell, statement.path] = statement
        node = statement.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        if isinstance(node, ast.ClassDef):
            self._classes.add(node.name)
        self.unpacked.take_in(statement)
        if not statement.blocks:
            self.picked.take_in(statement)
        if isinstance(node, FUNCTIONS):
            found = (part.names for part in parts(node) if isinstance(part, ast.Global))
            if declared := {name for names in found for name in names}:
                self._globals[node.name] = declared
                self._writers[node.name] = statement
        for name, value in statement.assigns.items():
            self._constructed[name].update(_constructors(value))
            view = viewed(value)
            if view is not None and view != name and name not in self.apart:
                self._views[view].add(name)
        if not statement.blocks:
            self._changed |= statement.updates
        heads = ast.iter_child_nodes(node) if not statement.blocks else _heads(node)
        for head in heads:
            for part in parts(head):
                if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
                    self._calls[part.func.id].append((statement, part))
        for block in statement.blocks:
            for inner in block.statements:
                self._take_in(inner)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                path = f"{node.module}.{alias.name}"
                self.modules[alias.asname or alias.name] = path
            elif alias.asname:
                self.modules[alias.asname] = alias.name
            else:
                self.modules[alias.name.partition(".")[0]] = alias.name.partition(".")[0]

    # ---- places -------------------------------------------------------------------------------

    def at(self, cell: int, path: Path) -> Statement | None:
        """The statement of a site."""
        while path:
            if (cell, path) in self._sites:
                return self._sites[cell, path]
            path = path[:-1]  # a `with`, which stands open
        return None

    def after(self, cell: int, path: Path) -> Place | None:
        """The place right after a site; after the last of a `with` block's statements."""
        found = self._sites.get((cell, path))
        if found is None:
            inside = [
                s for (c, p), s in self._sites.items() if c == cell and p[: len(path)] == path
            ]
            if not inside:
                return None
            depth = min(len(s.path) for s in inside)
            found = max((s for s in inside if len(s.path) == depth), key=lambda s: s.index)
        return Place(found.block, found.index + 1)

    def before(self, statement: Statement) -> Place:
        """The place right before a statement."""
        return Place(statement.block, statement.index)

    def end_of_cell(self, index: int) -> Place:
        """The place after a cell's last statement."""
        return Place(self.module, self._cells.get(index, len(self.module.statements)))

    # ---- reaching definitions -----------------------------------------------------------------

    def reaching(self, name: str, place: Place) -> Definition | None:
        """What `name` holds at a place; None if nothing binds it."""
        key = (name, id(place.block), self._before(name, place))
        if key not in self._found:
            self._found[key] = None  # asked for again meanwhile, it is a circle
            self._found[key] = self._reaching(name, place)
        return self._found[key]

    def _before(self, name: str, place: Place) -> tuple[int, ...]:
        """How much of what touches a name stands before a place: all that tells two places of a
        block apart.
        """
        touching = self._touched(place.block)
        if name not in self._memory:
            self._memory[name] = (name, root_of(name), *sorted(self._changing_views(name)))
        names = self._memory[name]
        return tuple(bisect_left(touching.get(each, ()), place.index) for each in names)

    def _reaching(self, name: str, place: Place) -> Definition | None:
        members: list[Member] = []
        views = self._changing_views(name)
        block, index, carried = place.block, place.index, False
        while True:
            self.effort.spend(1)
            for statement in self._sighted(name, views, block, index):
                fresh = statement.changes(name) and not self._goes_on(name, statement)
                if fresh is None and not members and (left := self._left_by(statement, name)):
                    return left
                called = name in statement.called_on and self.owns(name)
                if fresh is None and MARK in name and not called:
                    continue  # another element of the same container
                members.insert(0, self._member(name, statement, carried=carried and bool(fresh)))
                if fresh:
                    return self._defined(name, members, statement)
            if block.parent is None:
                break
            owner = block.parent
            if block.kind == "loop":
                carried = carried or self._written_in(name, block)
                if isinstance(owner.node, ast.For) and name in liveness.stored(owner.node.target):
                    members.insert(0, Member(None, complaint=f"`{name}` is counted by a loop"))
                    return self._keep(name, members)
            if block.kind == "function":
                return self._outside(name, members, owner)
            if block.kind == "class":
                return None
            block, index = owner.block, owner.index
        if carried and not members:
            return self._keep(name, [Member(None, complaint="it is only known inside a loop")])
        if not members or self._begins(name, members[0]):
            return self._keep(name, members) if members else None
        return self._keep(name, [Member(None, complaint=None), *members])

    def _goes_on(self, name: str, statement: Statement) -> bool:
        """Whether a loop that binds a name for certain reads first what it held before."""
        loop = statement.node
        return isinstance(loop, ast.For) and name in liveness.exposed([loop])[0]

    def _begins(self, name: str, member: Member) -> bool:
        """Whether a loop makes a value before it reads it: if it runs at all, it begins it."""
        loop = member.statement.node if member.statement is not None else None
        if not isinstance(loop, ast.For | ast.While) or name not in always(loop.body):
            return False
        assert member.statement is not None
        return name not in liveness.exposed([self._node(name, member)])[0]

    def _sighted(
        self, name: str, views: frozenset[str], block: Block, index: int
    ) -> Iterator[Statement]:
        """Statements that touch a value under its name, or under one that is a view of it then."""
        waiting: defaultdict[str, list[Statement]] = defaultdict(list)
        for statement in self._backwards(name, views, block, index):
            touched = [view for view in views if statement.changes(view) is not None]
            if not touched or statement.changes(name) is not None:
                yield statement
                continue
            for view in touched:
                if statement.changes(view) is False:
                    waiting[view].append(statement)
                elif viewed(statement.assigns.get(view)) == name and waiting[view]:
                    yield from (*waiting.pop(view), statement)
                else:
                    waiting.pop(view, None)

    def _member(self, name: str, statement: Statement, *, carried: bool) -> Member:
        value = statement.assigns.get(name)
        whole = statement.assigns.get(root_of(name))
        if value is None and MARK in name and _gives_defaults(whole):
            value = ast.Subscript(whole, ast.Constant(key_of(name)), ast.Load())
        return Member(statement, value, carried=carried)

    def _defined(self, name: str, members: list[Member], first: Statement) -> Definition:
        """A value that a fresh assignment begins; several names of one statement share it."""
        if members[0].value is not None or len(members) > 1:
            return self._keep(name, members)
        carried = members[0].carried
        origin, called = self.unpacked.first_of(name, first)
        if called != name:
            other = ast.Name(called, ast.Load())
            place = Place(origin.block, origin.index + 1)
            renamed = Member(first, other, carried=carried, place=place)
            return self._keep(name, [renamed], ("renamed", id(first), name, carried))
        if (inner := self._handed_back(name, first)) is not None:
            return self._keep(name, [inner._replace(carried=carried)])
        members = [self._member(name, origin, carried=carried)]
        return self._keep(name, members, ("all", id(origin), carried))

    def _handed_back(self, name: str, statement: Statement) -> Member | None:
        """A name as the variable of a function that becomes it, where the function is called but
        once and has one return: `hp` for the `dhpreact` of `dh, dhpreact = backward()`.
        """
        call = statement.node.value if isinstance(statement.node, ast.Assign) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return None
        function = _function_of(self.reaching(call.func.id, self.before(statement)))
        if function is None or len(self._calls[call.func.id]) != 1 or not function.blocks:
            return None
        last = function.blocks[0].statements[-1]
        returns = [part for part in parts(function.node) if isinstance(part, ast.Return)]
        if returns != [last.node]:
            return None
        given = _element_given(name, statement, returns[0].value)
        return Member(statement, given, place=self.before(last)) if given is not None else None

    def _keep(self, name: str, members: list[Member], key: object = None) -> Definition:
        key = key or (name, *((id(m.statement), m.carried, m.complaint) for m in members))
        if key not in self._formulas:
            self._formulas[key] = Formula(self, name, members)
        return Definition(name, self._formulas[key])

    def _backwards(
        self, name: str, views: frozenset[str], block: Block, index: int
    ) -> Iterator[Statement]:
        """Statements before an index that touch a name, the last first."""
        touching = self._touched(block)
        lists = [touching[each] for each in {name, root_of(name), *views} if each in touching]
        found = {number for numbers in lists for number in numbers[: bisect_left(numbers, index)]}
        for number in sorted(found, reverse=True):
            yield block.statements[number]

    def _touched(self, block: Block) -> dict[str, list[int]]:
        """Name → positions of the statements that bind it or may change it."""
        known = self._touching.get(id(block))
        if known is None:
            known = self._touching[id(block)] = {}
            for statement in block.statements:
                names = statement.assigns.keys() | statement.updates | self._declared(statement)
                names |= {n for n in statement.called_on if self.owns(n)}
                for name in names:
                    known.setdefault(name, []).append(statement.index)
        return known

    def _declared(self, statement: Statement) -> set[str]:
        """Names of the module that a function called here writes."""
        return set().union(*(self._globals[name] for name in self._calls_of(statement)))

    def _calls_of(self, statement: Statement) -> list[str]:
        """Functions called here that write names of the module."""
        return [
            part.func.id
            for part in (parts(statement.node) if self._globals else ())
            if isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in self._globals
        ]

    def _left_by(self, statement: Statement, name: str) -> Definition | None:
        """What a function that is called here, once, makes and leaves in a name of the module."""
        for function in reversed(self._calls_of(statement) if not statement.blocks else []):
            owner = self._writers[function]
            if name in self._globals[function]:
                found = self.reaching(name, Place(owner.blocks[0], len(owner.blocks[0].statements)))
                first = next(found.formula.statements, None) if found is not None else None
                if first is not None and _function_around(first) is owner:
                    return found
        return None

    def _changing_views(self, name: str) -> frozenset[str]:
        """Names of the same memory through which a value is changed in place."""
        return frozenset(self._views.get(name, ())) & self._changed

    def _written_in(self, name: str, block: Block) -> bool:
        return name in self._touched(block)

    # ---- functions ----------------------------------------------------------------------------

    def _outside(self, name: str, members: list[Member], owner: Statement) -> Definition | None:
        """A name of a function's body that the body does not bind: argument, or free."""
        call = self._call_of(owner)
        assert isinstance(owner.node, FUNCTIONS)
        known = self._arguments_of(owner.node)
        if name not in known and root_of(name) in known:
            return None  # of an object that was handed on
        if name in known:
            if call is None:
                members.insert(0, Member(None, complaint=f"`{owner.node.name}` is called nowhere"))
                return self._keep(name, members, ("argument", name, id(owner), len(members)))
            statement, node = call
            value = _argument(name, owner.node, node)
            if value is None:
                members.insert(0, Member(None, complaint=f"how `{name}` is handed on"))
                return self._keep(name, members)
            begin = Member(statement, value, place=Place(statement.block, statement.index))
            key = ("argument", name, id(owner), *(id(m.statement) for m in members))
            return self._keep(name, [begin, *members], key)
        if call is None:
            return self.reaching(name, Place(owner.block, len(owner.block.statements)))
        return self.reaching(name, self._outer_place(owner, call[0]))

    def _arguments_of(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
        known = self._arguments.get(id(function))
        if known is None:
            known = frozenset(a.arg for a in parts(function.args) if isinstance(a, ast.arg))
            self._arguments[id(function)] = known
        return known

    def _outer_place(self, owner: Statement, call: Statement) -> Place:
        """Where a call takes place, seen from the scope in which its function is defined."""
        scope = _function_around(owner)
        for _ in range(MAX_CALLS):
            around = _function_around(call)
            if around is scope:
                return Place(call.block, call.index)
            further = self._call_of(around) if around is not None else None
            if further is None:
                break
            call = further[0]
        return Place(owner.block, len(owner.block.statements))

    def _call_of(self, function: Statement) -> tuple[Statement, ast.Call] | None:
        """The first call of a function that is not within itself."""
        node = function.node
        assert isinstance(node, (*FUNCTIONS, ast.ClassDef))
        for statement, call in self._calls.get(node.name, ()):
            around: Statement | None = statement
            while around is not None and around is not function:
                around = around.block.parent
            if around is None:
                return statement, call
        return None

    def _grad(self, name: str, place: Place) -> Definition | None:
        """What autograd left on a tensor: `h.grad`, a name of its own for each `h`."""
        if not name.endswith(GRAD):
            return None
        own = self.reaching(name, place)
        first = next(own.formula.statements, None) if own is not None else None
        if first is not None and first.assigns.get(name) is not None:
            return own  # written by hand
        tensor = self.reaching(name.removesuffix(GRAD), place)
        if tensor is None or self.is_own_object(tensor):
            return None
        key = ("grad", id(tensor.formula), tensor.name)
        return self._keep(name, [Member(None, complaint=AUTOGRAD)], key)

    def owns(self, name: str) -> bool:
        """Whether what a name holds was made by classes of the submission."""
        return not self._constructed[name].isdisjoint(self._classes)

    def is_own_object(self, definition: Definition) -> bool:
        """Whether a value begins as an object of a class of the submission."""
        first = next(definition.formula.statements, None)
        value = first.assigns.get(definition.name) if first is not None else None
        return not self._classes.isdisjoint(_constructors(value))

    def element(self, name: str, node: ast.Subscript | ast.Attribute, place: Place) -> str | None:
        """The name under which an element of a container is read; None for what is none.

        One that was written by itself has a definition of its own. Others are of interest where
        the assignment knows their key: inputs and forward tensors in a dictionary or object.
        """
        found = self.reaching(name, place)
        first = next(found.formula.statements, None) if found else None
        whole = first.assigns.get(root_of(name)) if first is not None else None
        keyed = isinstance(node, ast.Subscript)
        if keyed and found is not None and _filled_unseen(root_of(name), found.formula):
            base = self.reaching(root_of(name), place)
        elif first is not None and (name in first.assigns or _gives_defaults(whole)):
            return name
        elif key_of(name) in self.keys:
            base = self._base(name, place)
        else:
            return None
        if base is None:
            return None
        own = f"{base.name}{MARK}{key_of(name)}"
        read = copied(node)
        read.value = ast.Name(base.name, ast.Load())
        member = Member(None, read, source=base)
        number = f"{own}{MARK}{len(self._elements)}"
        key = ("element", base.name, id(base.formula), own)
        if key not in self._formulas:
            self._formulas[key] = Formula(self, own, [member])
            self._element_names[key] = number
            self._elements[number] = Definition(own, self._formulas[key])
        return self._element_names[key]

    def made_element(self, name: str, place: Place) -> Definition | None:
        """An element under a key that the run has put together, read from its whole container."""
        base = self.reaching(root_of(name), place)
        if base is None:
            return None
        read = ast.Subscript(ast.Name(base.name), ast.Constant(key_of(name)), ast.Load())
        key = ("made", base.name, id(base.formula), name)
        return self._keep(name, [Member(None, read, source=base)], key)

    def picked_element(
        self, pair: tuple[str, str], known: Sequence[Definition | None], place: Place
    ) -> str:
        """The name of what one variable picks from another, the same for the same two values."""
        key = ("picked", *((each.name, id(each.formula)) for each in known if each is not None))
        if key not in self._formulas:
            of, by = (ast.Name(each, ast.Load()) for each in pair)
            read = ast.Subscript(of, ast.Tuple([by], ast.Load()), ast.Load())
            block = place.block.statements
            here = block[min(place.index, len(block) - 1)]
            own = MARK.join(pair)
            number = f"{own}{MARK}{len(self._elements)}"
            self._formulas[key] = Formula(self, own, [Member(here, read, place=place)])
            self._element_names[key] = number
            self._elements[number] = Definition(own, self._formulas[key])
        return self._element_names[key]

    def _base(self, element: str, place: Place) -> Definition | None:
        """What a container is before it was handed on under other names, without the other
        elements that were put into it since.
        """
        name, key = root_of(element), key_of(element)
        found = self.reaching(name, place)
        for _ in range(MAX_CALLS):
            renamed = found.formula.renames if found is not None else None
            further = self.reaching(*renamed) if renamed is not None else None
            if renamed is None or further is None:
                break
            (name, place), found = renamed, further
        own = self.reaching(name + MARK + key, place)
        if own is None or found is None or _filled_unseen(name, own.formula):
            return found
        return self._without_others(name, own, found)

    def _without_others(self, name: str, element: Definition, whole: Definition) -> Definition:
        """A container as it is for one of its elements."""
        members = element.formula.members
        first = members[0].statement
        if first is None or name not in first.assigns:
            return whole
        made = members[0]._replace(value=first.assigns[name])
        rest = [member._replace(value=None) for member in members[1:]]
        return self._defined(name, [made, *rest], first)

    # ---- steps --------------------------------------------------------------------------------

    def steps(self, name: str, members: Sequence[Member]) -> Iterator[Step]:
        """The statements of a formula with what each reads."""
        own: set[str] = set()
        for number, member in enumerate(members):
            if member.source is not None and member.value is not None:
                element = ast.Assign([ast.Name(name, ast.Store())], member.value, lineno=1)
                reads = {member.source.name: member.source}
                yield Step(None, (element,), reads, frozenset())
            if member.listed:
                names: list[ast.expr] = [ast.Name(each.name, ast.Load()) for each in member.listed]
                made = ast.Assign([ast.Name(name, ast.Store())], ast.List(names), lineno=1)
                yield Step(None, (made,), {each.name: each for each in member.listed}, frozenset())
            if member.statement is None:
                continue
            place = member.place or Place(member.statement.block, member.statement.index)
            node = self._node(name, member)
            own_name = name if number or member.value is None else ""
            yield self._step(member.statement, node, place, own if number else set(), own_name)
            own |= {name, *self._changing_views(name)}

    def _node(self, name: str, member: Member) -> ast.stmt:
        assert member.statement is not None
        node = member.statement.node
        if member.value is not None:
            return ast.Assign([ast.Name(name, ast.Store())], member.value, lineno=node.lineno)
        if isinstance(node, ast.For | ast.While | ast.If):
            wanted = {name, *self._changing_views(name)}
            if name in member.statement.called_on:  # it goes through objects, which change
                wanted |= liveness.stored(node) | liveness.objects(node)
            wanted |= {var for var, names in lent(node).items() if name in names}
            kept = liveness.pruned_block([node], wanted)
            return kept[0] if kept else ast.Pass()
        return node

    def _step(
        self, statement: Statement, node: ast.stmt, place: Place, own: set[str], whole: str
    ) -> Step:
        """whole: the container that the step is about, whose elements are written in it."""
        looping = isinstance(node, ast.For | ast.While)
        node = _Naming(self, place, whole=whole, around=looping).visit(copied(node))
        prelude: dict[str, tuple[tuple[int, int], ast.stmt]] = {}
        names, _ = liveness.exposed([node])
        reads: dict[str, Definition] = {}
        unknown: set[str] = set()
        pending = sorted(names - own)
        while pending:
            self.effort.spend(LOOKED_UP)
            each = pending.pop()
            if each in reads or each in prelude or each in ROOTS:
                continue
            found = (
                self._grad(each, place) or self._elements.get(each) or self.reaching(each, place)
            )
            if found is not None and not self.unpacked.takes_apart(statement):
                found = self._listed(found)
            function = _function_of(found)
            if function is not None and found is not None:
                definition, free = self._function(function)
                prelude[each] = (function.cell, function.node.lineno), definition
                pending += sorted(free - own)
            elif found is not None:
                reads[each] = found
            elif each in self.apart:
                reads[each] = self._keep(each, [Member(None, complaint=ORPHAN)], ("orphan", each))
            elif each not in BUILTINS:
                unknown.add(each)
        # In the order of the source: a class comes after those that it is derived from.
        defined = (one for _, one in sorted(prelude.values(), key=lambda each: each[0]))
        nodes = (*defined, node)
        return Step(statement, nodes, reads, frozenset(unknown))

    def _listed(self, container: Definition) -> Definition:
        """A list of parameters that a function hands back, as those name them who take it apart:
        what is drawn in the function is no way to them.
        """
        elements = tuple(self.unpacked.elements(container))
        if not elements:
            return container
        key = ("listed", container.name, id(container.formula))
        return self._keep(container.name, [Member(None, listed=elements)], key)

    def _function(self, statement: Statement) -> tuple[ast.stmt, set[str]]:
        """A function or class, ready for the clean room, and the names that it reads."""
        known = self._functions.get(id(statement))
        if known is None:
            known = self._functions[id(statement)] = self._prepared(statement)
        return known

    @contextmanager
    def functions_as(self, changed: Mapping[int, Statement]) -> Iterator[None]:
        """For a while, functions and classes, by the identity of their statement, are others."""
        before = dict(self._functions)
        for number, new in changed.items():
            if isinstance(new.node, ast.FunctionDef | ast.ClassDef):
                self._functions[number] = self._prepared(new)
        try:
            yield
        finally:
            self._functions = before

    def _prepared(self, statement: Statement) -> tuple[ast.stmt, set[str]]:
        place = Place(statement.block, statement.index)
        copy = copied(statement.node)
        if isinstance(copy, ast.ClassDef):
            pruned: ast.stmt = liveness.pruned_class(copy)
        else:
            assert isinstance(copy, ast.FunctionDef)
            pruned = liveness.pruned_function(copy)
        node = _Naming(self, place, plain=True).visit(pruned)
        return node, liveness.free(node)


class _Naming(ast.NodeTransformer):
    """Modules under their full paths; elements of containers that have a definition as names."""

    def __init__(
        self,
        slicer: Slicer,
        place: Place,
        *,
        plain: bool = False,
        whole: str = "",
        around: bool = False,
    ) -> None:
        """plain: of a function, whose names have other values at each call; whole: the container
        that is written; around: in a loop, where its elements change meanwhile.
        """
        self.slicer = slicer
        self.whole = whole
        self.around = around
        self.place = place
        self.plain = plain

    def visit_Name(self, node: ast.Name) -> ast.expr:
        path = self.slicer.modules.get(node.id)
        if path is None or not isinstance(node.ctx, ast.Load):
            return node
        found = self.slicer.reaching(node.id, self.place)
        if found is not None and not all(_imports(s) for s in found.formula.statements):
            return node
        return _path(path)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if node.args and (bar := _name_called(node)) in PROGRESS:
            inner = (
                node.args[0]
                if bar != "trange"
                else ast.Call(ast.Name("range", ast.Load()), node.args, [])
            )
            return self.visit(inner)  # type: ignore[no-any-return]
        if isinstance(node.func, ast.Attribute):  # on which device is none of a value's business
            node.keywords = [each for each in node.keywords if each.arg not in PLACING]
        if _name_called(node).endswith("_like") and node.args:
            node.args[0] = _without_grad(node.args[0])
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.ctx, ast.Store) and self.whole and root_name(node) == self.whole:
            return self._kept(node)
        picked = None if self.plain else self.slicer.picked.name(node, self.place)
        return self._element(node) if picked is None else ast.Name(picked, ast.Load())

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr in liveness.FORM:
            node.value = _without_grad(node.value)
        return self._element(node)

    def _kept(self, node: ast.expr) -> ast.expr:
        """A target within the container itself, whose elements are no variables there."""
        if isinstance(node, ast.Subscript):
            node.slice = self.visit(node.slice)
            node.value = self._kept(node.value)
        return node

    def _is_own(self, name: str) -> bool:
        found = self.slicer.reaching(name, self.place)
        return found is not None and self.slicer.is_own_object(found)

    def _element(self, node: ast.Subscript | ast.Attribute) -> ast.expr:
        name = None if self.plain else pseudonym(node)
        if name is None:
            return self.generic_visit(node)  # type: ignore[return-value]
        if not isinstance(node.ctx, ast.Load):
            kept = root_of(name) == self.whole
            return self.generic_visit(node) if kept else ast.Name(name, node.ctx)  # type: ignore[return-value]
        if root_of(name) == self.whole and self.around:
            return self.generic_visit(node)  # type: ignore[return-value]
        if name.endswith(GRAD) and not self._is_own(root_of(name)):
            return ast.Name(name, ast.Load())
        element = self.slicer.element(name, node, self.place)
        return self.generic_visit(node) if element is None else ast.Name(element, ast.Load())  # type: ignore[return-value]


def _filled_unseen(container: str, formula: Formula) -> bool:
    """Whether a container gets elements under keys of the run, which may read any other."""
    later = (member.statement for member in formula.members[1:])
    return any(
        isinstance(part, ast.Subscript)
        and isinstance(part.ctx, ast.Store)
        and isinstance(part.value, ast.Name)
        and part.value.id == container
        and not isinstance(part.slice, ast.Constant | ast.Tuple | ast.Slice)
        for each in later
        if each is not None
        for part in parts(each.node)
    )


def _gives_defaults(value: ast.expr | None) -> TypeGuard[ast.expr]:
    """`defaultdict(float)`: whatever is read from it, it has."""
    return isinstance(value, ast.Call) and _name_called(value) == "defaultdict"


def _read_by(steps: Sequence[Step]) -> tuple[Definition, ...]:
    return tuple(dict.fromkeys(read for step in steps for read in step.reads.values()))


def _constructors(value: ast.expr | None) -> Iterator[str]:
    """Functions and classes of whose results a value consists."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        yield value.func.id
    elif isinstance(value, ast.List | ast.Tuple | ast.Dict | ast.ListComp | ast.DictComp):
        for child in ast.iter_child_nodes(value):
            if isinstance(child, ast.expr):
                yield from _constructors(child)


def _element_given(name: str, statement: Statement, value: ast.expr | None) -> ast.Name | None:
    """The variable that becomes `name` when the tuple that a function returns is taken apart."""
    assert isinstance(statement.node, ast.Assign)
    for target in statement.node.targets:
        if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
            return None
        if len(target.elts) != len(value.elts):
            return None
        for each, given in zip(target.elts, value.elts, strict=True):
            if isinstance(each, ast.Name) and each.id == name:
                return given if isinstance(given, ast.Name) else None
    return None


def _name_called(node: ast.Call) -> str:
    func = node.func
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _without_grad(node: ast.expr) -> ast.expr:
    """`h` of `h.grad`, where only its form is asked for."""
    return node.value if isinstance(node, ast.Attribute) and node.attr == "grad" else node


def _path(path: str) -> ast.expr:
    first, *names = path.split(".")
    node: ast.expr = ast.Name(first, ast.Load())
    for name in names:
        node = ast.Attribute(node, name, ast.Load())
    return node


def _imports(statement: Statement) -> bool:
    return isinstance(statement.node, ast.Import | ast.ImportFrom)


def _heads(node: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a compound statement itself."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child


def _function_of(found: Definition | None) -> Statement | None:
    """The definition of a function or class, if that is what a name stands for."""
    statement = next(found.formula.statements, None) if found is not None else None
    plain = statement is not None and isinstance(statement.node, ast.FunctionDef | ast.ClassDef)
    return statement if plain else None


def _function_around(statement: Statement) -> Statement | None:
    around: Statement | None = statement
    while around is not None and around.block.kind != "function":
        around = around.block.parent
    return around.block.parent if around is not None else None


def _argument(
    name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call
) -> ast.expr | None:
    """What a call hands on under a parameter's name; None where that cannot be told."""
    arguments = function.args
    if any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg is None for k in call.keywords
    ):
        return None
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    given = dict(zip(positional, call.args, strict=False))
    given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
    if name in given:
        return given[name]
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return (defaults | {a.arg: d for a, d in named if d is not None}).get(name)
