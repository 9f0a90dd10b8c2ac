"""From the layers that a worker reached to what a scorecard says of them."""

from __future__ import annotations

from collections.abc import Mapping

from grader.model import Isolation, Protection


def describe_isolation(backend: str, layers: Mapping[str, str], *, watched: bool) -> Isolation:
    """`layers` as in `Started.isolation`; `watched`: CPU time and memory can be measured."""
    held = {name for name, state in layers.items() if state == "ok"}
    partly = {name for name, state in layers.items() if state.startswith("partial")}
    limits: Protection = "partial" if "limits" in held else "none"
    return Isolation(
        backend=backend,
        files=_files(held, partly),
        network="enforced" if "network" in held else "none",
        processes="enforced" if {"processes", "user"} <= held else "partial",
        memory="enforced" if watched else limits,
        time="enforced" if watched else "partial",
        missing=[f"{name}: {state}" for name, state in layers.items() if state != "ok"],
    )


def _files(held: set[str], partly: set[str]) -> Protection:
    if held & {"files", "landlock"}:
        return "enforced"
    return "partial" if "landlock" in partly else "none"
