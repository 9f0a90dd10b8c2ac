"""Broken and hostile files: each is marked or says why not, and nobody else notices."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import notebook
from hostile_files import HONEST, LIVE, NAMES, Case, cases
from test_browser import browser, requests, visit  # noqa: F401

from grader.report import render_notebook
from grader.submission import discover

CASES = {case.name: case for case in cases()}
NEIGHBOURS = ("0-first", "middle", "zz-last")


class Run(NamedTuple):
    """What one command did."""

    status: int
    out: Path
    stdout: str
    stderr: str
    cards: dict[str, dict[str, Any]]


def graded(folder: Path, out: Path, *options: str) -> Run:
    command = [sys.executable, "-m", "grader", "grade", str(folder), "--out", str(out), *options]
    done = subprocess.run(command, capture_output=True, check=False, timeout=900)
    cards = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in out.glob("*/scorecard.json")
    }
    return Run(done.returncode, out, done.stdout.decode(), done.stderr.decode(), cards)


def neighbours(folder: Path) -> None:
    for name in NEIGHBOURS:
        (folder / name).mkdir()
        (folder / name / "x.ipynb").write_bytes(notebook(*HONEST))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All of them in one class, with honest students among them."""
    here = tmp_path_factory.mktemp("files")
    folder = here / "class"
    folder.mkdir()
    neighbours(folder)
    for case in CASES.values():
        (folder / case.name).mkdir()
        case.write(folder / case.name)
    return graded(folder, here / "out", "--jobs", "2", "--with-notebook")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Files whose names are the attack."""
    here = tmp_path_factory.mktemp("names")
    folder = here / "class"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(b"")  # the reason, which names it, goes into every report
    return graded(folder, here / "out", "--jobs", "2", "--assignment", "backprop_ninja")


def without_times(card: dict[str, Any]) -> dict[str, Any]:
    return card | {"cells": [cell | {"seconds": 0} for cell in card["cells"]]}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_each_is_marked_or_says_why_not(run: Run, case: Case) -> None:
    card = run.cards[case.name]
    said = card["reason"] or json.dumps([card["notes"], card["cells"]])
    assert re.search(case.expected.says, said), said
    assert "grader itself failed" not in said
    if case.expected.outcome == "as if absent":
        honest = run.cards["middle"]
        assert (card["status"], card["run"]) == ("graded", "completed")
        assert card["score"] == honest["score"] > 0
    else:
        assert card["status"] == {"zero": "graded", "ungraded": "ungraded"}[case.expected.outcome]
        assert (card["run"], card["score"]) == ("not_run", 0)


def test_everybody_has_a_row_and_a_page(run: Run) -> None:
    assert run.cards.keys() == CASES.keys() | set(NEIGHBOURS)
    assert run.status == 0
    with (run.out / "grades.csv").open(encoding="utf-8", newline="") as file:
        assert {row["id"] for row in csv.DictReader(file)} == run.cards.keys()
    page = (run.out / "index.html").read_text(encoding="utf-8")
    for name in run.cards:
        assert f'href="{name}/scorecard.html"' in page
        assert (run.out / name / "scorecard.html").stat().st_size > 1000


def test_honest_neighbours_are_marked_as_if_they_were_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    neighbours(tmp_path / "class")
    alone = graded(tmp_path / "class", tmp_path / "out", "--with-notebook")
    for name in NEIGHBOURS:
        mine, theirs = without_times(run.cards[name]), without_times(alone.cards[name])
        assert mine["source"].pop("path") != theirs["source"].pop("path")
        assert mine == theirs


def test_nothing_is_written_outside_of_the_reports_and_nothing_is_left(run: Run) -> None:
    here = run.out.parent
    assert {path.name for path in here.iterdir()} == {"class", "out"}
    assert not list(here.rglob("pwned*"))
    assert not Path("/tmp/pwned.ipynb").exists()


@pytest.mark.parametrize("which", ["run", "names"])
def test_logs_and_tables_drive_no_terminal_and_command_no_service(
    which: str, request: pytest.FixtureRequest
) -> None:
    run: Run = request.getfixturevalue(which)
    for line in (run.stdout + run.stderr).split("\n"):
        assert line.isprintable(), line
        assert not line.lstrip().startswith("::"), line
        assert not re.search(r"##\w*\[", line), line
    for line in run.stderr.splitlines():
        assert re.match(r"grader: |\[\d+/\d+\] ", line), line


def test_names_become_folders_that_every_system_takes(names: Run, tmp_path: Path) -> None:
    assert names.status == 0
    found = discover([names.out.parent / "class"], tmp_path)
    assert sum(len(each.candidates) for each in found.submissions) == len(NAMES)
    assert len(names.cards) == len(found.submissions)  # names that differ by case are one student
    folders = [path.name for path in names.out.iterdir() if path.is_dir()]
    folded = {unicodedata.normalize("NFKC", name.casefold()) for name in folders}
    assert len(folded) == len(names.cards)
    for name in folders:
        assert re.fullmatch(r"\w[\w.-]*", name), name
        assert name.partition(".")[0].casefold() not in {"con", "aux", "nul"}
    assert {card["id"] for card in names.cards.values()} == set(folders)


@pytest.mark.parametrize("which", ["run", "names"])
def test_a_spreadsheet_computes_nothing(which: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(which)
    text = (run.out / "grades.csv").read_text(encoding="utf-8")
    for separator in ",;\t":
        for row in csv.reader(text.splitlines(), delimiter=separator):
            assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert len(text.splitlines()) == len(run.cards) + 1


def test_the_canary_sings_where_it_is_let(browser, tmp_path: Path) -> None:  # noqa: F811
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><body>{LIVE}</body>")
    visit(browser, page)
    assert pwned(browser)


@pytest.mark.parametrize("policy", [True, False], ids=["as written", "by escaping alone"])
def test_nothing_in_a_report_is_alive(
    browser,  # noqa: F811
    run: Run,
    names: Run,
    tmp_path: Path,
    policy: bool,
) -> None:
    pages = [run.out / "index.html", names.out / "index.html"]
    pages += [run.out / name / "scorecard.html" for name in ALIVE]
    pages += [path / "scorecard.html" for path in names.out.iterdir() if "pwned" in path.name]
    assert len(pages) > len(ALIVE) + 6
    for page in pages:
        shown = page if policy else without_walls(page, tmp_path)
        assert [url for url in visit(browser, shown) if not url.startswith("data:")] == [
            shown.as_uri()
        ]
        assert not pwned(browser), page
        assert browser.execute_script("return document.scripts.length") == 0


ALIVE = ("live_everywhere", "commands_everywhere", "language_is_a_command", "a_web_page")


def without_walls(page: Path, folder: Path) -> Path:
    """The page without the policy that forbids everything, its frame without the sandbox."""
    html = page.read_text(encoding="utf-8")
    html = re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", html)
    html = re.sub(r"&lt;meta http-equiv=.{0,9}Content-Security-Policy.*?&gt;", "", html)
    copy = folder / f"{page.parent.name}.html"
    copy.write_text(html.replace('sandbox=""', ""), encoding="utf-8")
    assert "Content-Security-Policy" not in copy.read_text(encoding="utf-8")
    return copy


def pwned(browser) -> bool:  # noqa: F811
    """Whether a script of the page has run, after all that it may have put off."""
    script = (
        "const done = arguments[0];"
        "document.querySelectorAll('*').forEach(e => e.dispatchEvent(new Event('mouseover')));"
        "setTimeout(() => done(window.pwned !== undefined), 50)"
    )
    return bool(browser.execute_async_script(script))


def test_an_executed_notebook_is_dead_whatever_it_shows(browser, tmp_path: Path) -> None:  # noqa: F811
    kinds = ("html", "markdown", "latex", "plain", "javascript", "css", "x-python", "svg+xml")
    mimes = [f"text/{kind}" for kind in kinds] + [
        "image/svg+xml",
        "image/png",
        "application/javascript",
        "application/json",
        "application/pdf",
        LIVE,
    ]
    outputs: list[dict[str, Any]] = [
        {"output_type": "display_data", "metadata": {}, "data": {mime: LIVE}} for mime in mimes
    ]
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": LIVE}}
    outputs.append({"output_type": "display_data", "metadata": {}, "data": widget})
    outputs.append({"output_type": "stream", "name": "stdout", "text": f"\x1b[31m{LIVE}"})
    outputs.append({"output_type": "error", "ename": LIVE, "evalue": LIVE, "traceback": [LIVE]})
    cell = {
        "cell_type": "code",
        "metadata": {},
        "execution_count": 1,
        "source": LIVE,
        "outputs": outputs,
    }
    texts = [
        LIVE,
        f"# {LIVE}",
        f"```{LIVE}\n{LIVE}\n```",
        f"$${LIVE}$$",
        f"| {LIVE} |\n|---|\n",
        f"[{LIVE}](javascript:pwned=1)",
    ]
    cells = [cell] + [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
    html = render_notebook({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert "could not be shown" not in html
    page = tmp_path / "notebook.html"
    page.write_text(html, encoding="utf-8")
    bare = without_walls(page, tmp_path)
    assert [url for url in visit(browser, bare) if not url.startswith("data:")] == [bare.as_uri()]
    assert not pwned(browser)
    assert "window.pwned=1" in browser.page_source
