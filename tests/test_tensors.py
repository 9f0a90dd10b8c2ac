"""Tensors travel as safetensors, whatever their type and shape."""

import pytest
import torch
from safetensors.torch import load, save

from grader.protocol.tensors import pack

TYPES = [torch.float16, torch.float32, torch.float64, torch.bfloat16, torch.int8, torch.int16]
TYPES += [torch.int32, torch.int64, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (1, 4), (2, 0, 3), (2, 3, 4)])
def test_the_bytes_are_those_of_safetensors(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensors = {"a": torch.randn(shape).mul(9).to(dtype), "b": torch.ones(2)}
    packed = pack(tensors)
    assert packed == save(tensors)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in load(packed).items())


def test_nan_infinity_and_signed_zero_stay_as_they_are() -> None:
    odd = torch.tensor([float("nan"), float("-inf"), -0.0])
    assert pack({"odd": odd}) == save({"odd": odd})


def test_nothing_is_packed_as_nothing() -> None:
    assert load(pack({})) == {}


def test_a_patched_tensor_class_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack({"a": torch.ones(2)})
    monkeypatch.setattr(torch.Tensor, "numpy", lambda _: None)
    assert pack({"a": torch.ones(2)}) == packed


def test_tensors_that_are_not_contiguous_are_packed_in_their_order() -> None:
    turned = torch.arange(6.0).reshape(2, 3).T
    assert torch.equal(load(pack({"t": turned}))["t"], turned)
