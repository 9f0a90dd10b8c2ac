"""Slopes of a student's own forward function by central differences, in float64.

Along a few directions that move every element at once: a gradient that gives all of these slopes
is the gradient. Element by element a forward pass in loops would be run thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader.worker.arrays import Array

STEP = 1e-5


def slopes(
    function: Callable[..., Any],
    arguments: Callable[[], dict[str, Any]],
    directions: Mapping[str, Array],
    cotangents: Mapping[str, Array],
) -> dict[str, Array]:
    """Argument → the slope of Σ cotangent · function along each of its directions.

    arguments: makes them anew for each evaluation; directions: argument → as many as its first
    axis is long; cotangents: key of the result, "" for the result itself → its cotangent.
    """

    def value(name: str, step: Array) -> float:
        given = arguments()
        given[name] += _like(step, given[name])
        result = function(**given)
        parts = result if isinstance(result, dict) else {"": result}
        return sum(float((_numbers(parts[key]) * c).sum()) for key, c in cotangents.items())

    def slope(name: str, direction: Array) -> float:
        step = STEP * direction
        return (value(name, step) - value(name, -step)) / (2 * STEP)

    return {
        name: np.array([slope(name, direction) for direction in each])
        for name, each in directions.items()
    }


def _like(step: Array, argument: Any) -> Any:
    """The step as what the argument is: an array, or a tensor."""
    return step if isinstance(argument, np.ndarray) else argument.new_tensor(step)


def _numbers(value: Any) -> Array:
    detach = getattr(value, "detach", None)
    return np.asarray(detach() if detach else value, dtype=np.float64)
