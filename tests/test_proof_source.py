from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from grader.analysis.text import Text, splice
from grader.proof import factors, sums
from grader.proof.scope import Scope

SHAPES = {"W": (3, 4), "h": (2, 3), "p": (2, 3), "dh": (2, 3), "c": (2, 1)}
SCOPE = Scope(
    name="dx",
    target="x",
    floats={name: shape for name, shape in SHAPES.items() if name != "dh"} | {"x": (2, 3)},
    gradients={"dh": (2, 3)},
    indices=frozenset({"Y"}),
    scalars=frozenset({"n"}),
)


def changed(operator: object, source: str) -> set[str]:
    text = Text(source)
    return {text.replaced(node, new) for node, new in operator(text, SCOPE)}  # type: ignore[operator]


def test_a_sum_is_dropped_and_its_brackets_stay() -> None:
    assert changed(sums.drop_sum, "dx = (h * dh).sum(1)  # é") == {"dx = (h * dh)  # é"}


def test_a_function_of_a_module_is_no_method() -> None:
    assert changed(sums.drop_sum, "dx = torch.sum(dh, 1)") == set()


def test_keepdim_is_dropped_alone() -> None:
    assert changed(sums.drop_keepdim, "dx = dh.sum(1, keepdim=True)") == {"dx = dh.sum(1)"}


def test_a_dimension_is_exchanged() -> None:
    assert changed(sums.wrong_dim, "dx = F.softmax(h, 1)") == {"dx = F.softmax(h, 0)"}


def test_an_operand_below_a_product_gets_brackets() -> None:
    assert "dx = (h * p) ** 2" not in changed(factors.power, "dx = (h * p) ** 2")
    assert "dx = -(h + p)" in changed(factors.sign, "dx = h + p")


def test_a_factor_is_lost_but_never_the_gradient() -> None:
    assert changed(factors.lost_factor, "dx = h * dh") == {"dx = dh"}


def test_the_upstream_is_lost() -> None:
    assert changed(factors.lost_upstream, "dx = h * dh") == {
        "dx = h",
        "dx = h * torch.ones_like(dh)",
    }


def test_only_the_shape_of_a_gradient_is_no_upstream() -> None:
    assert changed(factors.lost_upstream, "dx = h * torch.ones_like(dh)") == set()


def test_a_number_is_dropped_or_changed() -> None:
    found = changed(factors.constant, "dx = dh / (n - 1)")
    assert {"dx = dh", "dx = dh / (n)"} <= found


def test_adding_becomes_assigning() -> None:
    assert changed(sums.assign_for_add, "dx += dh") == {"dx = dh"}
    assert changed(sums.assign_for_add, "dx.index_add_(0, Y, dh)") == {"dx[Y] = dh"}


def test_operands_are_exchanged_for_tensors_of_the_same_shape() -> None:
    assert changed(factors.swapped_operand, "dx = h * c") == {
        "dx = p * c",
        "dx = x * c",
        "dx = h * p",
    }


def test_splice_takes_spans_of_the_original() -> None:
    assert splice("abc", [(0, 1, "xx"), (2, 3, "")]) == "xxb"


@given(st.text(alphabet="aé² +*()", max_size=12), st.sampled_from(["x * y", "-z", "q"]))
def test_replacing_a_node_leaves_the_rest_untouched(comment: str, new: str) -> None:
    text = Text(f"dx = 'é' * h  # {comment}\ndy = h.T")
    node = next(n for n in ast.walk(text.tree) if isinstance(n, ast.Name) and n.id == "h")
    result = text.replaced(node, new)
    assert result.startswith("dx = 'é' * ")
    assert result.endswith(f"  # {comment}\ndy = h.T")
