"""A submission's code as blocks of statements, and what each statement does to names.

Cells follow one another in one block. `with`, `try` and `if True` stand open, since what they
hold runs as if it stood alone. A constant key or an attribute of a variable (`grads["h"]`,
`self.dW`) is a name of its own beside the variable's, so that gradients kept in containers are
told apart.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from grader.analysis.lifetime import Path
from grader.analysis.nodes import copied, parts
from grader.protocol.vocabulary import ATTRIBUTES, IN_PLACE

AT = frozenset({"at", "put", "copyto", "put_along_axis"})
"""Functions of numpy that change their first argument."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
VIEWS = frozenset(
    {"view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel"}
    | {"squeeze", "unsqueeze", "t", "transpose", "permute", "movedim", "swapaxes", "swapdims"}
    | {"expand", "expand_as", "narrow", "select", "diagonal", "detach", "numpy", "data"}
    | {"contiguous", "float", "double", "to", "type_as", "cpu"}
)
"""Methods whose result may be the same memory; some copy it where they have to."""


MARK = "·"
"""Between a variable and its key: a letter of identifiers that nobody types."""


def pseudonym(node: ast.AST) -> str | None:
    """The name of `grads["h"]` or `self.dW`; None of anything else."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return keyed(node.value.id, key.value)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        known = node.attr in ATTRIBUTES or node.attr.startswith("_")
        return None if known else f"{node.value.id}{MARK}{node.attr}"
    return None


def keyed(variable: str, key: str) -> str:
    """The name of an element."""
    return variable + MARK + re.sub(r"\W", MARK, key)


def key_of(name: str) -> str:
    """`h` of `grads["h"]`; a plain name itself."""
    return name.rpartition(MARK)[2]


def root_of(name: str) -> str:
    """`grads` of `grads["h"]`; a plain name itself."""
    return name.partition(MARK)[0]


class Block:
    """Statements that run one after the other."""

    def __init__(self, parent: Statement | None = None, kind: str = "module") -> None:
        self.parent = parent
        self.kind = kind
        """module, function, class, loop or branch."""
        self.statements: list[Statement] = []

    def add(self, nodes: Iterable[ast.stmt], cell: int, base: Path) -> None:
        """Append statements, those of blocks that stand open one by one."""
        for index, node in enumerate(nodes):
            path = (*base[:-1], (base[-1][0], index))
            if _stands_open(node):
                for field in ("body", "orelse", "finalbody"):
                    self.add(getattr(node, field, ()), cell, (*path, (field, -1)))
            else:
                self.statements.append(Statement(node, self, len(self.statements), cell, path))


class Statement:
    """One statement in its block; compound ones hold blocks."""

    def __init__(self, node: ast.stmt, block: Block, index: int, cell: int, path: Path) -> None:
        self.node = node
        self.block = block
        self.index = index
        self.cell = cell
        self.path = path
        self.blocks: list[Block] = []
        for way, kind, nodes in _inner(node):
            inner = Block(self, kind)
            inner.add(nodes, cell, (*path, *way))
            self.blocks.append(inner)

    @cached_property
    def assigns(self) -> dict[str, ast.expr | None]:
        """Names that are bound anew for certain → their value, None where it is not one."""
        return dict(_assigns(self.node))

    @cached_property
    def updates(self) -> frozenset[str]:
        """Names whose value may be changed, or that may be bound anew."""
        return frozenset(_updates(self.node)) - self.assigns.keys()

    @cached_property
    def called_on(self) -> frozenset[str]:
        """Variables that are called, or whose own methods are: an object may change by that."""
        if isinstance(self.node, (*FUNCTIONS, ast.ClassDef)):
            return frozenset()
        calls = (part.func for part in parts(self.node) if isinstance(part, ast.Call))
        objects = [f.value if isinstance(f, ast.Attribute) else f for f in calls]
        named = (*map(_object_of, objects), *map(pseudonym, objects))
        found = {name for name in named if name is not None}
        for part in parts(self.node):  # `for layer in reversed(layers): d = layer.backward(d)`
            if isinstance(part, ast.For) and found & set(_names(part.target)):
                found |= set(_names(part.iter))
        return frozenset(found)

    def changes(self, name: str) -> bool | None:
        """True: binds it anew; False: may change it; None: leaves it alone."""
        if name in self.assigns:
            return True
        root = root_of(name)
        if root != name and root in self.assigns:
            return True
        return False if name in self.updates or (root != name and root in self.whole) else None

    @cached_property
    def whole(self) -> frozenset[str]:
        """Containers that are changed otherwise than by writing an element with a known key."""
        return frozenset(_updates(self.node, elements=False))


def _object_of(node: ast.expr) -> str | None:
    """`net` of `net`, `net[0]`, `net["first"]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _names(node: ast.AST) -> Iterator[str]:
    return (part.id for part in parts(node) if isinstance(part, ast.Name))


def _stands_open(node: ast.stmt) -> bool:
    """Whether a block's statements run one after the other as those around it do."""
    if isinstance(node, ast.If):
        return _always_true(node.test) and not node.orelse
    return isinstance(node, ast.With | ast.AsyncWith | ast.Try | ast.TryStar)


def _always_true(test: ast.expr) -> bool:
    """`True`, or `__name__ == "__main__"`, as which everything runs."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = {ast.unparse(test.left), ast.unparse(test.comparators[0])}
        return sides == {"__name__", "'__main__'"}
    return isinstance(test, ast.Constant) and bool(test.value)


def _inner(node: ast.stmt) -> Iterator[tuple[Path, str, list[ast.stmt]]]:
    kind = "branch"
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        kind = "loop"
    elif isinstance(node, FUNCTIONS):
        kind = "function"
    elif isinstance(node, ast.ClassDef):
        kind = "class"
    for field in ("body", "orelse", "finalbody"):
        nodes = getattr(node, field, None)
        if isinstance(nodes, list) and nodes:
            yield ((field, -1),), kind if field == "body" else "branch", nodes
    for field in ("handlers", "cases"):
        for index, part in enumerate(getattr(node, field, None) or ()):
            yield ((field, index), ("body", -1)), "branch", part.body


def _assigns(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _targets(target, node.value)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from _targets(node.target, node.value)
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name, None
    elif isinstance(node, ast.If):
        # Both ways bind it: whichever was taken, the value is a new one.
        either = always(node.body) & always(node.orelse)
        yield from ((name, None) for name in sorted(either))
    elif isinstance(node, ast.For) and _runs(node):
        yield from ((name, None) for name in sorted(always(node.body)))
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0], None
    for expression in own_expressions(node):
        for part in parts(expression):
            if isinstance(part, ast.NamedExpr):
                yield part.target.id, part.value


def _runs(node: ast.For) -> bool:
    """Whether a loop's body runs to its end at least once: `for _ in range(1):`."""
    around = node.iter
    if any(isinstance(part, ast.Break | ast.Continue) for part in ast.walk(node)):
        return False
    if isinstance(around, ast.List | ast.Tuple):
        return bool(around.elts) and not any(isinstance(e, ast.Starred) for e in around.elts)
    if not isinstance(around, ast.Call) or ast.unparse(around.func) != "range":
        return False
    counts = [each.value for each in around.args if isinstance(each, ast.Constant)]
    return len(around.args) == 1 and any(counts)


def always(nodes: Iterable[ast.stmt]) -> set[str]:
    """Names that a block binds whatever happens."""
    return {name for node in nodes for name, _ in _assigns(node)}


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
        if isinstance(value, ast.Dict):
            for key, part in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield keyed(target.id, key.value), part
        elif isinstance(value, ast.List | ast.Tuple):
            # A list of gradients; what stands in it under a name of its own has that name.
            for number, part in enumerate(value.elts):
                if not isinstance(part, ast.Name | ast.Constant | ast.Starred):
                    yield keyed(target.id, str(number)), part
        elif isinstance(value, ast.Call) and not value.args:
            # `dict(h=…)`, `SimpleNamespace(h=…)`, `Grads(h=…)`: whatever makes something else
            # of it does not give what was seen.
            yield from ((keyed(target.id, k.arg), k.value) for k in value.keywords if k.arg)
    elif isinstance(target, ast.Tuple | ast.List):
        for element, each in zip(target.elts, _matched(target, value), strict=True):
            yield from _targets(element, each)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value, None)
    elif (name := pseudonym(target)) is not None:
        yield name, value


def _matched(target: ast.Tuple | ast.List, value: ast.expr | None) -> Sequence[ast.expr | None]:
    """What each element of a target is given, where the text tells."""
    nothing = [None] * len(target.elts)
    if isinstance(value, ast.ListComp | ast.GeneratorExp):
        value = _written_out(value, len(target.elts))
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(target.elts):
        return nothing
    starred = any(isinstance(e, ast.Starred) for e in (*value.elts, *target.elts))
    return nothing if starred else value.elts


def _written_out(node: ast.ListComp | ast.GeneratorExp, many: int) -> ast.Tuple | None:
    """`(g["h"], g["W"])` for `(g[k] for k in ("h", "W"))`, if it makes so many."""
    (first, *others) = node.generators
    around = first.iter.value if isinstance(first.iter, ast.Constant) else None
    text = around if isinstance(around, str) else ""
    given: Sequence[ast.expr] = getattr(first.iter, "elts", ())
    if len(given) + len(text) != many or others or first.ifs or first.is_async:
        return None
    given = given or [ast.Constant(letter) for letter in text]
    if not isinstance(first.target, ast.Name):
        return None
    if not all(isinstance(each, ast.Name | ast.Constant) for each in given):
        return None
    name = first.target.id
    return ast.Tuple([_Put(name, each).visit(copied(node.elt)) for each in given], ast.Load())


class _Put(ast.NodeTransformer):
    """Puts an expression in the place of a variable."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.copy_location(copied(self.value), node) if node.id == self.name else node


def _updates(node: ast.stmt, *, elements: bool = True) -> Iterator[str]:
    """Everything that is written anywhere inside, and what is changed in place."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)) or _declares(node):
        return
    inside = set(_of_comprehensions(node))
    aliases = lent(node)
    for part in parts(node):
        if isinstance(part, ast.Name | ast.Subscript | ast.Attribute) and isinstance(
            part.ctx, ast.Store | ast.Del
        ):
            if part not in inside and (elements or pseudonym(_element_of(part)) is None):
                yield from written_names(part)
                yield from _owner_of_grad(part, node)
                if not isinstance(part, ast.Name):
                    yield from aliases.get(root_name(part) or "", ())
        elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            yield from aliases.get(part.target.id, ())  # `d += g` adds to the tensor itself
        elif isinstance(part, ast.Call):
            yield from changed_names(part)
            if aliases:
                yield from (n for name in changed_names(part) for n in aliases.get(name, ()))


def _owner_of_grad(target: ast.expr, node: ast.stmt) -> Iterator[str]:
    """`nodes` of `nodes["h"].grad = …`, an object's own attribute: nobody writes a tensor's by hand
    but to take it away.
    """
    if not isinstance(target, ast.Attribute) or target.attr != "grad":
        return
    value = node.value if isinstance(node, ast.Assign | ast.AugAssign) else None
    if pseudonym(target) is None and value is not None and not isinstance(value, ast.Constant):
        names = (pseudonym(target.value), root_name(target.value))
        yield from (name for name in names if name is not None)


def lent(node: ast.AST) -> dict[str, set[str]]:
    """Variable of a loop → those whose values it is in turn, which change with it:
    `for d, x in [(dh, h), (dq, q)]: d[i] = …`.
    """
    found: dict[str, set[str]] = {}
    for loop in parts(node) if isinstance(node, ast.For) else ():
        if not isinstance(loop, ast.For) or not isinstance(loop.iter, ast.List | ast.Tuple):
            continue
        for value in loop.iter.elts:
            for each, given in _pairs(loop.target, value):
                found.setdefault(each, set()).add(given)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    """Names of a target, each with the variable that it is given."""
    if isinstance(target, ast.Name) and isinstance(value, ast.Name):
        yield target.id, value.id
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for each, given in zip(target.elts, value.elts, strict=False):
            yield from _pairs(each, given)


def _of_comprehensions(node: ast.stmt) -> Iterator[ast.AST]:
    """Variables of comprehensions: `[dh.norm() for dh in found]` binds no `dh` outside."""
    for part in parts(node):
        if isinstance(part, ast.comprehension):
            yield from parts(part.target)


def _declares(node: ast.stmt) -> bool:
    """Whether a statement says a type only, as the field of a dataclass does: `dC: Tensor`."""
    return isinstance(node, ast.AnnAssign) and node.value is None


def _element_of(node: ast.expr) -> ast.expr:
    """`G["h"]` of `G["h"][0]`: the outermost part that has a name of its own."""
    while isinstance(node, ast.Subscript | ast.Attribute) and pseudonym(node) is None:
        node = node.value
    return node


def written_names(node: ast.expr) -> Iterator[str]:
    """What a target names: itself and, of an element, what holds it."""
    if isinstance(node, ast.Attribute) and node.attr in {"grad", "requires_grad"}:
        if (name := pseudonym(node)) is not None:
            yield name
        return
    if (name := pseudonym(_element_of(node))) is not None:
        yield name
    if (root := root_name(node)) is not None:
        yield root


def changed_names(call: ast.Call) -> Iterator[str]:
    """What a call changes in place, as far as its text tells."""
    for keyword in call.keywords:
        if keyword.arg == "out":
            yield from written_names(keyword.value)
    func = call.func
    if not isinstance(func, ast.Attribute):
        return
    if func.attr in AT and call.args:
        yield from written_names(call.args[0])
    in_place = func.attr in IN_PLACE or (func.attr.endswith("_") and func.attr[-2:] != "__")
    if in_place and func.attr != "requires_grad_":
        yield from written_names(func.value)


def root_name(node: ast.expr) -> str | None:
    """`dX` of `dX`, `dX[i]`, `dX.data[i]`, `dX.view(-1)[i]`; None for other expressions."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute) and node.attr == "grad":
            return None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        else:
            return None
    return node.id


def viewed(node: ast.expr | None) -> str | None:
    """`dX` of `dX`, `dX.view(…)`, `dX.T`, `dX[i]`: expressions that share its memory."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        if pseudonym(node) is not None:
            return pseudonym(node)
        if isinstance(node, ast.Call):
            node = node.func
            if not (isinstance(node, ast.Attribute) and node.attr in VIEWS):
                return None
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def own_expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, those of nested statements left out."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def updated(node: ast.stmt) -> str | None:
    """The name that a step of gradient descent changes: `p.data += …`, `p -= lr * g`,
    `p.sub_(…)`, `p.data = …`; "" for `optimizer.step()` and `getattr(p, name).data -= …`; None
    for other statements.
    """
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        if isinstance(node.value, ast.Constant):
            return None  # `t -= 1` counts
        data = isinstance(node.target, ast.Attribute) and node.target.attr == "data"
        return root_name(node.target) or ("" if data else None)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        return root_name(node.targets[0]) if node.targets[0].attr == "data" else None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        func = node.value.func
        if isinstance(func, ast.Attribute) and func.attr in {"sub_", "add_", "copy_"}:
            return root_name(func.value)
        return "" if isinstance(func, ast.Attribute) and func.attr == "step" else None
    return None
