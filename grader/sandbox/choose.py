"""Which sandbox this machine can have."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from grader.sandbox.fork_server import ForkServerSandbox
from grader.sandbox.fresh_process import FreshProcessSandbox
from grader.sandbox.outcome import Sandbox


def open_sandbox(
    data_dirs: Sequence[Path | str] = (),
    backend: Literal["auto", "fork", "fresh"] = "auto",
    *,
    required: bool = True,
    engines: Sequence[bool] = (True,),
) -> Sandbox:
    """Open a sandbox for requests whose data lies in one of `data_dirs`.

    auto: a fork server on Linux, a fresh process per run elsewhere. Returns at once: torch
    is imported over there while the caller imports its own.

    required: refuse to run anything where neither files nor network can be closed.
    engines: which workers to start early: those of runs with torch, those of runs without.
    """
    if backend == "fork" or (backend == "auto" and sys.platform == "linux"):
        return ForkServerSandbox(data_dirs, required=required, engines=engines)
    return FreshProcessSandbox(data_dirs, required=required)
