"""Which layers a worker does without, and which stand around it as a whole."""

NAMES = ("bubblewrap", "namespaces", "landlock", "seccomp")

OFF = "switched off"
"""What is reported of a layer that was left out."""

_off: set[str] = set()
around: dict[str, str] = {"bubblewrap": "not for a single run"}
"""Layers that stand around the whole worker: "ok" or why not."""


def switch_off(names: str) -> None:
    """Do without the layers in `names` (separated by commas) from now on."""
    _off.update(names.split(",") if names else ())


def is_off(name: str) -> bool:
    """Whether this layer is to be left out."""
    return name in _off


def stands_around(name: str, state: str) -> None:
    """Note what became of a layer around the whole worker."""
    around[name] = state
