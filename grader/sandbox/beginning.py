"""How a request begins: which cells a template would run for it, and under which name."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict

import msgspec
from msgspec.structs import replace

from grader.protocol import RunRequest
from grader.sandbox.closing import Closing

_KEYS = 64
"""Lengths by which a server may know a beginning."""
_FILES = 16


class Beginnings(Closing):
    """Beginnings of the requests of one sandbox, each in a file that workers may read."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, int] = OrderedDict()

    def file(self, key: str, request: RunRequest) -> int:
        """A descriptor of the shared cells of `request`, whose key is `key`; ours to close."""
        if key not in self._files:
            self._files[key] = _written(beginning(request))
            if len(self._files) > _FILES:
                os.close(self._files.popitem(last=False)[1])
        return self._files[key]

    def close(self) -> None:
        """Close all files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()


def beginning(request: RunRequest) -> RunRequest:
    """The shared cells, and all that their run depends on."""
    return replace(
        request,
        cells=request.cells[: request.shared],
        captures=[],
        entry=None,
        returns=[],
        required=[],
        files={},
        scripts={},
        shared=0,
    )


def keys(request: RunRequest) -> list[str]:
    """Digests of the beginnings with one cell, two cells and so on up to all shared ones."""
    if not request.shared:
        return []
    digest = hashlib.blake2b(digest_size=16)
    digest.update(msgspec.json.encode(replace(beginning(request), cells=[])))
    found = []
    for cell in request.cells[: request.shared]:
        digest.update(msgspec.json.encode(cell))
        found.append(digest.hexdigest())
    return found[-_KEYS:]


def _written(request: RunRequest) -> int:
    descriptor = os.memfd_create("cells", os.MFD_CLOEXEC)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(msgspec.json.encode(request))
    return descriptor
