"""The oracle's ways back, run again with one thing changed."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from grader.exercises.functions.changes import dropped, mistaken
from grader.exercises.functions.ways import WaysBack
from grader.exercises.functions.windows import last_one_left, neighbouring


def test_what_was_differentiated_for_one_target_is_known_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    back = WaysBack({"": (x * y).tanh()}, {"": torch.ones(3)}, {"x": x, "y": y})
    kinds = {way.operation: way for way in back.ways}
    asked = [{}, {kinds["mul"]: dropped}, *({kinds["tanh"]: c} for c in mistaken(kinds["tanh"]))]
    first = [back.gradients(changes) for changes in asked]
    kept = [each["x"].clone() for each in first]
    for each in first:
        each["x"] *= 0  # a convention in place

    monkeypatch.setattr(torch.autograd, "grad", lambda *_, **__: pytest.fail("once more"))
    again = [{}, {kinds["mul"]: dropped}, *({kinds["tanh"]: c} for c in mistaken(kinds["tanh"]))]
    assert [torch.equal(back.gradients(c)["x"], k) for c, k in zip(again, kept, strict=True)] == [
        True
    ] * len(asked)
    assert len({tuple(each.tolist()) for each in kept}) > 2


@pytest.mark.parametrize("operation", ["convolution", "max", "average"])
def test_windows_without_a_stride_are_differentiated_as_a_loop_would(operation: str) -> None:
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(2, 3, 7, 8, generator=draw, dtype=torch.float64, requires_grad=True)
    w = torch.randn(4, 3, 3, 3, generator=draw, dtype=torch.float64, requires_grad=True)
    made = {
        "convolution": lambda: functional.conv2d(x, w, stride=2, padding=1),
        "max": lambda: functional.max_pool2d(x, 3, stride=2),
        "average": lambda: functional.avg_pool2d(x, 3, stride=2),
    }[operation]()
    dout = torch.randn(made.shape, generator=draw, dtype=torch.float64)
    leaves = {"x": x, "w": w} if operation == "convolution" else {"x": x}
    back = WaysBack({"": made}, {"": dout}, leaves)
    found = back.gradients({way: neighbouring(way.index) for way in back.ways if way.index < 2})

    read = functional.pad(x, (1, 1, 1, 1)) if operation == "convolution" else x
    total = torch.zeros(())
    for row in range(made.shape[2]):
        for column in range(made.shape[3]):
            window = read[:, :, row : row + 3, column : column + 3]
            value = {
                "convolution": lambda window=window: torch.einsum("nchw,kchw->nk", window, w),
                "max": lambda window=window: window.amax((2, 3)),
                "average": lambda window=window: window.mean((2, 3)),
            }[operation]()
            total = total + (value * dout[:, :, row, column]).sum()
    for name, expected in zip(
        leaves, torch.autograd.grad(total, list(leaves.values())), strict=True
    ):
        assert torch.allclose(found[name], expected)
        assert not torch.allclose(found[name], back.gradients({})[name])


def test_windows_that_move_by_one_stay_as_they_are() -> None:
    x = torch.randn(1, 1, 5, 5, requires_grad=True)
    back = WaysBack(
        {"": functional.max_pool2d(x, 2, stride=1)}, {"": torch.ones(1, 1, 4, 4)}, {"x": x}
    )
    (way,) = [each for each in back.ways if each.operation == "maxpool2dwithindices"]
    assert torch.equal(back.gradients({way: neighbouring(0)})["x"], back.gradients({})["x"])


@pytest.mark.parametrize("operation", ["max", "average"])
def test_windows_that_are_assigned_leave_the_last_one(operation: str) -> None:
    x = torch.randn(2, 3, 6, 7, dtype=torch.float64, requires_grad=True)
    pool = {"max": functional.max_pool2d, "average": functional.avg_pool2d}[operation]
    made = pool(x, 3, stride=2)
    dout = torch.randn_like(made)
    found = last_one_left(WaysBack({"": made}, {"": dout}, {"x": x}))["x"]

    expected = torch.zeros_like(x)
    for row in range(made.shape[2]):
        for column in range(made.shape[3]):
            rows, columns = slice(2 * row, 2 * row + 3), slice(2 * column, 2 * column + 3)
            window = x[:, :, rows, columns].detach().requires_grad_()
            value = window.amax((2, 3)) if operation == "max" else window.mean((2, 3))
            (part,) = torch.autograd.grad(value, [window], dout[:, :, row, column])
            expected[:, :, rows, columns] = part
    assert torch.allclose(found, expected)
