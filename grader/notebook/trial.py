"""A long text is parsed by another process first: some make CPython run for hours, take all
memory or end the process, and no exception tells of it.

`import a.b.b.b…` takes memory with the square of its length (eleven gigabytes for 200 kB), an
f-string of Python 3.11 takes time so.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

from grader.errors import InfrastructureError

LONG = 20_000
"""Characters up to which the square of the length is small."""
CPU_SECONDS = 5
MEMORY = 1 << 30
WALL_SECONDS = 120
_BEARABLE = 0
_PARSE = f"""
import ast, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, {CPU_SECONDS}))
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, OSError, ValueError):
    pass
try:
    ast.parse(sys.stdin.buffer.read())
except MemoryError:
    sys.exit(1)
except Exception:
    pass
"""


@lru_cache(maxsize=64)
def bearable(source: str) -> bool:
    """Whether a text of Python can be parsed within fair limits; short ones can.

    Raises InfrastructureError if no process can be started.
    """
    if len(source) <= LONG:
        return True
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _PARSE]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the text is only its input
            command, input=source.encode(), capture_output=True, check=False, timeout=WALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    except OSError as error:
        raise InfrastructureError(f"Python cannot be started ({error.strerror})") from error
    return done.returncode == _BEARABLE
