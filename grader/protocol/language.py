"""The small language of the clean room: what a slice may say, and nothing else.

A white list of Python's syntax, of functions by their full path and of methods by name. What it
lets through computes with tensors, numbers and containers; it cannot reach the autograd engine,
a file, another program or the interpreter. The trusted side checks slices with it; the clean
room checks them again, binds every function path to a name of its own and compiles them. No
module object, no builtin and no attribute that is not listed is ever within their reach.
"""

from __future__ import annotations

import ast
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from types import CodeType, SimpleNamespace
from typing import Any

from grader.protocol.vocabulary import ATTRIBUTES, BUILTINS, CONTEXTS, PATHS, PLACING, STAYING

ROOTS = frozenset({"torch", "numpy", "math", "collections", "types"})
"""Names that stand for modules; a path from them has to be listed."""
GET, SET, TEST, POWER = "attribute of", "set attribute of", "holds", "to the power of"
MOVE, VALUE = "moved by", "value of"
"""Names, which no student can spell, of what the clean room puts in the place of syntax."""
INIT = "begin as"
UNDECIDED = "a condition on a tensor cannot be followed"
"""Said of lines whose way the network at hand would decide."""
ASKED = "`.grad` of a tensor is autograd's"
"""Said of lines that ask for one: there is none in the clean room."""
_OPERATORS = frozenset(
    f"__{side}{name}__"
    for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]
    for side in ("", "r")
)
_METHODS = _OPERATORS | {"__init__", "__call__", "__neg__", "__getitem__", "__len__"}
"""Methods with such names that an own class may have."""
_MAX_BITS = 4096
"""Of a whole number's power: 9**9**9 ignores timers. Tensors may be raised to any power."""

_EXPRESSIONS = (
    ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Compare, ast.Call,
    ast.JoinedStr, ast.FormattedValue, ast.Constant, ast.Attribute, ast.Subscript, ast.Starred,
    ast.Name, ast.List, ast.Tuple, ast.Slice,
)  # fmt: skip
_STATEMENTS = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.For, ast.While, ast.If, ast.With,
    ast.FunctionDef, ast.ClassDef, ast.Return, ast.Pass, ast.Break, ast.Continue,
)  # fmt: skip
_PARTS = (
    ast.Module, ast.comprehension, ast.arguments, ast.arg, ast.keyword, ast.withitem,
    ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip

_KNOWN: dict[type[ast.AST], bool] = {}
"""Whether a kind of node is one of these, as far as it was asked."""


class OutsideError(Exception):
    """What a slice says that is not of the language, in words for a student."""


def path_of(node: ast.expr) -> str | None:
    """`torch.nn.functional.softmax` of such an expression; None of anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in ROOTS or not names:
        return None
    return ".".join([node.id, *reversed(names)])


def check(node: ast.AST) -> None:
    """Raises OutsideError if a statement or expression is not of the language."""
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        _check_node(part)
        if isinstance(part, ast.Attribute) and path_of(part) is not None:
            continue  # a path is judged as a whole
        if isinstance(part, ast.With):
            pending += part.body  # the contexts that are let through change no value
            continue
        types = _types(part)
        pending += [child for child in ast.iter_child_nodes(part) if child not in types]


def _types(node: ast.AST) -> tuple[ast.AST | None, ...]:
    """Annotations, which are left out."""
    if isinstance(node, ast.FunctionDef):
        return (node.returns, *node.decorator_list)
    return (getattr(node, "annotation", None),)


def _check_node(node: ast.AST) -> None:
    kind = type(node)
    if kind not in _KNOWN:
        _KNOWN[kind] = issubclass(kind, _EXPRESSIONS + _STATEMENTS + _PARTS)
    if not _KNOWN[kind]:
        raise OutsideError(f"`{type(node).__name__.lower()}` cannot be followed")
    question = _QUESTIONS.get(type(node))
    if question is not None:
        question(node)


def _check_attribute(node: ast.Attribute) -> None:
    if (path := path_of(node)) is not None:
        if path not in PATHS:
            raise OutsideError(f"`{path}` cannot be followed")
    elif _begins_parent(node):
        return
    elif node.attr.startswith("__") or (node.attr in ENGINE and node.attr != "grad"):
        raise OutsideError(f"`.{node.attr}` cannot be followed")


def _check_name(node: ast.Name) -> None:
    if node.id.startswith("__") or (node.id in ROOTS and isinstance(node.ctx, ast.Store)):
        raise OutsideError(f"`{node.id}` cannot be followed")


def _check_constant(node: ast.Constant) -> None:
    if not isinstance(node.value, int | float | str | complex | type(None) | type(...)):
        raise OutsideError("bytes cannot be followed")


def _check_with(node: ast.With) -> None:
    for item in node.items:
        called = item.context_expr
        path = path_of(called.func) if isinstance(called, ast.Call) else None
        if path not in CONTEXTS or item.optional_vars is not None:
            raise OutsideError(f"`with {ast.unparse(called)[:40]}` cannot be followed")


def _check_function(node: ast.FunctionDef) -> None:
    allowed = all(_is_decorator(each) for each in node.decorator_list)
    if not allowed or (node.name.startswith("__") and node.name not in _METHODS):
        raise OutsideError(f"the function `{node.name}` cannot be followed")


def _is_decorator(node: ast.expr) -> bool:
    """One that makes a method a static one or an attribute, or has nothing to do with values."""
    if isinstance(node, ast.Name):
        return node.id in {"staticmethod", "property"}
    return isinstance(node, ast.Call) and path_of(node.func) in CONTEXTS


def _check_class(node: ast.ClassDef) -> None:
    plain = all(isinstance(base, ast.Name) for base in node.bases)
    if (
        not (plain or _is_tuple(node))
        or node.keywords
        or not all(map(_makes_fields, node.decorator_list))
    ):
        raise OutsideError(f"the class `{node.name}` is not a plain one")
    for part in node.body:
        known = isinstance(part, ast.FunctionDef | ast.Pass) or _docstring(part)
        if not known and not (
            isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
        ):
            raise OutsideError(f"the class `{node.name}` is not a plain one")


def _is_tuple(node: ast.ClassDef) -> bool:
    """`class Cache(NamedTuple)`"""
    return [ast.unparse(base).rpartition(".")[2] for base in node.bases] == ["NamedTuple"]


def _makes_fields(decorator: ast.expr) -> bool:
    """`@dataclass`, `@dataclasses.dataclass(frozen=True)`."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
    return name == "dataclass"


def _check_formatted(node: ast.FormattedValue) -> None:
    if node.format_spec is not None:
        raise OutsideError("formatted text cannot be followed")


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


_QUESTIONS: dict[type[ast.AST], Callable[[Any], None]] = {
    ast.Attribute: _check_attribute,
    ast.Name: _check_name,
    ast.Constant: _check_constant,
    ast.With: _check_with,
    ast.FunctionDef: _check_function,
    ast.ClassDef: _check_class,
    ast.FormattedValue: _check_formatted,
}
ENGINE = frozenset(
    {"grad", "grad_fn", "_grad", "backward_hooks", "autograd", "requires_grad", "next_functions"}
    | {"register_hook", "retain_grad", "_backward_hooks", "register_post_accumulate_grad_hook"}
    | {"_base", "_version", "is_leaf"}
)
"""Attributes by which the engine is asked; no own object may have one of these names either, but
for `grad`, which is looked up on own objects only.
"""


# ---- in the clean room ---------------------------------------------------------------------------


def compiled(source: str, name: str) -> CodeType:
    """Check and compile statements; names in `bindings()` have to be in their namespace."""
    tree = ast.parse(source)
    check(tree)
    tree = ast.fix_missing_locations(_Binder().visit(tree))
    code: CodeType = compile(tree, name, "exec", dont_inherit=True)
    return code


def bindings(find: Callable[[str], Any], test: Callable[[Any], bool]) -> dict[str, Any]:
    """What code that was compiled here may refer to besides its own names.

    find: the function or number of a path; test: whether the value of a condition holds.
    """
    own = _Own()
    named = {path: found for path in PATHS if (found := find(path)) is not None}
    named["numpy.newaxis"] = None
    syntax = {GET: own.get, SET: own.set, TEST: test, POWER: _power, MOVE: own.moved}
    syntax[INIT] = own.begin
    named["collections.namedtuple"] = own.named_tuple
    named["types.SimpleNamespace"] = own.namespace
    # torch imports parts of itself through the builtins of whoever calls it; a slice cannot name
    # either of these, since it may hold no dunder name and no import statement.
    builtins = {"__build_class__": own.build, "__import__": _import_for_torch}
    hidden = {"__builtins__": builtins, "__name__": "slice"}
    decorators = {_decorator("staticmethod"): staticmethod, _decorator("property"): property}
    return hidden | syntax | BUILTINS | named | decorators


def _decorator(name: str) -> str:
    return f"as {name}"


def _import_for_torch(name: str, *rest: Any, **options: Any) -> Any:
    if name.partition(".")[0] not in ROOTS:
        raise OutsideError(f"`import {name}` cannot be followed")
    return __import__(name, *rest, **options)


def _power(base: Any, exponent: Any) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and base.bit_length() * abs(exponent) > _MAX_BITS:
        raise OutsideError("so large a power cannot be followed")
    return base**exponent


class _Own:
    """Attributes of instances of the slice's own classes; listed ones of everything else."""

    def __init__(self) -> None:
        self._classes: set[type] = set()

    def build(self, body: Any, name: str, *bases: Any) -> type:
        if not self._classes.issuperset(bases):
            raise OutsideError(f"the class `{name}` is not a plain one")
        made: type = _build_class(body, name, *bases)
        self._classes.add(made)
        return made

    def begin(self, value: Any, own: Any) -> Any:
        """What `super().__init__` is in a method of a class."""
        if own not in self._classes:
            raise OutsideError("`super` cannot be followed here")
        return getattr(super(own, value), "__init__")  # noqa: B009 - of an own class, or object

    def named_tuple(self, name: str, fields: Any, *, defaults: Any = None) -> type:
        made: type = namedtuple(name, fields, defaults=defaults)  # type: ignore[misc]  # noqa: PYI024
        self._classes.add(made)
        return made

    def namespace(self, **values: Any) -> Any:
        self._classes.add(SimpleNamespace)
        return SimpleNamespace(**values)

    def get(self, value: Any, name: str) -> Any:
        if type(value) in self._classes or name in ATTRIBUTES:
            return getattr(value, name)
        if isinstance(value, type) and value in self._classes and name in vars(value):
            return getattr(value, name)  # a static method
        if name == "grad" and hasattr(type(value), "requires_grad"):
            raise OutsideError(ASKED)
        raise OutsideError(f"`.{name}` cannot be followed")

    def moved(self, value: Any, name: str, *arguments: Any, **options: Any) -> Any:
        """What a method gives that moves a tensor to a device: all but that."""
        if type(value) in self._classes:
            return self.get(value, name)(*arguments, **options)
        if name != "to":
            return value
        left = [each for each in arguments if not _is_device(each)]
        return value.to(*left, **options) if left or options else value

    def set(self, value: Any, name: str, new: Any) -> None:
        if type(value) not in self._classes:
            raise OutsideError(f"`.{name} = …` cannot be followed")
        setattr(value, name, new)


def _is_device(value: Any) -> bool:
    return isinstance(value, str | int) or type(value).__name__ == "device"


_build_class: Any = __build_class__


def _stored_attributes(target: ast.expr) -> bool:
    """Whether attributes are assigned, be it within a tuple: `self.x, self.W = x, W`."""
    if isinstance(target, ast.Tuple | ast.List):
        return any(map(_stored_attributes, target.elts))
    return isinstance(target.value if isinstance(target, ast.Starred) else target, ast.Attribute)


class _Apart(ast.NodeTransformer):
    """Names in the place of a target's attributes, and the assignments that are left to do."""

    def __init__(self) -> None:
        self.assigned: list[ast.stmt] = []

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.ctx, ast.Store):
            return node
        name = f"{VALUE} {len(self.assigned)}"
        self.assigned.append(ast.Assign([node], ast.Name(name, ast.Load())))
        return ast.Name(name, ast.Store())


class _Binder(ast.NodeTransformer):
    """Paths become names, attributes of own objects calls, conditions tests."""

    def __init__(self) -> None:
        self._class = ""
        """The class around the statement at hand."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if (path := path_of(node)) is not None:
            return ast.Name(path, ast.Load())
        if not isinstance(node.ctx, ast.Load):
            raise OutsideError(f"`.{node.attr} = …` cannot be followed here")
        value = self.visit(node.value)
        if node.attr in ATTRIBUTES:
            return ast.Attribute(value, node.attr, node.ctx)
        return _call(GET, [value, ast.Constant(node.attr)])

    def visit_Call(self, node: ast.Call) -> Any:
        method = node.func
        if not isinstance(method, ast.Attribute):
            return self.generic_visit(node)
        if _begins_parent(method) and self._class:
            node.func = _call(
                INIT, [ast.Name("self", ast.Load()), ast.Name(self._class, ast.Load())]
            )
            return self.generic_visit(node)
        node.keywords = [each for each in node.keywords if each.arg not in PLACING]
        if method.attr not in STAYING or path_of(method) is not None:
            return self.generic_visit(node)
        arguments = [self.visit(each) for each in node.args]
        moved = _call(MOVE, [self.visit(method.value), ast.Constant(method.attr), *arguments])
        moved.keywords = [self.visit(each) for each in node.keywords]
        return moved

    def visit_Assign(self, node: ast.Assign) -> Any:
        if not any(_stored_attributes(target) for target in node.targets):
            return self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1:  # one after the other, as Python does
            value = ast.Assign([ast.Name(VALUE, ast.Store())], node.value)
            each = [ast.Assign([part], ast.Name(VALUE, ast.Load())) for part in node.targets]
            return self._block([value, *each])
        if isinstance(target, ast.Attribute):
            value_of = [self.visit(target.value), ast.Constant(target.attr), self.visit(node.value)]
            return ast.Expr(_call(SET, value_of))
        apart = _Apart()
        whole = ast.Assign([apart.visit(target)], node.value)
        return self._block([whole, *apart.assigned])

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if not isinstance(node.target, ast.Attribute) and not isinstance(
            node.op, ast.Pow | ast.LShift
        ):
            return self.generic_visit(node)
        read = copy(node.target)
        read.ctx = ast.Load()
        return self.visit(ast.Assign([node.target], ast.BinOp(read, node.op, node.value)))

    def visit_With(self, node: ast.With) -> Any:
        return self._block(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        named = (each for each in node.decorator_list if isinstance(each, ast.Name))
        node.decorator_list = [ast.Name(_decorator(each.id), ast.Load()) for each in named]
        node.body = self._block(node.body)
        node.args = self.visit(node.args)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return ast.Pass()
        return self.visit(ast.Assign([node.target], node.value))

    def visit_If(self, node: ast.If | ast.While | ast.IfExp) -> Any:
        self.generic_visit(node)
        node.test = _call(TEST, [node.test])
        return node

    visit_While = visit_IfExp = visit_If  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        if _is_tuple(node):
            return self.visit(_tuple_of(node, fields))
        if node.decorator_list:
            node.body.insert(0, _initialised(fields))
        elif fields:
            raise OutsideError(f"the class `{node.name}` is not a plain one")
        node.decorator_list = []
        node.bases = [ast.Name(base, ast.Load()) for base in bases if base != "object"]
        around, self._class = self._class, node.name
        node.body = self._block(part for part in node.body if part not in fields)
        self._class = around
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            return _call(POWER, [node.left, node.right])
        if isinstance(node.op, ast.LShift):
            raise OutsideError("`<<` cannot be followed")
        return node

    def _block(self, statements: Iterable[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for statement in statements:
            new = self.visit(statement)
            found += new if isinstance(new, list) else [new]
        return found or [ast.Pass()]


def _begins_parent(method: ast.Attribute) -> bool:
    """`super().__init__`"""
    called = method.value
    return (
        method.attr == "__init__"
        and isinstance(called, ast.Call)
        and (isinstance(called.func, ast.Name) and called.func.id == "super" and not called.args)
    )


def _initialised(fields: Iterable[ast.AnnAssign]) -> ast.FunctionDef:
    """The `__init__` of a dataclass."""
    names = [each.target.id for each in fields if isinstance(each.target, ast.Name)]
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg("self"), *(ast.arg(name) for name in names)],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[each.value for each in fields if each.value is not None],
    )
    body: list[ast.stmt] = [
        ast.Assign(
            [ast.Attribute(ast.Name("self", ast.Load()), name, ast.Store())],
            ast.Name(name, ast.Load()),
        )
        for name in names
    ]
    return ast.FunctionDef("__init__", arguments, body or [ast.Pass()], [])


def _tuple_of(node: ast.ClassDef, fields: Sequence[ast.AnnAssign]) -> ast.Assign:
    """`class Cache(NamedTuple)` with its fields, as `namedtuple` makes it."""
    if len(fields) < len(node.body) - sum(map(_docstring, node.body)):
        raise OutsideError(f"the class `{node.name}` is not a plain one")
    names: list[ast.expr] = [ast.Constant(ast.unparse(each.target)) for each in fields]
    defaults: list[ast.expr] = [each.value for each in fields if each.value is not None]
    root = ast.Attribute(ast.Name("collections", ast.Load()), "namedtuple", ast.Load())
    made = ast.Call(root, [ast.Constant(node.name), ast.List(names, ast.Load())], [])
    if defaults:
        made.keywords = [ast.keyword("defaults", ast.List(defaults, ast.Load()))]
    return ast.Assign([ast.Name(node.name, ast.Store())], made)


def _call(name: str, arguments: list[ast.expr]) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), arguments, [])
