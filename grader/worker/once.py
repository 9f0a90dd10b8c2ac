"""One run in this very process, for machines that cannot fork: request on stdin, frames out.

What needs a fork, a process namespace above all, is missing here; the rest is laid on.
"""

import os
import sys

from grader.worker import capture, child
from grader.worker.channel import Channel
from grader.worker.walls import raise_walls
from grader.worker.warm import warm_modules, warm_up


def run_once(folder: str, mentioned: list[str]) -> None:
    """Serve the request on stdin, frames to stdout.

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
    walls = raise_walls(received[0], lambda: folder, own_processes=False)
    child.live(*received, channel, walls)
    os._exit(0)  # threads and exit handlers of the student's do not count


def _private_copy(descriptor: int) -> int:
    copy = os.dup(descriptor)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(copy, os.O_BINARY)
    return copy
