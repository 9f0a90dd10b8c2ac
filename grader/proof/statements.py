"""Other ways to write a whole statement `dx = e`: temporaries, helpers, in place, other types."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.analysis.text import Change, Text
from grader.proof.scope import Scope, contributions, operations

FORMS = {
    "temporary": "answer = {e}\n{d} = answer",
    "zeros_first": "{d} = torch.zeros_like({x})\n{d} += {e}",
    "filled": "{d} = torch.empty_like({x})\n{d}[...] = {e}",
    "copied_into": "{d} = torch.empty_like({x})\n{d}.copy_({e})",
    "added_to_clone": "{d} = torch.zeros_like({x}).clone()\n{d}.add_({e})",
    "scaled": "{d} = 2 * {p}\n{d} *= 0.5",
    "minus_of_minus": "{d} = -{p}\n{d} = -{d}",
    "annotated": "{d}: torch.Tensor = {e}",
    "walrus": "({d} := {e})",
    "tuple": "{d}, unused = {e}, None",
    "chained": "{d} = result = {e}",
    "one_line_if": "{d} = {e} if True else None",
    "block": "if True:\n    {d} = {e}",
    "loop": "for _ in range(1):\n    {d} = {e}",
    "no_grad": "with torch.no_grad():\n    {d} = {e}",
    "try": "try:\n    {d} = {e}\nexcept RuntimeError:\n    {d} = None",
    "function": "def step():\n    return {e}\n\n\n{d} = step()",
    "function_of_name": "def step():\n    {d} = {e}\n    return {d}\n\n\n{d} = step()",
    "lambda": "{d} = (lambda: {e})()",
    "list": "parts = [{e}]\n{d} = parts[0]",
    "dict": 'parts = {{"{x}": {e}}}\n{d} = parts["{x}"]',
    "double": "{d} = {p}.double()",
    "double_inside": "{d} = (2.0 * {p}.double() / 2.0).float()",
    "numpy": "{d} = torch.from_numpy({p}.detach().numpy().copy())",
    "numpy_tensor": "import numpy as np\n\n{d} = torch.tensor(np.array({p}.detach()))",
    "detached": "{d} = {p}.detach().clone()",
    "reshaped": "{d} = {p}.reshape(-1).view({x}.shape)",
    "shape_checked": "{d} = {e}\nassert {d}.shape == {x}.shape",
    "printed": '{d} = {e}\nprint("{d}", {d}.shape)',
    "by_rows": "{d} = torch.stack([row for row in {p}])",
    "halves": "{d} = 0.5 * {p}\n{d} += 0.5 * {p}",
    "start_of_own": "{d} = {e}\n{d} = {d} * torch.ones_like({d})",
}
"""d: the gradient, x: its tensor, e: the right side, p: that in parentheses."""


def in_form(name: str, text: Text, scope: Scope) -> Iterator[Change]:
    """A plain assignment `dx = e` in one of the forms."""
    for write in contributions(text, scope.name):
        if isinstance(write, ast.Assign) and isinstance(write.targets[0], ast.Name):
            new = FORMS[name].format(
                d=scope.name, x=scope.target, e=text.of(write.value), p=f"({text.of(write.value)})"
            )
            yield write, new


def with_helper(text: Text, scope: Scope) -> Iterator[Change]:
    """Operands named first: `left = a; right = b; dx = left * right`."""
    for write in contributions(text, scope.name):
        for node in operations(text, ast.Mult, ast.MatMult, ast.Sub):
            if node is write.value and isinstance(write, ast.Assign):
                mark = {ast.Mult: "*", ast.MatMult: "@", ast.Sub: "-"}[type(node.op)]
                left, right, d = map(text.of, (node.left, node.right, write.targets[0]))
                named = f"left = {left}\nright = {right}\n{d} = left {mark} right"
                helper = f"def combine(left, right):\n    return left {mark} right\n\n\n"
                yield write, named
                yield write, f"{helper}{d} = combine({left}, {right})"


def in_place(text: Text, scope: Scope) -> Iterator[Change]:
    """`dx = a * b` → a copy of one, multiplied in place by the other."""
    methods = {ast.Mult: "mul_", ast.Sub: "sub_", ast.Div: "div_"}
    for write in contributions(text, scope.name):
        for node in operations(text, *methods):
            if node is write.value and isinstance(write, ast.Assign):
                left, right = text.operand(node.left), text.operand(node.right)
                method, d = methods[type(node.op)], text.of(write.targets[0])
                yield write, f"{d} = {left}.detach().clone()\n{d}.{method}({right})"
                if method == "mul_":
                    yield write, f"{d} = {right}.detach().clone()\n{d} *= {left}"
