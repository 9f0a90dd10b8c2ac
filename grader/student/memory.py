"""What a kernel's variables held after each cell: a training moves the parameters, and gradients
that were derived before it are still to be judged.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

MAX_TENSOR = 200_000
"""Elements of a tensor that is kept: a whole data set is none of a network's."""
MAX_ELEMENTS = 20_000_000
"""Of all that is kept: the oldest is forgotten."""


class KernelMemory:
    """Copies of small tensors and numbers, taken when a cell has run."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._cells: dict[int, dict[str, object]] = {}
        """Number of a cell → what its variables held afterwards."""

    def note(self, result: Any = None) -> None:
        """After a cell; whatever happens, the student's work goes on."""
        try:
            number = getattr(result, "execution_count", None)
            if number is not None and "torch" in sys.modules:
                self._note(number)
        except Exception:  # noqa: BLE001 - the student's objects may do anything when looked at
            return

    def after(self, number: int) -> Mapping[str, object] | None:
        """The variables after a cell; None where they are forgotten."""
        return self._cells.get(number)

    def _note(self, number: int) -> None:
        from grader.student.undisturbed import undisturbed

        before = next(reversed(self._cells.values()), {})
        with undisturbed():
            self._cells[number] = {
                name: _kept(value, before.get(name))
                for name, value in list(self.shell.user_ns.items())
                if not name.startswith("_")
            }
        while len(self._cells) > 1 and self._size() > MAX_ELEMENTS:
            del self._cells[next(iter(self._cells))]

    def _size(self) -> int:
        every = {id(v): v for cell in self._cells.values() for v in cell.values()}
        return sum(each.numel() for each in every.values() if hasattr(each, "numel"))


def _kept(value: Any, before: Any) -> object:
    """A number, or a copy of a tensor: the one that there is already if it is the same."""
    import torch

    if type(value) in {int, float}:
        return value
    if type(value) not in {torch.Tensor, torch.nn.Parameter} or value.numel() > MAX_TENSOR:
        return None
    if value.device.type != "cpu" or value.layout != torch.strided or value.is_quantized:
        return None
    mine = value.detach()
    same = isinstance(before, torch.Tensor) and before.dtype == mine.dtype
    return before if same and torch.equal(before, mine) else mine.clone()


_memory: list[KernelMemory] = []
"""This kernel's, if it has one."""


def remember() -> None:
    """Look after each cell from now on, where there is a kernel; at most once."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or any(each.shell is shell for each in _memory):
        return
    _memory[:] = [KernelMemory(shell)]
    shell.events.register("post_run_cell", _memory[0].note)


def remembered() -> KernelMemory | None:
    """What is known of earlier cells."""
    return _memory[0] if _memory else None
