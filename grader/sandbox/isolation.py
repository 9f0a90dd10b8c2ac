"""From the layers that a worker reached to what a scorecard says of them."""

from __future__ import annotations

from collections.abc import Mapping

from grader.errors import UnsafeError
from grader.records.scorecard import Isolation, Protection

REQUIRED = [["bubblewrap", "files", "landlock", "network", "seccomp"]]
"""Where none of these stands, student code could read everything and send it anywhere."""


def describe_isolation(backend: str, layers: Mapping[str, str], *, watched: bool) -> Isolation:
    """`layers` as in `Started.isolation`; `watched`: CPU time and memory can be measured."""
    held = {name for name, state in layers.items() if state == "ok"}
    partly = {name for name, state in layers.items() if state.startswith("partial")}
    limits: Protection = "partial" if "limits" in held else "none"
    measured: Protection = "partial" if watched else limits
    return Isolation(
        backend=f"{backend} in bubblewrap" if "bubblewrap" in held else backend,
        files=_best(held & {"files", "landlock"}, "bubblewrap" in held or partly & {"landlock"}),
        network=_best(held & {"network", "seccomp", "bubblewrap"}),
        # Without a namespace the keeper ends what a run leaves behind, as far as it sees it;
        # without the filter a run may go on as another program.
        processes=_best({"processes", "limits", "seccomp"} <= held, watched),
        # Landlock stops signals, but not changes of another's priority and limits.
        signals=_best(held & {"processes", "seccomp"}, held & {"landlock"}),
        # Without the filter there is memory that belongs to no process: memfd, System V; without
        # a scratch folder of limited size there are files.
        memory="enforced" if watched and {"seccomp", "files"} <= held else measured,
        time="enforced" if watched else "partial",
        missing=[f"{name}: {state}" for name, state in layers.items() if state != "ok"],
    )


def unsafe(layers: Mapping[str, str]) -> UnsafeError:
    """What to say where nothing that is required stands."""
    reasons = "; ".join(dict.fromkeys(f"{name}: {layers.get(name)}" for name in REQUIRED[0]))
    return UnsafeError(
        "this machine can keep student code neither from its files nor from the network "
        f"({reasons}): see `grader doctor`, or accept that with --no-sandbox"
    )


def _best(enforced: object, partial: object = False) -> Protection:
    return "enforced" if enforced else "partial" if partial else "none"
