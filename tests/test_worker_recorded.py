from __future__ import annotations

from typing import Any

import numpy as np

from grader.worker.recorded import Recorded


def double(x: Any, scale: float = 2.0) -> tuple[Any, Any]:
    made = x * scale
    x *= 0  # what students do
    return made, {"mine": scale}


def wrong(dout: Any, cache: Any) -> Any:
    return dout * 100


def reference(dout: Any, x: Any, scale: float = 2.0) -> Any:
    return dout * scale * x


def test_a_cache_stands_for_the_arguments_that_it_was_made_from() -> None:
    recorded = Recorded(reference)
    forward, backward = recorded.forward(double), recorded.backward(wrong)
    _, first = forward(np.array([1.0, 2.0]))
    _, second = forward(np.array([5.0]), scale=3.0)
    assert backward(np.array([1.0, 1.0]), first).tolist() == [2, 4]
    assert backward(cache=second, dout=np.array([1.0])).tolist() == [15]


def test_a_cache_that_no_call_made_goes_to_the_students_function() -> None:
    recorded = Recorded(reference)
    forward, backward = recorded.forward(double), recorded.backward(wrong)
    out, cache = forward(np.array([1.0]))
    assert backward(1.0, dict(cache)) == 100
    assert backward(1.0, None) == 100
    assert out.tolist() == [2]


def test_a_result_without_a_cache_stays_as_it_is() -> None:
    assert Recorded(reference).forward(lambda x: x)(3) == 3
