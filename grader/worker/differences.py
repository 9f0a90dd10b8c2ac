"""Gradients of a student's own forward function by central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from grader.worker.arrays import Array

STEP = 1e-5
MAX_EVALUATIONS = 20_000


def central(
    function: Callable[..., Any],
    arguments: Callable[[], dict[str, Any]],
    targets: Sequence[str],
    cotangents: Mapping[str, Array],
) -> dict[str, Array]:
    """Σ cotangent · ∂function/∂target for every element of each target.

    arguments: makes them anew for each evaluation; cotangents: key of the result, "" for the
    result itself → its cotangent. Raises ValueError where there are too many elements.
    """
    shapes = {name: np.shape(arguments()[name]) for name in targets}
    if 2 * sum(int(np.prod(shape)) for shape in shapes.values()) > MAX_EVALUATIONS:
        raise ValueError("the arguments are too large for differences")

    def value(name: str, index: tuple[int, ...], step: float) -> float:
        given = arguments()
        given[name][index] += step
        result = function(**given)
        parts = result if isinstance(result, dict) else {"": result}
        return sum(float((_numbers(parts[key]) * c).sum()) for key, c in cotangents.items())

    return {
        name: _gradient(shape, lambda index, step, name=name: value(name, index, step))  # type: ignore[misc]
        for name, shape in shapes.items()
    }


def _gradient(shape: tuple[int, ...], value: Callable[[tuple[int, ...], float], float]) -> Array:
    gradient = np.zeros(shape)
    for index in np.ndindex(*shape):
        gradient[index] = (value(index, STEP) - value(index, -STEP)) / (2 * STEP)
    return gradient


def _numbers(value: Any) -> Array:
    detach = getattr(value, "detach", None)
    return np.asarray(detach() if detach else value, dtype=np.float64)
