"""What is asked of a slice before anything runs: can it be followed, and where does it begin.

A *leaf* is an input of the network under a name that the assignment knows; the clean room puts
fresh values there. What cannot be followed keeps the value that it had in the ordinary run, if
that was seen, and makes whatever reads it incomplete.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from grader.analysis.effort import Effort
from grader.analysis.nodes import parts
from grader.analysis.slicer import Definition, Formula
from grader.analysis.statements import MARK, key_of, root_name
from grader.protocol.language import OutsideError, check

ENGINE = frozenset(
    {"grad", "grad_fn", "autograd", "vjp", "jvp", "jacobian", "jacrev", "jacfwd", "hessian"}
    | {"next_functions", "register_hook", "grad_and_value", "linearize", "forward_ad"}
    | {"register_post_accumulate_grad_hook", "get_gradient_edge", "_grad", "aot_function"}
)
"""Words by which autograd is asked for a gradient."""


class Formulas:
    """Answers about formulas, each worked out once."""

    def __init__(
        self,
        effort: Effort,
        inputs: Mapping[str, str],
        indices: Collection[str] = (),
        owns: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """inputs: student's variable → canonical parameter or index input; indices: those that
        are index inputs; owns: whether a name holds objects of the submission's own classes.
        """
        self._effort = effort
        self._owns = owns
        self.inputs = inputs
        self.indices = frozenset(indices)
        self._told: dict[tuple[int, str], str] = {}
        self.gradients: frozenset[int] = frozenset()
        """Formulas of gradients: `d["W1"]` is no parameter."""
        self.elements: frozenset[int] = frozenset()
        """Formulas of elements of containers that the forward pass reads: `P["W1"]` may be one."""
        self._complaints: dict[int, str | None] = {}
        self._leaves: dict[tuple[int, str], str | None] = {}
        self._engine: dict[int, bool] = {}
        self._rests: dict[tuple[int, str], bool] = {}
        self._asked: dict[Definition, bool] = {}
        self._broken: dict[Definition, bool] = {}
        self._below: dict[Definition, tuple[Definition, ...]] = {}
        self._leaves_of: dict[Definition, dict[str, list[Definition]]] = {}
        self._kept: list[Formula] = []

    def complaint(self, formula: Formula) -> str | None:
        """Why its own statements cannot be followed; None if they can."""
        key = id(formula)
        if key not in self._complaints:
            self._kept.append(formula)  # or another could get its number
            self._complaints[key] = _complaint(formula)
        return self._complaints[key]

    def asks_engine(self, formula: Formula) -> bool:
        """Whether its own statements take something from autograd."""
        key = id(formula)
        if key not in self._engine:
            self._kept.append(formula)
            nodes = (node for step in formula.steps for node in step.nodes)
            self._engine[key] = any(
                isinstance(part, ast.Attribute) and self._asks(part, own=_has_own(node))
                for node in nodes
                for part in parts(node)
            )
        return self._engine[key]

    def _asks(self, node: ast.Attribute, *, own: bool) -> bool:
        """Whether an attribute is autograd's; `.grad` of the student's own objects is not.

        own: it stands in a class whose objects have one.
        """
        if node.attr not in ENGINE or isinstance(node.ctx, ast.Store):
            return False
        holder = root_name(node.value) if node.attr == "grad" else None
        return not (own and node.attr == "grad") and (holder is None or not self._owns(holder))

    def leaf(self, definition: Definition) -> str | None:
        """The canonical input that a definition stands for; None if it is computed.

        A known name that is computed from inputs again is no leaf: a parameter after its
        update, an argument under its own name.
        """
        key = (id(definition.formula), definition.name)
        if key in self._told:
            return self._told[key]
        if id(definition.formula) in self.gradients and MARK in definition.name:
            return None
        canonical = self.inputs.get(key_of(definition.name))
        if canonical is None:
            return None
        if MARK in definition.name and id(definition.formula) not in self.elements:
            return None
        if key not in self._leaves:
            self._kept.append(definition.formula)
            self._leaves[key] = canonical  # unless found otherwise, also while it is asked
            if self._follows_from_leaf(definition, canonical):
                self._leaves[key] = None
        return self._leaves[key]

    def draws_on_engine(self, definition: Definition) -> bool:
        """Whether autograd is asked anywhere on the way to a value."""
        return self._anywhere(
            definition, self._asked, lambda formula: formula.autograd or self.asks_engine(formula)
        )

    def _follows_from_leaf(self, definition: Definition, canonical: str) -> bool:
        """Whether a known name is an input handed on, or computed from inputs and nothing else.

        A batch that is picked from what stands under another known name (`Xb = xs[ix]`) is
        where the network begins; `xs` is the whole data set then.
        """
        formula = definition.formula
        if self.complaint(formula) is not None or not self._rests_on_leaf(definition):
            return False
        if canonical in self.indices and formula.renames is None and not formula.handed_on:
            return False
        below = self.closure(definition, lambda each: self.leaf(each) is not None)
        return not any(
            each != definition
            and self.leaf(each) is None
            and self.complaint(each.formula) is not None
            for each in below
        )

    def tell(self, leaves: Mapping[str, Definition]) -> None:
        """Canonical input → the definition under another name that was found to stand for it."""
        for canonical, definition in leaves.items():
            self._kept.append(definition.formula)
            self._told[id(definition.formula), definition.name] = canonical
        self._leaves.clear()
        self._rests.clear()
        self._below.clear()
        self._leaves_of.clear()

    def _rests_on_leaf(self, definition: Definition) -> bool:
        """Whether what a definition is computed from holds a leaf.

        The deepest first: a chain may be longer than Python's stack.
        """
        below = list(self.closure(definition, self._settled))
        for each in reversed(below[1:]):
            self.rests_on_leaf(each)
        return any(
            self.leaf(each) is not None or self.rests_on_leaf(each)
            for each in definition.formula.inputs()
        )

    def _settled(self, definition: Definition) -> bool:
        return (id(definition.formula), definition.name) in self._rests

    def rests_on_leaf(self, definition: Definition) -> bool:
        """Whether a value depends on an input of the network, as far as it can be followed."""
        key = (id(definition.formula), definition.name)
        if key not in self._rests:
            self._kept.append(definition.formula)
            self._rests[key] = False  # in a circle
            self._rests[key] = self.leaf(definition) is not None or self._rests_on_leaf(definition)
        return self._rests[key]

    def unseen(self, starts: Iterable[Definition]) -> Iterator[Definition]:
        """What slices begin with besides leaves: nothing of the network, and not to be followed
        to its own beginning. Each with what it is computed from: whatever of it was seen in
        the ordinary run will do.
        """
        seen: set[Definition] = set(starts)
        pending, beginnings = list(seen), set[Definition]()
        while pending:
            current = pending.pop()
            if self.leaf(current) is not None or current.formula.autograd:
                if MARK in current.name:
                    yield current  # an element of a container has to be asked for
                continue
            if self.begins_unseen(current) or self.picked(current):
                yield current
            if self.complaint(current.formula) is None:
                inputs = set(current.formula.inputs())
                if self.rests_on_leaf(current):  # perhaps an input under another name
                    plain = {each for each in inputs if not self.rests_on_leaf(each)}
                    yield from plain - beginnings
                    beginnings |= plain
                pending += inputs - seen
                seen |= inputs

    def begins_unseen(self, definition: Definition) -> bool:
        """Whether a value has nothing of the network, and cannot be followed to its beginning."""
        if self.rests_on_leaf(definition) or self.draws_on_engine(definition):
            return False
        return self._anywhere(
            definition, self._broken, lambda formula: self.complaint(formula) is not None
        )

    def picked(self, definition: Definition) -> bool:
        """Whether something unseen goes into it: `xs[rows]`, where the rows were drawn."""
        return self.complaint(definition.formula) is None and any(
            self.complaint(each.formula) is not None and self.leaf(each) is None
            for each in definition.formula.inputs()
        )

    def _anywhere(
        self,
        start: Definition,
        known: dict[Definition, bool],
        holds: Callable[[Formula], bool],
    ) -> bool:
        """Whether something holds of a formula anywhere on the way to a value. known: what was
        found before, and is added to, so that each is looked at once.
        """
        above: dict[Definition, Definition | None] = {start: None}
        pending = [start]
        while pending:
            current: Definition | None = pending.pop()
            assert current is not None
            self._effort.spend(1)
            if current not in known and not holds(current.formula):
                more = [each for each in current.formula.inputs() if each not in above]
                above |= dict.fromkeys(more, current)
                pending += more
            elif known.get(current, True):
                while current is not None:
                    known[current] = True
                    current = above[current]
                return True
        known |= dict.fromkeys(above, False)
        return False

    def closure(
        self, start: Definition, stop: Callable[[Definition], bool]
    ) -> Iterator[Definition]:
        """A definition and all that it is computed from; what stops is given and not entered."""
        seen = {start}
        pending = [start]
        while pending:
            current = pending.pop()
            self._effort.spend(1)
            yield current
            if current != start and stop(current):
                continue
            for each in current.formula.inputs():
                if each not in seen:
                    seen.add(each)
                    pending.append(each)

    def goes_on(self, definition: Definition, among: Iterable[Definition]) -> bool:
        """Whether a loop goes on from a value: the hidden state before the first step."""
        return any(
            statement.blocks and definition.name in statement.updates
            for start in among
            for other in (start, *self.below(start))
            if definition in other.formula.inputs()
            for statement in other.formula.statements
        )

    def bottom(self, definition: Definition) -> bool:
        """Whether a slice ends here: a leaf, autograd's gradient, or what cannot be followed."""
        return (
            self.leaf(definition) is not None
            or definition.formula.autograd
            or self.complaint(definition.formula) is not None
        )

    def leaves(self, definition: Definition) -> dict[str, list[Definition]]:
        """Canonical input → the leaves of that input which a definition rests on."""
        if definition in self._leaves_of:
            return self._leaves_of[definition]
        found = self._leaves_of[definition] = {}
        for each in self.below(definition):
            canonical = self.leaf(each)
            if canonical is not None and each not in found.setdefault(canonical, []):
                found[canonical].append(each)
        return found

    def below(self, definition: Definition) -> tuple[Definition, ...]:
        """A definition and all that it is computed from, down to where slices end."""
        if definition not in self._below:
            self._below[definition] = tuple(self.closure(definition, self.bottom))
        return self._below[definition]


def _complaint(formula: Formula) -> str | None:
    if formula.complaint is not None:
        return formula.complaint
    if formula.unbegun:
        return f"`{formula.name}` is changed and begun nowhere"
    if formula.carried:
        return f"`{formula.name}` is handed on from one iteration to the next"
    for step in formula.steps:
        if step.unknown:
            return f"`{min(step.unknown)}` cannot be followed"
        for node in step.nodes:
            try:
                check(node)
            except OutsideError as error:
                return str(error)
            except RecursionError:
                return "it is nested too deeply"
    return None


def slot(definition: Definition) -> str:
    """A definition's name in the clean room."""
    return f"{definition.formula.number}:{definition.name}"


def _has_own(node: ast.stmt) -> bool:
    """Whether it is a class that gives its objects a `grad`."""
    if not isinstance(node, ast.ClassDef):
        return False
    stored = (part for part in parts(node) if isinstance(part, ast.Attribute))
    return any(
        part.attr == "grad" and isinstance(part.ctx, ast.Store) and root_name(part.value) == "self"
        for part in stored
    )
