"""What a process lays upon itself just before student code runs, in this order.

Each layer degrades alone: on a machine that lacks one, its reason is recorded and the
others stand.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.protocol import Limits
from grader.worker import layers, seccomp, system

_CPU_SLACK = 5
_LANDLOCK_COMPLETE = 6


@dataclass(frozen=True)
class Confinement:
    """What a run may touch and use."""

    readable: tuple[str, ...]
    writable: tuple[str, ...]
    limits: Limits
    reached: dict[str, str]
    """The walls from outside that stand: layer → "ok" or why not."""
    become: int | None = None
    """User to become, one that nobody else is; for root where namespaces are refused."""
    memory: tuple[int, int] = (0, 0)
    """Bytes of address space and of private data before the run, see `memory_in_use`."""


def confine(to: Confinement) -> dict[str, str]:
    """Lay every layer that this machine has upon the calling process, for good.

    Returns layer → "ok" or what is missing and why.
    """
    if sys.platform != "linux":
        return dict.fromkeys(dict(LAYERS), f"not on {sys.platform}")
    return {name: _attempt(name, layer, to) for name, layer in LAYERS}


def memory_in_use() -> tuple[int, int]:
    """Bytes of address space and of private data; to be asked while /proc is there."""
    try:
        pages = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(pages[0]) * page, int(pages[5]) * page


def _attempt(name: str, layer: Callable[[Confinement], str], to: Confinement) -> str:
    try:
        return layers.off(name) or layer(to)
    except (OSError, ValueError, ImportError) as error:
        return str(error)


def _limit_resources(to: Confinement) -> str:
    """Bounds that the kernel keeps between two looks of the watchdog."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime + to.limits.total_seconds) + _CPU_SLACK
    headroom = 2 * (to.limits.memory_mb << 20)
    total, data = to.memory
    bounds = {
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_AS: total + headroom,
        resource.RLIMIT_DATA: data + headroom,
        resource.RLIMIT_FSIZE: to.limits.scratch_mb << 20,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_SIGPENDING: 1024,  # timers and waiting signals
        resource.RLIMIT_CORE: 0,
    }
    # Processes are counted by user: the limit is for those who share theirs with nobody.
    alone = to.become is not None or to.reached["user"] == "ok"
    if alone:
        bounds[resource.RLIMIT_NPROC] = to.limits.processes
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))
    return "ok" if alone else "processes are not limited without a user of its own"


def _landlock(to: Confinement) -> str:
    import sandlock

    # Older kernels know part of Landlock; what they know is better than nothing.
    degraded = list(sandlock.Protection)
    readable = [path for path in to.readable if Path(path).exists()]
    writable = [path for path in to.writable if Path(path).exists()]
    try:
        sandlock.confine(
            sandlock.Sandbox(fs_readable=readable, fs_writable=writable, allow_degraded=degraded)
        )
    except sandlock.SandlockError as error:
        return str(error)
    version = sandlock.landlock_abi_version()
    return "ok" if version >= _LANDLOCK_COMPLETE else f"partial: version {version} of Landlock"


def _drop_privileges(to: Confinement) -> str:
    if to.become is not None:
        system.become(to.become)
        system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)  # which that has cleared
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.drop_all_capabilities()
    return "ok"


def _filter_system_calls(to: Confinement) -> str:
    # Sockets by path lead to the machine's services where its files are in sight.
    seccomp.load(seccomp.compiled(sockets=to.reached["files"] == "ok"))
    if to.reached["processes"] != "ok":
        seccomp.load(seccomp.signals_to_itself_alone())
    return "ok"


LAYERS: tuple[tuple[str, Callable[[Confinement], str]], ...] = (
    ("limits", _limit_resources),
    ("landlock", _landlock),
    ("capabilities", _drop_privileges),
    ("seccomp", _filter_system_calls),
)
