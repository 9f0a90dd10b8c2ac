"""Tensors as bytes: the safetensors format, written in a tenth of its own time."""

from __future__ import annotations

from collections.abc import Mapping

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
