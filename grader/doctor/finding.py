"""What came of the attempts upon one protection, and what would make it stronger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from grader.records.scorecard import Isolation, Protection

Name = Literal["files", "network", "signals", "memory", "processes", "time"]


class Attempted(NamedTuple):
    """One attempt: what was tried, and whether it was kept off."""

    what: str
    held: bool


class Finding(NamedTuple):
    """A protection as a run claims it, and the attempts upon it."""

    name: Name
    claimed: Protection
    attempts: tuple[Attempted, ...]

    @property
    def got_through(self) -> tuple[str, ...]:
        """The attempts that succeeded."""
        return tuple(attempt.what for attempt in self.attempts if not attempt.held)

    @property
    def true(self) -> bool:
        """Whether what is claimed as enforced has withstood every attempt."""
        return self.claimed != "enforced" or not self.got_through


class Remedy(NamedTuple):
    """A layer that is missing, why, and what to do about it."""

    layer: str
    reason: str
    advice: str


_ADVICE: Mapping[str, str] = {
    "bubblewrap": "install it: apt-get install bubblewrap (or dnf, pacman, apk)",
    "seccomp": "install libseccomp: apt-get install libseccomp2",
    "landlock": "a kernel from 6.12 on, with landlock among its security modules",
    "user": "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 or, on Ubuntu, "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container, run it with "
    "--security-opt seccomp=unconfined --cap-add SYS_ADMIN, or grade on the host",
}


def remedies(isolation: Isolation) -> list[Remedy]:
    """What is missing that somebody could do something about."""
    gaps = dict(gap.partition(": ")[::2] for gap in isolation.missing)
    return [Remedy(layer, gaps[layer], _advice(layer, gaps)) for layer in _ADVICE if layer in gaps]


def _advice(layer: str, gaps: Mapping[str, str]) -> str:
    if layer == "bubblewrap" and "user" in gaps:
        return "it is made of user namespaces: installed or not, it cannot start without them"
    return _ADVICE[layer]
