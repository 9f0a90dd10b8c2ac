"""A student's value as something that can travel: what it is, and a copy of its numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from grader.protocol import TOO_LARGE, Value

# Held here from before any student code ran, so that patching `torch.Tensor` changes nothing.
_detach = torch.Tensor.detach
_clone = torch.Tensor.clone
_contiguous = torch.Tensor.contiguous
_TENSORS = frozenset({torch.Tensor, torch.nn.Parameter})
_NUMBERS = frozenset({bool, int, float})


def snapshot(value: Any, *, limit: int) -> tuple[Value, torch.Tensor | None]:
    """Describe a value and copy its numbers, at most `limit` elements; never raises."""
    try:
        return _snapshot(value, limit)
    except Exception as error:  # noqa: BLE001 - the student's object may do anything when looked at
        return Value(kind="other", note=f"cannot be read ({type(error).__name__})"), None


def _snapshot(value: Any, limit: int) -> tuple[Value, torch.Tensor | None]:
    kind = type(value)
    if value is None:
        return Value(kind="none"), None
    if kind in _TENSORS:
        return _tensor(value, limit)
    if kind is np.ndarray:
        return _array(value, limit)
    if kind in _NUMBERS or isinstance(value, np.generic):
        number = value.item() if isinstance(value, np.generic) else value
        return Value(kind="scalar", dtype=kind.__name__, shape=[]), torch.tensor(number)
    return Value(kind="other", note=f"{kind.__module__}.{kind.__qualname__}"[:120]), None


def _tensor(value: torch.Tensor, limit: int) -> tuple[Value, torch.Tensor | None]:
    shape = list(value.shape)
    dtype = str(value.dtype).removeprefix("torch.")
    special = (
        "quantised"
        if value.is_quantized
        else "nested"
        if value.is_nested
        else str(value.layout).removeprefix("torch.")
        if value.layout != torch.strided
        else value.device.type
        if value.device.type != "cpu"
        else "complex"
        if value.is_complex()
        else None
    )
    if special is not None:
        return Value(kind="other", dtype=dtype, shape=shape, note=f"a {special} tensor"), None
    if math.prod(shape) > limit:
        return Value(kind="other", dtype=dtype, shape=shape, note=TOO_LARGE), None
    copy = _clone(_contiguous(_detach(value)))
    return Value(kind="tensor", dtype=dtype, shape=shape), copy


def _array(value: np.ndarray[Any, Any], limit: int) -> tuple[Value, torch.Tensor | None]:
    shape, dtype = list(value.shape), str(value.dtype)
    if value.dtype.kind in "fiub" and value.size > limit:
        return Value(kind="other", dtype=dtype, shape=shape, note=TOO_LARGE), None
    if value.dtype.kind not in "fiub":
        return Value(kind="other", dtype=dtype, shape=shape, note=f"an array of {dtype}"), None
    return Value(kind="array", dtype=dtype, shape=shape), torch.from_numpy(value.copy())
