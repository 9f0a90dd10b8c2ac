"""The process that student code runs in."""

import os
import platform
import sys
from typing import Protocol

from grader import protocol
from grader.worker import beside, capture, layers
from grader.worker.channel import Channel
from grader.worker.isolation import Walls


class Runner(Protocol):
    """Something that runs a request to its end."""

    def go(self) -> None: ...


def live(request: protocol.RunRequest, blob: bytes, channel: Channel, walls: Walls) -> None:
    """Confine this process, say so, and run the request to its end."""
    channel.adopt()
    isolation = walls.close_behind()
    settle_in(walls)
    environment = describe_environment(request)
    run = _runner(request, blob, channel)
    refused = not stands(isolation, request)
    channel.send(protocol.Started(isolation=isolation, environment=environment, refused=refused))
    if not refused:
        run.go()


def _runner(request: protocol.RunRequest, blob: bytes, channel: Channel) -> Runner:
    """What carries the request out; what fails before its first frame is not the student's fault.

    Torch is imported for those alone that need it.
    """
    if request.calls is not None:
        from grader.worker.calls import CallRun

        calls = CallRun(request, request.calls, blob, channel)
        calls.prepare()
        return calls
    if request.room is not None:
        from grader.worker.cleanroom import Slices

        return Slices(request.room, blob, channel, limit=request.limits.tensor_elements)
    from grader.worker.run import Run

    run = Run(request, blob, channel.send)
    run.prepare()
    return run


def stands(isolation: dict[str, str], request: protocol.RunRequest) -> bool:
    """Whether the layers that a request requires have been reached."""
    return all(_any_stands(group, isolation) for group in request.required)


def _any_stands(group: list[str], isolation: dict[str, str]) -> bool:
    return any(isolation.get(layer, "").startswith(("ok", "partial")) for layer in group)


def settle_in(walls: Walls) -> None:
    """Make this process one for student code; its working folder is the scratch folder."""
    capture.silence_descriptors(0, 1, 2)
    beside.importable(walls.scratch)
    sys.dont_write_bytecode = True


def describe_environment(request: protocol.RunRequest) -> dict[str, str]:
    """What decides the bits of a result."""
    import numpy as np

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
        "seed": str(request.seed),
    } | _of_torch()


def _of_torch() -> dict[str, str]:
    if layers.off(layers.ENGINE):
        return {"torch": "not there", "cpu_capability": "", "threads": "1"}
    import torch

    return {
        "torch": str(torch.__version__),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
    }


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor from 3 up that is not in `kept`."""
    low = 3
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = max(low, descriptor + 1)
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))
