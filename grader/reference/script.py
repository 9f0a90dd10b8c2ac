"""The forward script run once: what its names hold, and the graph that autograd has of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from types import CodeType
from typing import Any, TypeAlias

import torch

from grader.assignment.forward import ForwardScript, indexed

Edge: TypeAlias = tuple[Any, int]
"""A tensor's place in the graph: the node that computed it, and which of its outputs it is."""
_BOUND = "_bound"
"""What functions of the script call with the names that they bind."""


def compiled(script: ForwardScript, wanted: Collection[str]) -> CodeType:
    """The script as code; `wanted` names that functions bind are told as they are bound."""
    local = {(indexed(name) or (name, 0))[0] for name in wanted} & script.local
    tree = ast.parse(script.source, script.path)
    if local:
        tree = ast.fix_missing_locations(_Telling(local).visit(tree))
    return compile(tree, script.path, "exec", dont_inherit=True)


class _Telling(ast.NodeTransformer):
    """Puts a call after every assignment of some names inside functions."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names
        self.inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        before, self.inside = self.inside, True
        self.generic_visit(node)
        self.inside = before
        return node

    def _told(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> Any:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [
            part.id
            for target in targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name) and part.id in self.names
        ]
        if not self.inside or not names:
            return node
        return [node, *(ast.copy_location(_call(name), node) for name in names)]

    visit_Assign = visit_AugAssign = visit_AnnAssign = _told  # noqa: N815 - ast's names


def _call(name: str) -> ast.stmt:
    return ast.parse(f"{_BOUND}({name!r}, {name})").body[0]


class _Recording(dict[str, Any]):
    """A namespace that keeps every tensor that was bound to a name, in order."""

    def __init__(
        self, values: Mapping[str, Any], becomes: Callable[[str, torch.Tensor], torch.Tensor]
    ) -> None:
        """becomes: what is bound in the place of a tensor."""
        super().__init__(values)
        self.versions: dict[str, list[torch.Tensor]] = {}
        self._becomes = becomes
        self[_BOUND] = self.bound

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            value = self._becomes(name, value)
        super().__setitem__(name, value)
        if isinstance(value, torch.Tensor):
            self.bound(name, value)

    def bound(self, name: str, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            known = self.versions.setdefault(name, [])
            if not known or known[-1] is not value:  # `h += b` binds the same one again
                known.append(value)


class ForwardRun:
    """One run of the script on leaves of which some have a gradient."""

    def __init__(
        self, code: CodeType, leaves: Mapping[str, Any], parameters: Iterable[str]
    ) -> None:
        """leaves: inputs as the script wants them; parameters are replaced by leaves of a graph."""
        self.inputs = dict(leaves)
        for name in parameters:
            self.inputs[name] = leaves[name].detach().requires_grad_()
        self.scope = _Recording(self.inputs, self.bound)
        # A script may seed generators, and what it draws is its own affair.
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            exec(code, self.scope)  # noqa: S102 - the instructor's own script

    def bound(self, _: str, value: torch.Tensor) -> torch.Tensor:
        """What a name is bound to at the top of the script: the very tensor that was computed."""
        return value

    def value(self, name: str) -> Any:
        """What a name holds in the end; None where it was never bound.

        What was changed in place is what it has become: its `.grad` is that one's, too.
        """
        if name in self.scope:
            return self.scope[name]
        parts = indexed(name)
        base, number = parts or (name, -1)
        held = self.scope.get(base)
        several: Sequence[Any] = self.scope.versions.get(base, ())
        if parts and isinstance(held, list | tuple):
            several = held
        return several[number] if several and -1 <= number < len(several) else None

    def repeated(self, name: str) -> bool:
        """Whether several tensors were bound to a name."""
        return len(self.scope.versions.get(name, ())) > 1

    def has(self, name: str) -> bool:
        """Whether there is a tensor of that name that has a gradient."""
        value = self.value(name)
        return isinstance(value, torch.Tensor) and value.requires_grad

    def tensor(self, name: str) -> torch.Tensor:
        """The tensor of that name; LookupError where this run has none."""
        found = self.value(name)
        if isinstance(found, torch.Tensor):
            return found
        raise LookupError(f"`{name}` is no tensor here")

    @cached_property
    def _edges(self) -> dict[str, Edge]:
        return {}

    def edge(self, name: str) -> Edge:
        """Where a tensor stands in the graph."""
        if name not in self._edges:
            edge = torch.autograd.graph.get_gradient_edge(self.tensor(name))
            self._edges[name] = edge.node, edge.output_nr
        return self._edges[name]

    def reached(self, name: str, stops: Collection[Edge]) -> set[Edge]:
        """Every place from which a tensor was computed, on ways that end at `stops`."""
        found: set[Edge] = set()
        pending = [self.edge(name)]
        nodes = set()
        while pending:
            node, _ = pending.pop()
            if node in nodes:
                continue
            nodes.add(node)
            for other, number in node.next_functions:
                if other is None or (other, number) in found:
                    continue
                found.add((other, number))
                if (other, number) not in stops:
                    pending.append((other, number))
        return found
