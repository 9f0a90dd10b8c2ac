"""The tests that the peers grade by: `allclose` for each target, right after its exercise.

An instructor would write them so: autograd's gradients are in the notebook already, and for
the training loop the last step is taken back and asked of autograd again.
"""

from __future__ import annotations

from pathlib import Path

from grader.assignment import load_assignment

ASSIGNMENT = load_assignment(Path(__file__).parents[2] / "assignments" / "backprop_ninja")
STEPS = ASSIGNMENT.spec.exercises[0].targets
PARAMETERS = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]
LAST_STEP = """\
before = {
    name: (globals()[name] + rate * globals()["d" + name]).detach().requires_grad_()
    for name in ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]
}
inner = before["C"][Xb].view(n, -1) @ before["W1"] + before["b1"]
mean, var = inner.mean(0, keepdim=True), inner.var(0, keepdim=True)
normal = (inner - mean) * (var + 1e-5) ** -0.5
hidden = torch.tanh(before["bngain"] * normal + before["bnbias"])
F.cross_entropy(hidden @ before["W2"] + before["b2"], Yb).backward()
"""


def _close(name: str, reference: str) -> str:
    return f"assert torch.allclose(d{name}, {reference}, atol=1e-6)"


TESTS: dict[str, dict[str, str]] = {
    "exercise-1-input": {name: _close(name, f"{name}.grad") for name in STEPS},
    "exercise-2": {"logits": _close("logits", "logits.grad")},
    "exercise-3": {"hprebn": _close("hprebn", "hprebn.grad")},
    "exercise-4": {name: _close(name, f"before['{name}'].grad") for name in PARAMETERS},
}
"""Id of the cell that the tests come after → target → test."""
ANSWERS = ("exercise-1-loss", "exercise-1-output", "exercise-1-batch-norm", *TESTS)
"""Ids of the cells that hold a student's answers."""
POINTS = sum(len(tests) for tests in TESTS.values())
