"""What stands under a name in a running kernel: described, and its numbers, untouched."""

from __future__ import annotations

import sys
from typing import Any

import torch

from grader.protocol import Value

NUMBERS = frozenset({bool, int, float})
TENSORS = frozenset({torch.Tensor, torch.nn.Parameter})


def look(value: object, *, limit: int) -> tuple[Value, torch.Tensor | None]:
    """What a value is, and its numbers on the CPU, detached, where there are any.

    The numbers may share the student's memory: they are for reading only. limit: elements above
    which a tensor is described and not read. Never raises, whatever the object does.
    """
    try:
        return _look(value, limit)
    except Exception as error:  # noqa: BLE001 - the student's object may do anything when looked at
        return Value(kind="other", note=f"cannot be read ({type(error).__name__})"), None


def _look(value: object, limit: int) -> tuple[Value, torch.Tensor | None]:
    # The type itself is asked: `isinstance` would believe what the object says of its class.
    kind = type(value)
    if value is None:
        return Value(kind="none"), None
    if kind in TENSORS:
        assert isinstance(value, torch.Tensor)
        return _tensor(value, limit)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and kind is numpy.ndarray:
        return _array(value, limit)
    if numpy is not None and issubclass(kind, numpy.generic):
        return _scalar(value.item())  # type: ignore[attr-defined]
    if kind in NUMBERS:
        return _scalar(value)
    return Value(kind="other", note=f"{kind.__module__}.{kind.__qualname__}"[:120]), None


def _tensor(value: torch.Tensor, limit: int) -> tuple[Value, torch.Tensor | None]:
    dtype = str(value.dtype).removeprefix("torch.")
    shape = list(value.shape)
    special = _special(value, limit)
    if special is not None:
        return Value(kind="other", dtype=dtype, shape=shape, note=special), None
    return Value(kind="tensor", dtype=dtype, shape=shape), value.detach().cpu()


def _special(value: torch.Tensor, limit: int) -> str | None:
    """Why a tensor's numbers cannot be compared."""
    if value.is_quantized or value.is_nested:
        return "a quantised or nested tensor"
    if value.layout != torch.strided:
        return f"a {str(value.layout).removeprefix('torch.')} tensor"
    if value.device.type == "meta":
        return "a tensor without data"
    if value.is_complex():
        return "a complex tensor"
    return "too large" if value.numel() > limit else None


def _array(value: Any, limit: int) -> tuple[Value, torch.Tensor | None]:
    shape, dtype = list(value.shape), str(value.dtype)
    if value.size > limit or value.dtype.kind not in "fiub":
        return Value(kind="other", dtype=dtype, shape=shape, note=f"an array of {dtype}"), None
    # A copy: torch warns about arrays that may not be written to, and refuses negative strides.
    return Value(kind="array", dtype=dtype, shape=shape), torch.from_numpy(value.copy())


def _scalar(value: object) -> tuple[Value, torch.Tensor | None]:
    return Value(kind="scalar", dtype=type(value).__name__, shape=[]), torch.tensor(value)
