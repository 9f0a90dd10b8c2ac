from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import report_cards as cards

from grader.errors import UsageError
from grader.export import Bundle, Format, bundle_named, format_named
from grader.export.registry import BUNDLES, FORMATS
from grader.report import Reports

PLUGIN = """
from grader.export import Bundle, File, Format

FORMAT = Format("ids only", lambda cards, options: "".join(f"{c.id}\\n" for c in cards))
BUNDLE = Bundle("a note", lambda assignment, options: {"README.md": File(b"hello")})
NEITHER = "a string"
"""
ENTRIES = """[grader.exporters]
ids = grader_ids:FORMAT
note = grader_ids:BUNDLE
wrong = grader_ids:NEITHER
broken = grader_ids_absent:FORMAT
csv = grader_ids:FORMAT
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Another distribution, as pip would have left it."""
    place = tmp_path / "site"
    info = place / "grader_ids-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "grader_ids.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: grader-ids\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    return place


def grader(place: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    start = f"import sys; sys.path.append({str(place)!r}); from grader.cli import main; main()"
    command = [sys.executable, "-c", start, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_all_of_our_own_are_there() -> None:
    assert all(isinstance(format_named(name), Format) for name in FORMATS)
    assert all(isinstance(bundle_named(name), Bundle) for name in BUNDLES)


def test_a_format_of_another_package_is_used_by_its_name(installed, tmp_path) -> None:
    Reports(tmp_path / "reports").write_scorecard(cards.right("ben"))
    done = grader(installed, "grades", tmp_path / "reports", "--format", "ids")
    assert (done.stdout, done.stderr) == ("ben\n", "")


def test_a_bundle_of_another_package_is_written(installed, tmp_path) -> None:
    out = tmp_path / "out"
    arguments = ("export", "note", "--assignment", "backprop_ninja", "--out", out)
    done = grader(installed, *arguments)
    assert done.returncode == 0, done.stderr
    assert (out / "README.md").read_text() == "hello"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("note", "format 'note' of grader-ids is no format: grader_ids:BUNDLE is a Bundle"),
        ("wrong", "format 'wrong' of grader-ids is no format: grader_ids:NEITHER is a str"),
        ("broken", "format 'broken' of grader-ids cannot be loaded (ModuleNotFoundError"),
        ("idz", "there is no format 'idz' (did you mean ids?)"),
    ],
)
def test_what_cannot_be_used_is_one_line(installed, tmp_path, name: str, said: str) -> None:
    Reports(tmp_path / "reports").write_scorecard(cards.right("ben"))
    done = grader(installed, "grades", tmp_path / "reports", "--format", name)
    assert done.returncode == 2
    assert done.stderr.startswith(f"grader: {said}")
    assert len(done.stderr.splitlines()) == 1


def test_nobody_takes_the_place_of_our_own(installed, tmp_path) -> None:
    Reports(tmp_path / "reports").write_scorecard(cards.right("ben"))
    done = grader(installed, "grades", tmp_path / "reports", "--format", "csv")
    assert done.stdout.startswith("id,path,status")


def test_an_unknown_bundle_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="known: classroom50, github, gradescope"):
        bundle_named("moodle")
