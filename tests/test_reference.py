from __future__ import annotations

import pytest
import torch

from grader.assignment import Assignment
from grader.reference import Network, Oracle, Unjudgeable
from grader.reference.vjp import CutNetwork


@pytest.fixture(scope="module")
def oracle(assignment: Assignment) -> Oracle:
    return Oracle(assignment)


def network(oracle: Oracle, **changes: torch.Tensor) -> Network | Unjudgeable:
    return oracle.network(oracle.example() | changes)


def reason(found: Network | Unjudgeable) -> str:
    assert isinstance(found, Unjudgeable)
    return found.reason


def test_gradients_are_those_of_an_ordinary_backward_pass(oracle: Oracle) -> None:
    found = network(oracle)
    assert isinstance(found, Network)
    scope: dict[str, object] = dict(found.leaves())
    W1 = found.inputs["W1"].clone().requires_grad_()
    scope["W1"] = W1
    exec(oracle.code, scope)
    loss = scope["loss"]
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    assert W1.grad is not None
    assert torch.equal(W1.grad, found.gradients["W1"])


def test_missing_inputs_are_named(oracle: Oracle) -> None:
    example = oracle.example()
    del example["W1"], example["b2"]
    assert reason(oracle.network(example)).endswith("W1, b2")


def test_a_size_that_is_missing_is_taken_from_its_input(oracle: Oracle) -> None:
    example = oracle.example()
    del example["n"]
    assert isinstance(oracle.network(example), Network)


def test_shapes_that_do_not_fit_are_a_reason_not_an_error(oracle: Oracle) -> None:
    assert "does not run on these inputs" in reason(network(oracle, W1=torch.zeros(3, 3)))


def test_integer_parameters_are_a_reason(oracle: Oracle) -> None:
    found = network(oracle, W1=torch.zeros(30, 64, dtype=torch.int64))
    assert "`W1` is not a floating-point tensor" in reason(found)


def test_a_constant_that_is_a_tensor_is_a_reason(oracle: Oracle) -> None:
    assert "`n` is not one number" in reason(network(oracle, n=torch.zeros(3)))


def test_a_network_that_would_not_fit_into_memory_is_not_run(oracle: Oracle) -> None:
    wide = torch.zeros(27, 100_000)
    many = torch.zeros(20_000, 3, dtype=torch.int64)
    assert reason(network(oracle, C=wide, Xb=many)) == "the network is too large"


def test_a_size_that_is_none_of_its_inputs_is_not_counted_up_to(oracle: Oracle) -> None:
    found = network(oracle, n=torch.tensor(40_000_000))
    assert reason(found) == "`n` is 40000000, no size of `Xb`"


def test_large_inputs_of_a_network_that_fits_are_judged(oracle: Oracle) -> None:
    rows = 60_000
    found = network(
        oracle,
        Xb=torch.zeros(rows, 3, dtype=torch.int64),
        Yb=torch.zeros(rows, dtype=torch.int64),
        n=torch.tensor(rows),
    )
    assert isinstance(found, Network)


def test_a_cut_network_gives_the_vector_jacobian_product(oracle: Oracle) -> None:
    found = network(oracle)
    assert isinstance(found, Network)
    cut = CutNetwork(oracle.run(found.leaves()), {"probs", "counts_sum"}, "loss")
    probe = torch.randn(32, 27)
    other = torch.randn(32, 1)
    paths = cut.paths("counts", {"probs": probe, "counts_sum": other})
    assert set(paths) == {"probs", "counts_sum"}
    # The way through counts_sum is cut, so probs sees counts directly alone.
    assert torch.allclose(paths["probs"], probe * found.tensors["counts_sum_inv"])
    assert torch.allclose(paths["counts_sum"], other.expand(32, 27))


def test_without_cuts_there_is_the_path_of_the_loss_alone(oracle: Oracle) -> None:
    found = network(oracle)
    assert isinstance(found, Network)
    cut = CutNetwork(oracle.run(found.leaves()), (), "loss")
    paths = cut.paths("h", {})
    assert set(paths) == {"loss"}
    assert torch.allclose(paths["loss"], found.gradients["h"])
