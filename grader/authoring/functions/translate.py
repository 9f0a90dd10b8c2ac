"""A forward function of NumPy as one of PyTorch; whether it is the same, calls of both tell."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping

SAME = (
    "abs amax amin arange argmax cos einsum exp expm1 eye log log1p matmul maximum mean minimum "
    "ones_like outer prod reshape sign sin sqrt square stack std sum tanh var where zeros_like"
)
"""Are called alike."""
OTHERS = {
    "absolute": "abs",
    "clip": "clamp",
    "concatenate": "cat",
    "dot": "matmul",
    "max": "amax",
    "min": "amin",
    "multiply": "mul",
    "power": "pow",
}
TORCH = {**{name: name for name in SAME.split()}, **OTHERS}
"""NumPy's function → PyTorch's."""
BOTH = frozenset({"maximum", "minimum"})
"""Take tensors only: `np.maximum(0, x)`."""
NUMBERS = frozenset(
    [
        "absolute",
        "abs",
        "cos",
        "exp",
        "expm1",
        "log",
        "log1p",
        "sign",
        "sin",
        "sqrt",
        "square",
        "tanh",
    ]
)
"""Take tensors only, and in NumPy numbers as well: `np.sqrt(D)`."""
EXTREMES = frozenset({"max", "min", "amax", "amin"})
METHODS = {"dot": "matmul", "max": "amax", "min": "amin", "copy": "clone", "transpose": "permute"}
KINKS = frozenset({"maximum", "minimum", "abs", "clip", "max", "where", "sign", "relu", "clamp"})


def translated(
    forward: ast.FunctionDef,
    helpers: Mapping[str, ast.FunctionDef],
    numpy: Iterable[str],
    *,
    numbers: bool = False,
) -> ast.FunctionDef:
    """`forward`, under that name, with the functions that it calls, each node on its old line; its
    first value alone is returned. numpy: the names under which the module has NumPy; numbers:
    functions of numbers are given tensors.
    """
    called = used(forward, helpers)
    numpy = frozenset(numpy)
    inner = [_Torch(numpy, cache=False, numbers=numbers).visit(_copy(helpers[n])) for n in called]
    main = _Torch(numpy, cache=True, numbers=numbers).visit(_copy(forward))
    assert isinstance(main, ast.FunctionDef)
    main.name = "forward"
    for node in (*inner, main):
        node.decorator_list, node.returns = [], None
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
    # Within it: at the top of an exercise's file they would stand before the student's own.
    main.body = [*inner, *main.body]
    return ast.fix_missing_locations(main)


def kinked(forward: ast.FunctionDef, helpers: Mapping[str, ast.FunctionDef]) -> bool:
    """Whether a function speaks of something whose derivative jumps."""
    nodes = [forward, *(helpers[name] for name in used(forward, helpers))]
    parts = [part for node in nodes for part in ast.walk(node)]
    called = {getattr(part, "attr", getattr(part, "id", "")) for part in parts}
    return bool(called & KINKS) or any(isinstance(part, ast.Compare) for part in parts)


def _copy(node: ast.FunctionDef) -> ast.FunctionDef:
    return copy.deepcopy(node)


def used(node: ast.FunctionDef, helpers: Mapping[str, ast.FunctionDef]) -> list[str]:
    """Functions of the module that a function calls, and those that they call."""
    found: dict[str, None] = {}
    pending = [node]
    while pending:
        for part in ast.walk(pending.pop()):
            name = part.id if isinstance(part, ast.Name) else ""
            if name in helpers and name not in found and helpers[name] is not node:
                found[name] = None
                pending.append(helpers[name])
    return list(found)


class _Torch(ast.NodeTransformer):
    """`np.exp(x)` becomes `torch.exp(x)`, and so on."""

    def __init__(self, numpy: frozenset[str], *, cache: bool, numbers: bool) -> None:
        """cache: a tuple is returned of which the first is the value."""
        self.numpy = numpy
        self.cache = cache
        self.numbers = numbers

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if self.cache and isinstance(node.value, ast.Tuple) and node.value.elts:
            node.value = node.value.elts[0]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        func = node.func
        of_numpy = self._of_numpy(func)  # before its name is put into PyTorch's words
        self.generic_visit(node)
        if not isinstance(func, ast.Attribute) or not self.numpy:
            return node
        name = func.attr
        whole = not node.args[of_numpy:] and not node.keywords
        if of_numpy:
            node.func = _torch(TORCH.get(name, name))
        elif name in METHODS:
            func.attr = METHODS[name]
        if of_numpy and name in BOTH:
            node.args = [ast.Call(_torch("as_tensor"), [each], []) for each in node.args]
        if of_numpy and name in NUMBERS and self.numbers:
            double = ast.keyword("dtype", _torch("float64"))
            node.args = [ast.Call(_torch("as_tensor"), [each], [double]) for each in node.args]
        if name in {"var", "std"}:
            node.keywords.append(ast.keyword("correction", ast.Constant(0)))
        if name in EXTREMES and whole and isinstance(node.func, ast.Attribute):
            node.func.attr = name.removeprefix("a")  # of all elements
        return node

    def _of_numpy(self, func: ast.expr) -> bool:
        value = func.value if isinstance(func, ast.Attribute) else None
        return isinstance(value, ast.Name) and value.id in self.numpy

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if self._of_numpy(node):
            return ast.Constant(None) if node.attr == "newaxis" else _torch(node.attr)
        return node


def _torch(name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load())
