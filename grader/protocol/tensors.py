"""Tensors as bytes: the safetensors format, written in a tenth of its own time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import msgspec
import torch
from safetensors.numpy import save as save_arrays
from safetensors.torch import save as save_tensors

# Held here from before any student code ran, so that patching `torch.Tensor` changes nothing.
_array = torch.Tensor.numpy
_contiguous = torch.Tensor.contiguous
_PLAIN = frozenset(
    {
        torch.float16,
        torch.float32,
        torch.float64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
        torch.bool,
    }
)

_COMPARABLE = {
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
    "I8": torch.int8,
    "I16": torch.int16,
    "I32": torch.int32,
    "I64": torch.int64,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_Size = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]


class _Entry(msgspec.Struct, frozen=True):
    """A tensor in a blob's table."""

    dtype: str
    shape: list[_Size]
    data_offsets: tuple[_Size, _Size]


_tables = msgspec.json.Decoder(dict[str, _Entry])


def unpack(blob: bytes | bytearray) -> dict[str, torch.Tensor]:
    """The tensors of a blob, without a copy: they share its memory. Others' types are left out.

    safetensors' own `load` copies, and what a run sent would be held twice. Raises ValueError
    (msgspec's among them) where the table is not one, or says what the blob does not hold.
    """
    if not blob:
        return {}
    start = 8 + int.from_bytes(blob[:8], "little")
    table = _tables.decode(memoryview(blob)[8:start])
    memory = blob if isinstance(blob, bytearray) else bytearray(blob)
    return {
        name: _tensor(memory, start, entry)
        for name, entry in table.items()
        if entry.dtype in _COMPARABLE
    }


def _tensor(memory: bytearray, start: int, entry: _Entry) -> torch.Tensor:
    dtype = _COMPARABLE[entry.dtype]
    begin, end = entry.data_offsets
    count = math.prod(entry.shape)
    if end - begin != count * dtype.itemsize or start + end > len(memory):
        raise ValueError("a tensor's table does not fit its data")
    if not count:
        return torch.empty(entry.shape, dtype=dtype)
    flat = torch.frombuffer(memory, dtype=dtype, count=count, offset=start + begin)
    return flat.reshape(entry.shape)


def pack(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """What `safetensors.torch.load` reads; detached tensors on the CPU, of any shape.

    safetensors itself takes the address of each tensor by way of ctypes, which takes longer
    than to copy it.
    """
    if all(tensor.dtype in _PLAIN for tensor in tensors.values()):
        arrays = {name: _array(_contiguous(each)) for name, each in tensors.items()}
        packed: bytes = save_arrays(arrays)
    else:
        packed = save_tensors({name: _contiguous(each) for name, each in tensors.items()})
    return packed
