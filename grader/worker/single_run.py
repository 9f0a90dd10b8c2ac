"""One run from a fresh interpreter: request on stdin, frames to stdout.

On Linux the run is a child of this process, as under the fork server. Elsewhere it is this
process itself: nothing walls it off but what the system has for any process.
"""

import os
import signal
import sys
from typing import NoReturn

from grader.worker import capture, child, run_monitor
from grader.worker.channel import Channel
from grader.worker.isolation import raise_walls
from grader.worker.warm import warm_modules, warm_up


def run_once(folder: str, mentioned: list[str]) -> None:
    """Serve one request.

    `folder` is the scratch folder where the machine has no private one to offer;
    `mentioned` are modules of the notebook, to be imported before the walls are up.
    """
    channel = Channel(_private_copy(0), _private_copy(1))
    capture.silence_descriptors(0, 1)  # nothing but frames may reach stdout's pipe
    warm_up()
    warm_modules(mentioned)
    received = channel.receive_request()
    if received is None:
        return
    if sys.platform == "linux":
        _end_like(run_monitor.mind(*received, channel, lambda: folder))
    else:
        child.live(*received, channel, raise_walls(received[0], lambda: folder))
        os._exit(0)  # threads and exit handlers of the student's do not count


def _end_like(ended: dict[str, int]) -> NoReturn:
    """End this process as its child ended: with its code, or by a signal."""
    if "signal" in ended:
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(ended["code"])


def _private_copy(descriptor: int) -> int:
    copy = os.dup(descriptor)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(copy, os.O_BINARY)
    return copy
