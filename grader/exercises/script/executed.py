"""The notebook as it ran: its cells with what they printed and showed."""

from __future__ import annotations

from typing import Any

from grader.marking.observation import Trace
from grader.notebook import Cell, Notebook


def executed(notebook: Notebook, trace: Trace) -> dict[str, Any]:
    """As nbformat has it."""
    cells = [_cell(trace, cell) for cell in notebook.cells]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _cell(trace: Trace, cell: Cell) -> dict[str, Any]:
    base: dict[str, Any] = {
        "cell_type": cell.kind,
        "metadata": {},
        "source": cell.source,
        "id": f"cell-{cell.index}",
    }
    if cell.kind != "code":
        return base
    return {**base, "execution_count": None, "outputs": _outputs(trace, cell.index)}


def _outputs(trace: Trace, index: int) -> list[dict[str, Any]]:
    done = trace.outputs.get(index)
    if done is None:
        return []
    outputs: list[dict[str, Any]] = []
    if done.output:
        outputs.append({"output_type": "stream", "name": "stdout", "text": done.output})
    if done.shown is not None:
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": None,
                "metadata": {},
                "data": {"text/plain": done.shown},
            }
        )
    if done.error is not None:
        name, _, text = done.error.partition(": ")
        outputs.append(
            {"output_type": "error", "ename": name, "evalue": text, "traceback": [done.error]}
        )
    return outputs
