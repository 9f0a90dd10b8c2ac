"""Classroom 50's runner as its published contract has it, in our words: which variables it sets,
how it reads what an autograder leaves behind, and what its collector accepts into the gradebook.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

OWN = frozenset({"owner", "assignment_type", "datetime", "graded_at", "submitted_by"})
"""What the runner writes into every result itself, whatever stands there."""
RESERVED = frozenset({"result.json", "release-body.md"})
MAX_ASSETS = 50
MAX_ASSET_BYTES = 100 << 20
MAX_DESCRIPTION = 140
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
ASSET = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_-])?")
_CONTROL = (".github/", ".git/", ".classroom50.yaml")


class Run:
    """One submission: `autograders/SLUG/` unpacked, the student's checkout as working folder."""

    def __init__(
        self,
        bundle: Path,
        checkout: Path,
        *,
        python: str = sys.executable,
        kind: str = "individual",
        **changed: str,
    ) -> None:
        assert SLUG.fullmatch(bundle.name), "no such assignment can be registered"
        self.checkout = checkout
        self.slug, self.kind, self.owner = bundle.name, kind, "octocat"
        self.temporary = checkout.parent / f"{checkout.name}-temporary"
        self.temporary.mkdir()
        self.outputs = self.temporary / "outputs"
        self.done = subprocess.run(
            [python, str(bundle / "autograder.py")],
            cwd=checkout,
            env={**os.environ, **self._environment(bundle), **changed},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        lines = self.outputs.read_text().splitlines() if self.outputs.exists() else []
        self.read = dict(self._read(lines))
        self.left = [path for path in self.temporary.iterdir() if path != self.outputs]

    def _environment(self, bundle: Path) -> dict[str, str]:
        address = f"https://github.example/o/cs-{self.slug}-{self.owner}"
        return {
            "PAGES_BASE_URL": "https://o.github.example/classroom50",
            "CLASSROOM": "cs",
            "ASSIGNMENT": self.slug,
            "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
            "CLASSROOM50_BUNDLE_DIR": str(bundle),
            "USERNAME": self.owner,
            "OWNER": self.owner,
            "ASSIGNMENT_TYPE": self.kind,
            "COMMIT_URL": f"{address}/commit/a1b2c3d",
            "RELEASE_URL": f"{address}/releases/tag/x",
            "REVIEW_URL": f"{address}/compare/a...b",
            "GITHUB_REPOSITORY": f"o/cs-{self.slug}-{self.owner}",
            "GITHUB_SHA": "a1b2c3d",
            "GITHUB_ACTOR": self.owner,
            "GITHUB_ACTOR_ID": "583231",
            "GITHUB_OUTPUT": str(self.outputs),
            "GITHUB_TOKEN": "ghs_secret",
            "RUNNER_TEMP": str(self.temporary),
            "RUNNER_TOOL_CACHE": str(self.temporary / "tools"),
        }

    @staticmethod
    def _read(lines: list[str]) -> Any:
        """Line by line, by how each begins; the rest of the file is nothing to this runner."""
        for line in lines:
            for name in ("status", "summary"):
                if line.startswith(f"{name}="):
                    yield name, line.removeprefix(f"{name}=")

    @property
    def said(self) -> str:
        return self.done.stdout + self.done.stderr

    @property
    def result(self) -> dict[str, Any]:
        """As published: identity and times are the runner's own word."""
        document = json.loads((self.checkout / "result.json").read_text())
        document |= {"owner": self.owner, "assignment_type": self.kind}
        document |= {"submitted_by": {"username": self.owner, "id": 583231}}
        return dict(document, datetime="2026-06-01T14:32:05Z", graded_at="2026-06-01T14:33:00Z")

    @property
    def shown(self) -> tuple[str, str]:
        """The commit's status and its description: the autograder's, or else the runner's own."""
        if self.done.returncode != 0 or not (self.checkout / "result.json").is_file():
            return "error", f"autograder exited {self.done.returncode}"
        if "status" in self.read:
            return self.read["status"], self.read.get("summary", "")
        tests = self.result["tests"]
        good = sum(test["passed"] for test in tests)
        return ("success" if good == len(tests) else "failure"), f"{good}/{len(tests)} tests passed"

    @property
    def complaint(self) -> str | None:
        """Why the collector would not take the result; None if it does."""
        return complaint(self.result, self.slug, self.owner, self.kind)

    def assets(self, configured: list[str]) -> list[Path]:
        """The files attached to the release; AssertionError for what the runner refuses."""
        names = [path.rpartition("/")[2] for path in configured]
        assert len(set(names)) == len(names) <= MAX_ASSETS
        assert all(ASSET.fullmatch(name) and ".." not in name for name in names)
        assert not RESERVED & {name.casefold() for name in names}
        paths = [self.checkout / each for each in configured]
        assert all(path.is_file() and not path.is_symlink() for path in paths)
        assert sum(path.stat().st_size for path in paths) <= MAX_ASSET_BYTES
        for path in paths:
            assert b"classroom50/result/" not in path.read_bytes(), "taken for a second result"
        return paths


def complaint(document: Any, slug: str, owner: str, kind: str) -> str | None:
    """The collector's rules, one after the other."""
    if document.get("schema") != "classroom50/result/v1":
        return "schema"
    wanted = {"classroom": "cs", "assignment": slug, "assignment_type": kind, "owner": owner}
    for key, value in wanted.items():
        if document.get(key) != value:
            return f"{key} is {document.get(key)!r}"
    if not str(document.get("submission")).startswith("submit/"):
        return "submission"
    for key in ("commit", "release", "review", "datetime"):
        if not isinstance(document.get(key), str) or not document[key]:
            return key
    for where, row in [("result", document), *((t["test-name"], t) for t in document["tests"])]:
        score, most = row.get("score"), row.get("max-score")
        if type(score) is not int or type(most) is not int or not 0 <= score <= most:
            return f"{where}: {score} of {most}"
        if where != "result" and not (where and type(row["passed"]) is bool):
            return f"{where}: name or passed"
    return None


def left_out(paths: list[str], patterns: list[str], scratch: Path) -> set[str]:
    """What `allowed_files` removes before grading, by git's own reading of the patterns."""
    git = ["git", "-C", str(scratch), "-c", f"core.excludesFile={os.devnull}"]
    subprocess.run([*git, "init", "-q"], check=True)
    (scratch / ".gitignore").write_text("\n".join(patterns) + "\n")
    asked = subprocess.run(
        [*git, "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(paths) + "\0",
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode in (0, 1), asked.stderr
    return {path for path in asked.stdout.split("\0") if path and not path.startswith(_CONTROL)}
