"""The oracle's ways back, run again with one thing changed."""

from __future__ import annotations

import pytest
import torch

from grader.exercises.functions.changes import dropped, mistaken
from grader.exercises.functions.ways import WaysBack


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
