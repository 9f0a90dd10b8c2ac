"""What keeping student code in costs a run: with every layer and with none, in turn."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from statistics import median

from grader.protocol import determinism

determinism.apply()

from grader.protocol import CellCode, Limits, RunRequest  # noqa: E402
from grader.sandbox import ForkServerSandbox, Sandbox  # noqa: E402

LAYERS = ("bubblewrap", "namespaces", "landlock", "seccomp")
SETS = {
    "no layers": LAYERS,
    "all but bubblewrap": ("bubblewrap",),
    "all but namespaces": ("namespaces",),
    "all but landlock": ("landlock",),
    "all but seccomp": ("seccomp",),
    "every layer": (),
}
ROUNDS = 60
WORK = "import torch\nx = torch.randn(200, 200, requires_grad=True)\n(x @ x).sum().backward()\n"


def main() -> None:
    """Print medians and quartiles of a small run per set of layers, in milliseconds."""
    with ExitStack() as stack:
        boxes = {
            name: stack.enter_context(ForkServerSandbox(without=without, required=False))
            for name, without in SETS.items()
        }
        for box in boxes.values():
            _seconds(box)  # until torch is imported
        times = _in_turn(boxes)
    least = median(times["no layers"])
    for name, seconds in times.items():
        ordered = sorted(seconds)
        quartiles = f"{ordered[ROUNDS // 4] * 1e3:.1f} - {ordered[3 * ROUNDS // 4] * 1e3:.1f}"
        extra = (median(seconds) - least) * 1e3
        print(f"{name:20} {median(seconds) * 1e3:6.1f} ms  ({quartiles})  {extra:+.1f} ms")


def _in_turn(boxes: dict[str, Sandbox]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in boxes}
    for _ in range(ROUNDS):
        for name, box in boxes.items():
            times[name].append(_seconds(box))
    return times


def _seconds(box: Sandbox) -> float:
    request = RunRequest(
        cells=[CellCode(index=0, source=WORK)],
        gradients={},
        inputs={},
        forward={},
        limits=Limits(),
        data="",
    )
    begun = time.perf_counter()
    outcome = box.run(request)
    seconds = time.perf_counter() - begun
    if outcome.status != "completed":
        sys.exit(f"the run failed: {outcome.reason}")
    return seconds


if __name__ == "__main__":
    main()
