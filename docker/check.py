"""Takes the steps of the Dockerfile in a fresh Debian, then grades the example class in it as an
ordinary user, and says how many seconds and megabytes each step took.

python docker/check.py [FOLDER]    as root, with mmdebstrap installed; FOLDER is kept, else removed

No container registry and no Docker is needed. pip's own settings (PIP_INDEX_URL and so on) hold in
there, too; TORCH_INDEX stands for another index of PyTorch's builds.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSED_ON = re.compile(r"PIP_\w+|\w+_(?:proxy|PROXY)")
GRADE = "mkdir work && cd work && cp -r /mnt/checkout/* . && make grade OUT=/tmp/reports"


class Image:
    """A root file system that follows the instructions one by one."""

    def __init__(self, root: Path) -> None:
        self.root, self.user, self.folder = root, "root", "/"
        self.environment = {k: v for k, v in os.environ.items() if PASSED_ON.fullmatch(k)}
        if certificates := self.environment.get("PIP_CERT"):
            shutil.copy(certificates, root / "mnt")
            self.environment["PIP_CERT"] = f"/mnt/{Path(certificates).name}"
        self.arguments: dict[str, str] = {}
        self._mounts = [(Path("/dev"), "dev")]
        links = map(Path, os.environ.get("PIP_FIND_LINKS", "").split())
        self._mounts += [(path, str(path).lstrip("/")) for path in links if path.is_dir()]

    def follow(self, word: str, rest: str) -> None:
        """One instruction; those that only describe the image are passed over."""
        act = {"ARG": self._argument, "ENV": self._set, "COPY": self._copy, "USER": self._become}
        act |= {"RUN": self.run, "WORKDIR": self._enter}
        if word in act:
            act[word](rest)
        elif word != "FROM":
            raise SystemExit(f"the Dockerfile has an instruction that is not followed: {word}")

    def _argument(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self.arguments[name] = os.environ.get(name, value)

    def _set(self, rest: str) -> None:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            self.environment[name] = value

    def _become(self, rest: str) -> None:
        self.user = rest

    def _enter(self, rest: str) -> None:
        self.folder = rest

    def _copy(self, rest: str) -> None:
        *names, place = rest.split()
        target = self.root / place.lstrip("/")
        for name in names:
            source = ROOT / name
            if source.is_dir():
                left_out = shutil.ignore_patterns("__pycache__", "examples")
                shutil.copytree(source, target, ignore=left_out, dirs_exist_ok=True)
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)

    def run(self, script: str, *, checkout: bool = False) -> None:
        """As a build does: a shell in the image, by the image's user, with its variables."""
        mounts = [*self._mounts, *([(ROOT, "mnt/checkout")] if checkout else [])]
        for _, name in mounts:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        lines = [f"mount --rbind {source} {self.root / name}" for source, name in mounts]
        lines.append(f"mount -t proc proc {self.root}/proc")
        who = self.user if self.user != "root" else "0:0"
        home = "/root" if self.user == "root" else f"/home/{self.user}"
        inside = {"PATH": os.defpath, "HOME": home, "DEBIAN_FRONTEND": "noninteractive"}
        inside |= self.arguments | self.environment
        pairs = [f"{name}={value}" for name, value in inside.items()]
        command = ["env", "-i", *pairs, "/bin/sh", "-ec", f"cd {self.folder} && {script}"]
        lines.append(f"exec chroot --userspec={who} {self.root} {shlex.join(command)}")
        wrapped = ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", "\n".join(lines)]
        subprocess.run(wrapped, check=True)


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Words and their arguments, continued lines joined, comments left out."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            yield word, rest.strip()


def debian(root: Path, suite: str) -> None:
    """The packages of `debian:SUITE-slim`, which has no others either."""
    root.parent.mkdir(parents=True, exist_ok=True)
    command = ["mmdebstrap", "--quiet", "--variant=minbase", suite, str(root)]
    subprocess.run(command, check=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(Path("/etc", name), root / "etc" / name)


def timed(what: str, root: Path, begun: float) -> float:
    used = subprocess.run(
        ["du", "-sxm", str(root)], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    print(f"{time.monotonic() - begun:7.1f} s {used:>6} MB  {what[:90]}", flush=True)
    return time.monotonic()


def main() -> int:
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        print("image-check needs root, and mmdebstrap: apt-get install mmdebstrap", file=sys.stderr)
        return 2
    kept = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    folder = kept or Path(tempfile.mkdtemp(prefix="grader-image-"))
    root = folder / "root"
    try:
        steps = list(instructions((ROOT / "Dockerfile").read_text()))
        base = re.search(r"debian:(\w+)-slim", steps[0][1])
        assert base, "the Dockerfile begins with the base image"
        begun = time.monotonic()
        if not root.exists():
            debian(root, base[1])
        begun = timed(f"Debian {base[1]}", root, begun)
        image = Image(root)
        for word, rest in steps:
            image.follow(word, rest)
            if word == "RUN":
                begun = timed(f"{word} {' '.join(rest.split())}", root, begun)
        image.run(GRADE, checkout=True)
        timed("make grade, as an ordinary user", root, begun)
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
