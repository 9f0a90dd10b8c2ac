"""The running package as a wheel.

Neither a build backend nor the network is needed, and what is packed is what the instructor
has just tried: from a checkout, from an installed wheel, or from another bundle.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import re
from pathlib import Path

from grader.errors import InfrastructureError
from grader.export.archive import zipped
from grader.export.exporter import File

DISTRIBUTION = "backprop-grader"
_PACKAGE = Path(__file__).resolve().parent.parent
_METADATA = {
    "METADATA": ("METADATA", "PKG-INFO"),
    "entry_points.txt": ("entry_points.txt",),
    "top_level.txt": ("top_level.txt",),
}
"""Name in a wheel → names where it is found: a checkout that is worked in has an egg-info."""
_LEFT_OUT = frozenset({"__pycache__", "proof"})


def wheel_name() -> str:
    """File name of the wheel: pure Python, any platform."""
    return f"{_stem()}-py3-none-any.whl"


def build_wheel() -> bytes:
    """The wheel's content. Raises InfrastructureError where the package is not installed."""
    info = f"{_stem()}.dist-info"
    files = {
        f"{_PACKAGE.name}/{path.relative_to(_PACKAGE).as_posix()}": path.read_bytes()
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and not _LEFT_OUT & set(path.parts)
    }
    distribution = _distribution()
    for name, found_as in _METADATA.items():
        text = next(filter(None, map(distribution.read_text, found_as)), None)
        if text is not None:
            files[f"{info}/{name}"] = text.encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: grader\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = f"{info}/RECORD"
    lines = [f"{name},{_digest(content)},{len(content)}" for name, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    return zipped({name: File(content) for name, content in files.items()})


def _stem() -> str:
    # As wheels escape names: runs of -_. become one underscore.
    return f"{re.sub(r'[-_.]+', '_', DISTRIBUTION)}-{_distribution().version}"


def _distribution() -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise InfrastructureError(
            f"{DISTRIBUTION} is not installed here, so no wheel of it can be made: "
            "run `pip install -e .` in its folder first"
        ) from error


def _digest(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
