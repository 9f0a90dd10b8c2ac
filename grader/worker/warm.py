"""What is imported before a fork, so that no run pays for it."""

import gc
import importlib
import sys
from collections.abc import Iterable

from grader.worker import engines, layers

ON_DEMAND = {
    "IPython": ("IPython", "IPython.display"),
    "matplotlib": ("matplotlib.pyplot",),
    "pylab": ("matplotlib.pyplot",),
    "seaborn": ("matplotlib.pyplot",),
    "tqdm": ("tqdm.auto",),
}
"""Module that a notebook mentions → what to import; not for all, it takes half a second."""


def warm_up() -> None:
    """Import the runner with torch, or with NumPy alone, and run the first kernels once."""
    gc.disable()  # a third of a million objects are made, none of them garbage
    if layers.off(layers.ENGINE):
        _warm_numpy()
    else:
        _warm_torch()
    gc.freeze()
    gc.enable()


def _warm_numpy() -> None:
    import numpy as np

    engines.withhold()
    importlib.import_module("grader.worker.calls")
    _warm_walls()
    square = np.random.default_rng(0).standard_normal((4, 4))
    np.einsum("ij,jk->ik", square @ square, np.linalg.inv(square + 4 * np.eye(4)))


def _warm_walls() -> None:
    if sys.platform == "linux":
        warm_modules(["sandlock"], {"sandlock": ("sandlock",)})


def _warm_torch() -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    for name in ("run", "template", "calls", "engine_watch"):
        importlib.import_module(f"grader.worker.{name}")
    _warm_walls()
    leaf = torch.ones(4, 4, requires_grad=True)
    (leaf @ leaf).tanh().sum().backward()  # type: ignore[no-untyped-call]
    leaf.half()  # asks what the processor can do, of files that no run may read
    importlib.import_module("grader.worker.cleanroom")


def wanted(mentioned: Iterable[str], table: dict[str, tuple[str, ...]] = ON_DEMAND) -> list[str]:
    """What `table` holds for the modules that a request mentions."""
    return [name for word in mentioned for name in table.get(word, ())]


def warm_modules(mentioned: Iterable[str], table: dict[str, tuple[str, ...]] = ON_DEMAND) -> None:
    """Import what `table` holds for the modules that a request mentions."""
    missing = [name for name in wanted(mentioned, table) if name not in sys.modules]
    for name in missing:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # the student's import will say so in its cell
    if missing:
        gc.freeze()
