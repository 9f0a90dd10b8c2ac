"""Which layers a worker does without, and which stand around it as a whole."""

NAMES = ("bubblewrap", "namespaces", "landlock", "seccomp")
ENGINE = "engine"
"""No layer, but left out by the same word: all that could derive gradients by itself."""

OFF = "switched off"
"""What is reported of a layer that was left out without a reason given."""

_off: dict[str, str] = {}
around: dict[str, str] = {"bubblewrap": "not for a single run"}
"""Layers that stand around the whole worker: "ok" or why not."""


def switch_off(names: str) -> None:
    """Do without these layers from now on: "landlock,bubblewrap=why"."""
    for item in names.split(",") if names else ():
        name, _, reason = item.partition("=")
        _off[name] = reason or OFF


def off(name: str) -> str | None:
    """Why this layer is left out, if it is."""
    return _off.get(name)


def stands_around(name: str, state: str) -> None:
    """Note what became of a layer around the whole worker."""
    around[name] = state
