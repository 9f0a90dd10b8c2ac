"""Whether the autograd engine ran, in exercises whose code has torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd import Variable, forward_ad

runs = [0]
"""Times that it ran, in a list so that others read what is here now."""
_Imperative: Any = torch._C._ImperativeEngine  # noqa: SLF001


class WatchedEngine(_Imperative):  # type: ignore[misc]
    """The engine, counting."""

    def run_backward(self, *arguments: Any, **named: Any) -> Any:
        """Count, and do as ever."""
        runs[0] += 1
        return super().run_backward(*arguments, **named)


def watch() -> None:
    """Count from now on: reverse mode by the engine itself, forward mode by its levels."""
    owner: Any = Variable
    owner._execution_engine = WatchedEngine()  # noqa: SLF001
    module: Any = forward_ad
    enter = module.enter_dual_level

    def entering() -> Any:
        runs[0] += 1
        return enter()

    module.enter_dual_level = entering
