"""Which names code reads before it writes them, and which of its statements a result needs.

Prints, comparisons, plots and measurements stand between the lines of a gradient in every real
notebook. What no needed name depends on is left out, so that it cannot make a slice unreadable.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from grader.analysis.nodes import parts
from grader.analysis.statements import FUNCTIONS, MARK, changed_names, root_name, written_names

Names = frozenset[str]
FORM = frozenset({"shape", "dtype", "size", "ndim", "dim", "numel", "device", "len"})
"""What says nothing of a tensor's values."""
_BUILTINS = frozenset(dir(builtins)) | {"display"}
NOTHING: Names = frozenset()


def loads(node: ast.AST | None, bound: Names = NOTHING) -> set[str]:
    """Names whose values an expression reads, those that it binds itself left out."""
    if node is None:
        return set()
    if isinstance(node, ast.Name):
        return {node.id} - bound if isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, ast.Lambda):
        inner = bound | {a.arg for a in parts(node.args) if isinstance(a, ast.arg)}
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        return loads(node.body, inner).union(*(loads(d, bound) for d in defaults))
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        return _comprehended(node, bound)
    types = (getattr(node, "annotation", None), getattr(node, "returns", None))
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if child not in types:
            found |= loads(child, bound)
    return found


def _comprehended(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, bound: Names
) -> set[str]:
    found: set[str] = set()
    for part in node.generators:
        found |= loads(part.iter, bound)
        bound |= stored(part.target)
        for test in part.ifs:
            found |= loads(test, bound)
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return found.union(*(loads(result, bound) for result in results))


def value_reads(node: ast.AST) -> set[str]:
    """The same, names of which only the form is asked left out: `zeros_like(dX)`, `dX.shape`."""
    if isinstance(node, ast.Attribute) and node.attr in FORM:
        return set()
    if isinstance(node, ast.Call):
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name.endswith("_like") or name in FORM:
            return set()
    if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
        return loads(node)
    if isinstance(node, ast.Name):
        return loads(node)
    return set().union(*(value_reads(child) for child in ast.iter_child_nodes(node)))


def stored(node: ast.AST) -> Names:
    return frozenset(
        part.id
        for part in parts(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    )


def exposed(nodes: Iterable[ast.stmt], bound: Names = NOTHING) -> tuple[set[str], Names]:
    """Names that statements read before they bind them, and what is bound after them."""
    found: set[str] = set()
    for node in nodes:
        more, bound = _exposed(node, bound)
        found |= more
    return found, bound


def _exposed(node: ast.stmt, bound: Names) -> tuple[set[str], Names]:
    if isinstance(node, ast.For):
        found = loads(node.iter, bound)
        inner, _ = exposed(node.body, bound | stored(node.target))
        return found | inner | exposed(node.orelse, bound)[0] | loads(node.target, bound), bound
    if isinstance(node, ast.While | ast.If):
        found = loads(node.test, bound)
        then, after = exposed(node.body, bound)
        other, otherwise = exposed(node.orelse, bound)
        kept = after & otherwise if isinstance(node, ast.If) else bound
        return found | then | other, kept
    if isinstance(node, ast.With):
        return exposed(node.body, bound)
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return set(), bound | {node.name}
    walrus = {n.target.id for n in parts(node) if isinstance(n, ast.NamedExpr)}
    found = loads(node, bound | walrus)
    if isinstance(node, ast.AugAssign):
        found |= {node.target.id} - bound if isinstance(node.target, ast.Name) else set()
    return found, bound | stored(node)


def free(function: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """Names that a function or class reads and does not bind."""
    if isinstance(function, ast.ClassDef):
        methods = [part for part in function.body if isinstance(part, ast.FunctionDef)]
        bases = {part.id for part in function.bases if isinstance(part, ast.Name)}
        return bases.union(*(free(method) for method in methods)) - {"object"}
    arguments = frozenset(a.arg for a in parts(function.args) if isinstance(a, ast.arg))
    inner: list[ast.FunctionDef] = []
    found: set[str] = set()
    pending: list[ast.AST] = list(function.body)
    while pending:
        part = pending.pop()
        if isinstance(part, ast.FunctionDef):
            inner.append(part)
        elif isinstance(part, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
            found |= loads(part)
        elif isinstance(part, ast.Name):
            found |= {part.id} if isinstance(part.ctx, ast.Load) else set()
        elif isinstance(part, ast.AnnAssign):
            pending += [part.target, *([part.value] if part.value is not None else [])]
        else:
            pending += ast.iter_child_nodes(part)
    nested = set().union(*(free(part) for part in inner))
    bound = arguments | _bound_in(function.body) | {part.name for part in inner}
    defaults = [*function.args.defaults, *(d for d in function.args.kw_defaults if d)]
    return ((found | nested) - bound).union(*(loads(default) for default in defaults))


def _bound_in(nodes: Sequence[ast.stmt]) -> set[str]:
    """Names that a body binds, those of functions within it left out."""
    found: set[str] = set()
    pending: list[ast.AST] = list(nodes)
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif not isinstance(part, (*FUNCTIONS, ast.Lambda)):
            pending += ast.iter_child_nodes(part)
    return found


# ---- leaving out --------------------------------------------------------------------------------


def pruned_block(nodes: Sequence[ast.stmt], needed: Iterable[str]) -> list[ast.stmt]:
    """The statements that decide the values of `needed`, in their order."""
    wanted = set(needed)
    while True:
        before = len(wanted)
        kept = _kept(nodes, wanted)
        if len(wanted) == before:
            return kept


def pruned_function(function: ast.FunctionDef) -> ast.FunctionDef:
    """A function with what its results and what it changes depend on."""
    arguments = {a.arg for a in parts(function.args) if isinstance(a, ast.arg)}
    new = copy(function)
    new.body = pruned_block(function.body, arguments | free(function)) or [ast.Pass()]
    return new


def pruned_class(node: ast.ClassDef) -> ast.ClassDef:
    """A class whose methods are pruned; how it is shown is no matter."""
    new = copy(node)
    kept = (p for p in node.body if getattr(p, "name", None) not in {"__repr__", "__str__"})
    new.body = [pruned_function(p) if isinstance(p, ast.FunctionDef) else p for p in kept]
    new.body = new.body or [ast.Pass()]
    return new


def _kept(nodes: Sequence[ast.stmt], wanted: set[str]) -> list[ast.stmt]:
    """One round from the last statement to the first; `wanted` grows by what is read."""
    kept: list[ast.stmt] = []
    for node in reversed(nodes):
        new = _needed(node, wanted)
        if new is not None:
            kept.insert(0, new)
    return kept


def _needed(node: ast.stmt, wanted: set[str]) -> ast.stmt | None:
    if isinstance(node, ast.If | ast.For | ast.While | ast.With):
        return _needed_compound(node, wanted)
    if isinstance(node, ast.Return):
        wanted |= loads(node)
        return node
    if isinstance(node, ast.Break | ast.Continue):
        return node
    if isinstance(node, ast.FunctionDef):
        if node.name not in wanted:
            return None
        wanted |= free(node)
        return pruned_function(node)
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom | ast.Pass | ast.Delete):
        return None
    if not wanted & set(written(node)):
        return None
    wanted |= loads(node)
    return node


def _needed_compound(
    node: ast.If | ast.For | ast.While | ast.With, wanted: set[str]
) -> ast.stmt | None:
    body = _kept(node.body, wanted)
    orelse = [] if isinstance(node, ast.With) else _kept(node.orelse, wanted)
    leaves = all(isinstance(part, ast.Break | ast.Continue) for part in (*body, *orelse))
    if leaves and not (isinstance(node, ast.If) and (body or orelse)):
        return None
    new = copy(node)
    new.body = body or [ast.Pass()]
    if not isinstance(new, ast.With):
        new.orelse = orelse
    for head in ("test", "iter"):
        wanted |= loads(getattr(node, head, None))
    return new


def objects(loop: ast.AST) -> set[str]:
    """What a loop through objects needs besides names: calls of methods of its variables."""
    heads = (part.target for part in parts(loop) if isinstance(part, ast.For))
    return {f"{MARK}{name}" for head in heads for name in stored(head)}


def written(node: ast.stmt) -> Iterator[str]:
    """Names that a simple statement binds or changes; with a mark before it, the variable of which
    a method is called and nothing else done.
    """
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            yield f"{MARK}{function.value.id}"
    for part in parts(node):
        if isinstance(part, ast.Name | ast.Subscript | ast.Attribute) and isinstance(
            part.ctx, ast.Store
        ):
            yield from written_names(part)
            if isinstance(part, ast.Attribute) and part.attr == "grad":
                yield from _owner(part, node)
        elif isinstance(part, ast.Call):
            yield from changed_names(part)
            if isinstance(node, ast.Expr) and _is_own(part.func):
                # A helper called for what it does to its arguments: `add_into(dC, …)`.
                for argument in part.args:
                    if (root := root_name(argument)) is not None:
                        yield root


def _owner(target: ast.Attribute, node: ast.stmt) -> Iterator[str]:
    """The object whose own `grad` is written; a tensor's is only ever taken away."""
    name, value = root_name(target.value), getattr(node, "value", None)
    if name is not None and (name == "self" or not isinstance(value, ast.Constant)):
        yield name


def _is_own(function: ast.expr) -> bool:
    """Whether a function that is called may be the student's own: no `print`."""
    return isinstance(function, ast.Name) and function.id not in _BUILTINS


__all__ = ["exposed", "free", "loads", "pruned_block", "pruned_class", "pruned_function", "written"]
