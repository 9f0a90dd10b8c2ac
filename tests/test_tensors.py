"""Tensors travel as safetensors, whatever their type and shape."""

import pytest
import torch
from safetensors.torch import load, save

from grader.protocol.tensors import pack, unpack

TYPES = [torch.float16, torch.float32, torch.float64, torch.bfloat16, torch.int8, torch.int16]
TYPES += [torch.int32, torch.int64, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (1, 4), (2, 0, 3), (2, 3, 4)])
def test_the_bytes_are_those_of_safetensors(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensors = {"a": torch.randn(shape).mul(9).to(dtype), "b": torch.ones(2)}
    packed = pack(tensors)
    assert packed == save(tensors)
    for found in (load(packed), unpack(packed), unpack(bytearray(packed))):
        assert found.keys() == tensors.keys()
        assert all(torch.equal(tensor, tensors[name]) for name, tensor in found.items())
        assert found["a"].dtype == dtype


def test_what_is_unpacked_shares_the_memory_of_its_bytes() -> None:
    packed = bytearray(pack({"a": torch.zeros(2)}))
    found = unpack(packed)["a"]
    packed[-4:] = bytearray(pack({"a": torch.ones(2)}))[-4:]
    assert found.tolist() == [0, 1]


def table(text: str, data: bytes = bytes(16)) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode() + data


@pytest.mark.parametrize(
    "text",
    [
        '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,20]}}',
        '{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}',
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}',
        '{"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}',
        '{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}',
        '{"a":{"dtype":"F32","shape":[4]}}',
        '{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,16]}}',
        "[]",
        "{",
    ],
)
def test_a_table_that_does_not_fit_its_data_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack(table(text))


def test_what_cannot_be_compared_is_left_out() -> None:
    assert unpack(table('{"a":{"dtype":"C64","shape":[2],"data_offsets":[0,16]}}')) == {}


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
