"""Other ways to write an expression. All are tried, only equivalent ones are kept."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from grader.analysis.text import Change, Text
from grader.proof.scope import Scope, contributions, method_calls, operations

FUNCTIONS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
}
Idiom = Callable[[Text, Scope], Iterator[Change]]


def exchanged(text: Text, _scope: Scope) -> Iterator[Change]:
    """`a * b` → `b * a`."""
    for node in operations(text, ast.Mult):
        yield node, f"{text.operand(node.right)} * {text.operand(node.left)}"


def as_function(text: Text, _scope: Scope) -> Iterator[Change]:
    """`a * b` → `torch.mul(a, b)`."""
    for node in operations(text, *FUNCTIONS):
        name = FUNCTIONS[type(node.op)]
        yield node, f"torch.{name}({text.of(node.left)}, {text.of(node.right)})"


def distributed(text: Text, _scope: Scope) -> Iterator[Change]:
    """`(a - b) * c` → `a * c - b * c`, and over a quotient."""
    for node in operations(text, ast.Mult, ast.Div):
        total = node.left
        if isinstance(total, ast.BinOp) and isinstance(total.op, ast.Add | ast.Sub):
            by = ("* " if isinstance(node.op, ast.Mult) else "/ ") + text.operand(node.right)
            sign = "+" if isinstance(total.op, ast.Add) else "-"
            left, right = text.operand(total.left), text.operand(total.right)
            yield node, f"({left} {by} {sign} {right} {by})"


def regrouped(text: Text, _scope: Scope) -> Iterator[Change]:
    """`a * b * c` → `a * (b * c)`."""
    for node in operations(text, ast.Mult):
        inner = node.left
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult | ast.Div):
            mark = "*" if isinstance(inner.op, ast.Mult) else "/"
            first, second = text.operand(inner.left), text.operand(inner.right)
            rest = f"{text.operand(node.right)} {mark} {second}"
            yield node, f"{first} * ({rest})"


def divided(text: Text, _scope: Scope) -> Iterator[Change]:
    """`1.0 / x * y` → `y / x`; `x / y` → `x * (1 / y)`."""
    for node in operations(text, ast.Mult):
        left = node.left
        if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div) and _is_one(left.left):
            yield node, f"{text.operand(node.right)} / {text.operand(left.right)}"
    for node in operations(text, ast.Div):
        yield node, f"{text.operand(node.left)} * {text.operand(node.right)} ** -1"


def _is_one(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def other_power(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x**2` → `x * x`, `x**-2` → `1 / x**2`, `.pow`, `.square()`."""
    for node in operations(text, ast.Pow):
        base, exponent = text.operand(node.left), text.of(node.right)
        yield node, f"{base}.pow({exponent})"
        if exponent == "2":
            yield node, f"({base} * {base})"
            yield node, f"{base}.square()"
        elif exponent.startswith("-"):
            yield node, f"1 / {base} ** {exponent[1:]}"


def other_product(text: Text, _scope: Scope) -> Iterator[Change]:
    """Matrix products as einsum, transposed twice, by rows, as broadcast sums."""
    for node in operations(text, ast.MatMult):
        a, b = text.operand(node.left), text.operand(node.right)
        yield node, f'torch.einsum("ij,jk->ik", {a}, {b})'
        yield node, f"({b}.T @ {a}.T).T"
        yield node, f"torch.stack([row @ {b} for row in {a}])"
        yield node, f"({a}[:, :, None] * {b}[None]).sum(1)"
        yield node, f"torch.tensordot({a}, {b}, dims=1)"
        yield node, f"F.linear({a}, {b}.T)"
        yield node, f"{a}.mm({b})"


def other_einsum(text: Text, _scope: Scope) -> Iterator[Change]:
    """`a.T @ b` → einsum over the first dimension; `(a * b).sum(0)` likewise."""
    for node in operations(text, ast.MatMult):
        if isinstance(node.left, ast.Attribute) and node.left.attr == "T":
            left, right = text.of(node.left.value), text.of(node.right)
            yield node, f'torch.einsum("bi,bj->ij", {left}, {right})'
        if isinstance(node.right, ast.Attribute) and node.right.attr == "T":
            left, right = text.of(node.left), text.of(node.right.value)
            yield node, f'torch.einsum("bi,ji->bj", {left}, {right})'
    for call, method in method_calls(text, "sum"):
        product = method.value
        if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
            left, right = text.of(product.left), text.of(product.right)
            for kept in ("i", "b"):
                yield call, f'torch.einsum("bi,bi->{kept}", {left}, {right})'
                yield call, f'torch.einsum("bi,bi->{kept}", {left}, {right}).unsqueeze(-1)'


def other_transpose(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x.T` → `x.t()`, `x.transpose(0, 1)`, `x.permute(1, 0)`."""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Attribute) and node.attr == "T":
            for way in ("t()", "transpose(0, 1)", "permute(1, 0)", "mT"):
                yield node, f"{text.operand(node.value)}.{way}"


def other_sum(text: Text, _scope: Scope) -> Iterator[Change]:
    """Sums with the dimension kept in another way, or not kept where that does no harm."""
    for call, method in method_calls(text, "sum"):
        if not call.args:
            continue
        x, dim = text.operand(method.value), text.of(call.args[0])
        kept = "keepdim=True" if call.keywords else "keepdim=False"
        yield call, f"{x}.sum({dim})[{'None' if dim == '0' else ':, None'}]"
        yield call, f"{x}.sum({dim}).unsqueeze({dim})"
        yield call, f"torch.sum({x}, dim={dim}, {kept})"
        yield call, f"{x}.sum(axis={dim}, {kept.replace('keepdim', 'keepdims')})"
        yield call, f"{x}.mean({dim}, {kept}) * {x}.shape[{dim}]"
        yield call, f"torch.stack([row.sum({dim}) for row in {x}.unsqueeze(1)])"
        yield call, f"sum({x}[i] for i in range({x}.shape[0]))"
        yield call, f"{x}.sum({dim})"


def other_broadcast(text: Text, _scope: Scope) -> Iterator[Change]:
    """`torch.ones_like(x) * y` → `y.expand_as(x)`, `y.repeat(…)`, `torch.ones(…) * y`."""
    for node in operations(text, ast.Mult):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, ast.Call) and text.of(one.func).endswith("ones_like"):
                like, y = text.of(one.args[0]), text.operand(other)
                yield node, f"{y}.expand_as({like})"
                yield node, f"{y}.expand({like}.shape).clone()"
                yield node, f"{y}.repeat({like}.shape[0], 1)"
                yield node, f"torch.broadcast_to({y}, {like}.shape)"
                yield node, f"torch.ones({like}.shape) * {y}"


def other_one_hot(text: Text, _scope: Scope) -> Iterator[Change]:
    """`F.one_hot(i, k)` → rows of an identity, scatter, a comparison, index assignment."""
    for call in ast.walk(text.tree):
        if isinstance(call, ast.Call) and text.of(call.func).endswith("one_hot"):
            index = text.operand(call.args[0])
            rest = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
            size = text.of(rest[0]) if rest else "-1"
            blank = f"torch.zeros({index}.shape[0], {size})"
            rows = f"torch.arange({index}.shape[0])"
            yield call, f"torch.eye({size})[{index}]"
            yield call, f"{blank}.scatter_(1, {index}[:, None], 1.0)"
            yield call, f"({index}[:, None] == torch.arange({size})).float()"
            yield call, f"{blank}.index_put_(({rows}, {index}), torch.tensor(1.0))"
            yield call, f"torch.stack([torch.arange({size}) == i for i in {index}]).float()"


def other_maximum(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x.max(1).indices` → `x.argmax(1)`."""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Attribute) and node.attr == "indices":
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                x, dim = text.operand(call.func.value), text.of(call.args[0])
                yield node, f"{x}.argmax({dim})"
                yield node, f"{x}.sort({dim}).indices.select({dim}, -1)"
                yield node, f"{x}.topk(1, {dim}).indices.squeeze({dim})"


def other_number(text: Text, scope: Scope) -> Iterator[Change]:
    """`n` → the size of the batch; `1.0 / n` → `n**-1`."""
    sizes = [f"len({index})" for index in sorted(scope.indices)]
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Name) and node.id in scope.scalars:
            for size in sizes:
                yield node, size
    for node in operations(text, ast.Div):
        if scope.is_number(node) and _is_one(node.left):
            yield node, f"{text.operand(node.right)} ** -1"


def own_sum(text: Text, scope: Scope) -> Iterator[Change]:
    """`dx += e` → `dx = dx + e`, `dx.add_(e)`, `dx -= -e`."""
    for write in contributions(text, scope.name):
        if isinstance(write, ast.AugAssign) and isinstance(write.op, ast.Add):
            target, value = text.of(write.target), text.of(write.value)
            yield write, f"{target} = {target} + {text.operand(write.value)}"
            yield write, f"{target} = {text.operand(write.value)} + {target}"
            yield write, f"{target}.add_({value})"
            yield write, f"{target} = torch.add({target}, {value})"
            yield write, f"{target} -= -{text.operand(write.value)}"


IDIOMS: dict[str, Idiom] = {
    function.__name__: function
    for function in (
        exchanged, as_function, distributed, regrouped, divided, other_power, other_product,
        other_einsum, other_transpose, other_sum, other_broadcast, other_one_hot, other_maximum,
        other_number, own_sum,
    )
}  # fmt: skip
