"""A PostgreSQL server of our own: a folder, a socket, and nothing that others could reach."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path


def binaries() -> Path | None:
    """Where the system keeps the newest server; None if there is none."""
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = [Path(on_path)] if on_path else installed[-1:]
    return found[0].resolve().parent if found else None


class Server:
    """A running server; `database()` makes an empty database and gives its URL."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder = folder
        self.user = user

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{self.user}@/{database}?host={self.folder}"

    def database(self) -> str:
        import psycopg

        name = f"t_{uuid.uuid4().hex[:12]}"
        where = {"host": str(self.folder), "user": self.user, "dbname": "postgres"}
        with psycopg.connect(**where, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextlib.contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A server, up to the end of the block. The short path is for the socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user, before = _user()
    if before:
        shutil.chown(folder, user)
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-U", user, "-A", "trust", "--no-sync"]
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [*before, programs / "pg_ctl", "-D", data, "-w", "-s"]
    try:
        subprocess.run([*before, *initdb], check=True, capture_output=True, cwd=folder)
        start = [*control, "-o", settings, "-l", folder / "log", "start"]
        subprocess.run(start, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            yield Server(folder, user)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> tuple[str, list[str]]:
    """Who the server runs as, and how to become that: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name, []
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    return user, [
        "setpriv",
        f"--reuid={user}",
        f"--regid={pwd.getpwnam(user).pw_gid}",
        "--clear-groups",
    ]
