"""The fork server's templates: which there are, and which is worth starting."""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

LIVING = 4
"""Templates at a time; the one that was used longest ago ends for another."""
REMEMBERED = 256
WORTH = 2
"""Requests that begin in the same way before a template is started for the next."""


class Template:
    """One template process, as the fork server knows it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._ready = False
        self.living = True

    @property
    def ready(self) -> bool:
        """Whether its cells have run; never waits."""
        if self.living and not self._ready:
            try:
                self._ready = bool(self._connection.recv(16, socket.MSG_DONTWAIT))
                if not self._ready:
                    self.close()
            except BlockingIOError:
                return False
            except OSError:
                self.close()
        return self.living and self._ready

    def hand_over(self, descriptors: Sequence[int]) -> bool:
        """Give a run's descriptors to it; False if it has ended or does not listen."""
        try:
            socket.send_fds(self._connection, [b"run"], descriptors, socket.MSG_DONTWAIT)
        except OSError:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Hang up; it ends when the runs that it forked have ended."""
        self.living = False
        self._connection.close()


class Templates:
    """All templates, the one that was used last at the end."""

    def __init__(self) -> None:
        self._templates: OrderedDict[str, Template] = OrderedDict()
        """Those that ended by themselves stay known, as not to be tried again."""
        self._wanted: OrderedDict[str, int] = OrderedDict()

    def best(self, keys: Sequence[str]) -> Template | None:
        """The ready one with most cells; `keys` are of one cell, two cells and so on."""
        for key in reversed(keys):
            template = self._templates.get(key)
            if template is not None and template.ready:
                self._templates.move_to_end(key)
                return template
        return None

    def worth(self, key: str) -> bool:
        """Whether so many requests have begun with these cells that a template pays."""
        if key in self._templates:
            return False
        self._wanted[key] = self._wanted.pop(key, 0) + 1
        _forget(self._wanted)
        return self._wanted[key] >= WORTH

    def add(self, key: str, connection: socket.socket) -> None:
        """A template was started for `key`."""
        self._templates[key] = Template(connection)
        self._wanted.pop(key, None)
        living = [key for key, each in self._templates.items() if each.living]
        for oldest in living[:-LIVING]:
            self._templates.pop(oldest).close()
        _forget(self._templates)

    def close(self) -> None:
        """Hang up on all of them; in a fork of the server, let go of them."""
        for template in self._templates.values():
            template.close()


def _forget(known: OrderedDict[str, Any]) -> None:
    """Let go of the oldest entry if there are too many."""
    if len(known) > REMEMBERED:
        known.popitem(last=False)
