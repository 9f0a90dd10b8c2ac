"""A block in which torch can be used without a trace in the student's kernel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def undisturbed() -> Iterator[None]:
    """Autograd as usual, whatever mode the cell is in; random numbers, modes and warnings after
    the block are as they were before.
    """
    with (
        warnings.catch_warnings(),
        torch.random.fork_rng(devices=[]),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.device("cpu"),
        torch.autocast("cpu", enabled=False),
    ):
        warnings.simplefilter("ignore")
        yield
