"""Feedback under a platform's names, read as the platform reads it, after a class of its download
was graded by the command.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import report_cards as cards
from click.testing import CliRunner
from conftest import notebook

from grader.cli.main import cli
from grader.errors import UsageError
from grader.report import Reports

DOWNLOADS = {
    "moodle": ["Ada Doe_103_assignsubmission_file/hw.ipynb", "Bo Li_104_assignsubmission_file/a/b.ipynb"],
    "moodle, older": ["Ada Doe_103_assignsubmission_file_/hw.ipynb", "Bo Li_104_assignsubmission_file_/x.ipynb"],
    "moodle, flat": ["Ada Doe_103_assignsubmission_file_hw.ipynb", "Bo Li_104_assignsubmission_file_my_hw.ipynb"],
    "canvas": ["doeada_103_901_hw-1.ipynb", "libo_LATE_104_902_my_work_7.ipynb"],
    "brightspace": [
        "12345-103 - Ada Doe - Oct 3, 2026 915 AM/hw.ipynb",
        "12345-104 - Bo Li-Wu - Oct 13, 2026 1015 PM/hw.ipynb",
    ],
    "brightspace, flat": [
        "12345-103 - Ada Doe - Oct 3, 2026 915 AM - hw.ipynb",
        "12345-104 - Bo Li - Oct 3, 2026 915 AM - hw - final.ipynb",
    ],
}  # fmt: skip
ATTACHED = {103: 901, 104: 902}


def moodle(name: str) -> int | None:
    """Parts of the path one after the other, each cut at its first four underscores."""
    for part in name.split("/"):
        info = part.split("_", 4)
        known = len(info) >= 4 and info[1].isdigit() and int(info[1]) in ATTACHED
        if known and info[2:4] == ["assignsubmission", "file"]:
            return int(info[1])
    return None


def canvas(name: str) -> int | None:
    """The first two numbers between underscores: a user, and a file of that user's submission."""
    numbers = [int(part) for part in name.rpartition("/")[2].split("_") if part.isdigit()][:2]
    return numbers[0] if len(numbers) == 2 and ATTACHED.get(numbers[0]) == numbers[1] else None


def brightspace(name: str) -> int | None:
    """The folder of the download, or its prefix: folder's number, user's number, name, time."""
    found = re.match(r"12345-(\d+) - [^/]+ - [A-Z][a-z]+ \d+, \d{4} \d{3,4} [AP]M(/| - )", name)
    return int(found[1]) if found else None


READERS = {"moodle": moodle, "canvas": canvas, "brightspace": brightspace}


def handback(reports: Path, out: Path, platform: str, *more: str) -> Any:
    return CliRunner().invoke(
        cli, ["handback", str(reports), "--out", str(out), "--for", platform, *more]
    )


@pytest.mark.parametrize("download", DOWNLOADS)
def test_each_platform_finds_its_students_again(tmp_path: Path, download: str) -> None:
    platform = download.partition(",")[0]
    zipped = tmp_path / "submissions.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for name in DOWNLOADS[download]:
            archive.writestr(name, notebook(f"print('{name[:3]}')"))
    reports = tmp_path / "reports"
    graded = CliRunner().invoke(
        cli, ["grade", str(zipped), "--assignment", "backprop_ninja", "--out", str(reports)]
    )
    assert graded.exit_code == 0, graded.output
    done = handback(reports, tmp_path / "hb", platform)
    assert done.exit_code == 0, done.output
    content = (tmp_path / "hb" / f"{platform}-feedback.zip").read_bytes()
    archive = zipfile.ZipFile(io.BytesIO(content))
    told = {READERS[platform](name): archive.read(name) for name in archive.namelist()}
    assert set(told) == {103, 104}
    own = {103: "Ada_Doe", 104: "Bo_Li"} if platform != "canvas" else {103: "doeada", 104: "libo"}
    for number, page in told.items():
        (folder,) = [f for f in reports.iterdir() if f.name.startswith(own[number]) and f.is_dir()]
        assert page == (folder / "scorecard.html").read_bytes()


def class_of(reports: Path, *paths: str) -> Path:
    for i, path in enumerate(paths):
        card = cards.right(f"s{i}")
        source = msgspec.structs.replace(card.source, path=path)
        Reports(reports).write_scorecard(msgspec.structs.replace(card, source=source))
    return reports


def test_what_stands_under_other_names_is_named_and_nothing_written(tmp_path: Path) -> None:
    reports = class_of(tmp_path / "r", "Ada Doe_103_assignsubmission_file/x.ipynb", "ben.ipynb")
    out = tmp_path / "hb"
    error = handback(reports, out, "moodle").exception
    assert isinstance(error, UsageError)
    assert "not under Moodle's names: s1. " in str(error)
    assert not out.exists()
    assert handback(reports, out, "moodle", "--skip-unknown").exit_code == 0
    archive = zipfile.ZipFile(out / "moodle-feedback.zip")
    assert archive.namelist() == ["Ada Doe_103_assignsubmission_file/scorecard.html"]


def test_a_class_of_another_platform_is_refused_even_so(tmp_path: Path) -> None:
    reports = class_of(tmp_path / "r", "doeada_103_901_hw.ipynb")
    error = handback(reports, tmp_path / "hb", "brightspace", "--skip-unknown").exception
    assert "not under Brightspace's names" in str(error)


def test_two_submissions_under_one_name_are_refused(tmp_path: Path) -> None:
    both = "Ada Doe_103_assignsubmission_file/"
    reports = class_of(tmp_path / "r", f"{both}x.ipynb", f"z.zip!{both}y.ipynb")
    error = handback(reports, tmp_path / "hb", "moodle").exception
    assert "two submissions stand under" in str(error)
