"""A student's value as an array that can travel, without torch unless it is there already."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from safetensors.numpy import load as _load
from safetensors.numpy import save as _save

from grader.protocol import TOO_LARGE, Value

Array = np.ndarray[Any, Any]
# Held here from before any student code ran, so that patching NumPy changes nothing.
_asarray, _copy = np.asarray, np.ndarray.copy
_PLAIN = frozenset({bool, int, float})
_NARROW = {"float128": "float64", "longdouble": "float64"}


def described(value: Any, limit: int) -> tuple[Value, Array | None]:
    """What a value is, and a copy of its numbers, at most `limit` elements; never raises."""
    try:
        return _described(value, limit)
    except Exception as error:  # noqa: BLE001 - the student's object may do anything when looked at
        return Value(kind="other", note=f"cannot be read ({type(error).__name__})"), None


def _described(value: Any, limit: int) -> tuple[Value, Array | None]:
    if value is None:
        return Value(kind="none"), None
    kind = type(value)
    dtype, array = _array(value)
    shape = [int(size) for size in array.shape]
    if array.dtype.kind not in "fiub":
        name = f"{kind.__module__}.{kind.__qualname__}"[:120]
        note = f"an array of {dtype}" if isinstance(value, np.ndarray) else name
        return Value(kind="other", dtype=dtype, shape=shape, note=note), None
    if array.size > limit:
        return Value(kind="other", dtype=dtype, shape=shape, note=TOO_LARGE), None
    scalar = kind in _PLAIN or isinstance(value, np.generic)
    return Value(kind="scalar" if scalar else "array", dtype=dtype, shape=shape), _copy(array)


def _array(value: Any) -> tuple[str, Array]:
    """The type of a value's numbers, and these in one that can travel."""
    tensor: Any = getattr(sys.modules.get("torch"), "Tensor", None)
    if isinstance(tensor, type) and isinstance(value, tensor):
        given: Any = value
        dtype = str(given.dtype).removeprefix("torch.")
        plain = given.detach().cpu()
        return dtype, (plain.float() if dtype == "bfloat16" else plain).numpy()
    array = _asarray(value)
    dtype = str(array.dtype)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return dtype, array.astype(np.float64)
    return dtype, array.astype(array.dtype.newbyteorder("="))


def pack(arrays: dict[str, Array]) -> bytes:
    """What `unpack` reads."""
    blob: bytes = _save(arrays) if arrays else b""
    return blob


def unpack(blob: bytes) -> dict[str, Array]:
    """The arrays of a blob."""
    return dict(_load(blob)) if blob else {}
