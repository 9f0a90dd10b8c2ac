"""What large networks take of memory, kept small."""

from __future__ import annotations

import contextlib
import ctypes

import torch


def give_back() -> None:
    """Memory that has been freed: the C library keeps it for what may come, unless it is told."""
    with contextlib.suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def outline(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor's shape and type, whose elements are all one number."""
    return tensor.new_zeros(()).expand(tensor.shape)
