from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, notebook

EXAMPLES = BUNDLED / "examples"


def grader(*arguments: object, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def grade(
    out: Path, *arguments: object, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return grader("grade", *arguments, "--out", out, before=before)


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("class")
    done = grade(out, EXAMPLES, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    (out / "stdout").write_text(done.stdout)
    (out / "stderr").write_text(done.stderr)
    return out


def test_help_imports_neither_torch_nor_ipython() -> None:
    code = (
        "import sys\nfrom grader.cli.main import cli\n"
        "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'IPython', 'nbformat', 'jinja2', 'rich', 'sqlalchemy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_bundled_class_is_graded_into_a_folder_of_reports(graded_class: Path) -> None:
    assert {"index.html", "grades.csv", "results.json", "ada", "hana"} <= {
        path.name for path in graded_class.iterdir()
    }
    assert "<html" in (graded_class / "ada" / "scorecard.html").read_text()


def test_the_table_names_everyone_and_ends_with_the_path_of_the_class_page(
    graded_class: Path,
) -> None:
    text = (graded_class / "stdout").read_text()
    assert "ada" in text
    assert "43 / 43" in text
    assert text.rstrip().endswith(str(graded_class / "index.html"))


def test_without_a_terminal_progress_is_plain_lines(graded_class: Path) -> None:
    lines = (graded_class / "stderr").read_text().splitlines()
    assert lines[0] == "[1/10] ada: 43 / 43"
    assert len(lines) == 10


def test_the_grades_come_in_the_order_of_the_ids(graded_class: Path) -> None:
    with (graded_class / "grades.csv").open(newline="", encoding="utf-8") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    assert ids == sorted(ids)
    assert len(ids) == 10


def test_every_scorecard_is_valid_under_the_published_schema(graded_class: Path) -> None:
    schema = json.loads(grader("schema").stdout)
    validator = jsonschema.Draft202012Validator(schema)
    for path in graded_class.glob("*/scorecard.json"):
        validator.validate(json.loads(path.read_text(encoding="utf-8")))


def test_one_job_and_two_jobs_give_the_same_scorecards(graded_class: Path, tmp_path: Path) -> None:
    assert grade(tmp_path / "one", EXAMPLES, "--jobs", 1).returncode == 0

    def cards(folder: Path) -> dict[str, object]:
        found = {}
        for path in folder.glob("*/scorecard.json"):
            card = json.loads(path.read_text(encoding="utf-8"))
            for cell in card["cells"]:
                cell["seconds"] = 0
            found[path.parent.name] = card
        return found

    assert cards(tmp_path / "one") == cards(graded_class)


def test_json_goes_to_standard_output_and_nothing_else_does(tmp_path: Path) -> None:
    done = grade(tmp_path / "out", EXAMPLES / "hana.ipynb", "--format", "json")
    (card,) = json.loads(done.stdout)
    assert card["schema"] == "grader/scorecard/v1"


def test_a_zip_of_a_class_is_graded(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("anna_11_22_mine.ipynb", notebook(SETUP, FORWARD, BACKWARD))
        archive.writestr("../../evil.ipynb", notebook("x = 1"))
    done = grade(tmp_path / "out", tmp_path / "class.zip", "--format", "json")
    cards = json.loads(done.stdout)
    assert "anna_11" in {card["id"] for card in cards}
    assert not (tmp_path.parent / "evil.ipynb").exists()


def test_the_executed_notebook_is_appended_in_a_frame_where_nothing_runs(tmp_path: Path) -> None:
    path = tmp_path / "anna.ipynb"
    path.write_bytes(notebook(SETUP, FORWARD, "print('<script>alert(1)</script>')\n" + BACKWARD))
    assert grade(tmp_path / "out", path, "--with-notebook").returncode == 0
    page = (tmp_path / "out" / "anna" / "scorecard.html").read_text(encoding="utf-8")
    assert 'sandbox=""' in page
    assert "<script>alert" not in page


def test_the_assignment_is_found_by_what_the_submission_defines(tmp_path: Path) -> None:
    done = grade(tmp_path / "out", EXAMPLES / "ben.ipynb", "--format", "json")
    assert json.loads(done.stdout)[0]["assignment"] == "backprop_ninja"


# ---- what goes wrong ---------------------------------------------------------------------------------


def test_broken_files_are_graded_with_zero_and_the_others_as_ever(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    shutil.copy(EXAMPLES / "ben.ipynb", folder)
    (folder / "empty.ipynb").write_bytes(b"")
    (folder / "text.ipynb").write_text("hello")
    r_kernel = json.loads(notebook("x <- 1"))
    r_kernel["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    (folder / "r.ipynb").write_text(json.dumps(r_kernel))
    done = grade(tmp_path / "out", folder, "--format", "json")
    cards = {card["id"]: card for card in json.loads(done.stdout)}
    assert done.returncode == 0
    assert cards["ben"]["score"] == 15
    for name in ("empty", "text", "r"):
        assert (cards[name]["status"], cards[name]["run"]) == ("graded", "not_run")
        assert f"{name}.ipynb" in cards[name]["reason"]


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root reads every file"
)
def test_a_file_that_may_not_be_read_is_ungraded_and_the_exit_status_says_so(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    shutil.copy(EXAMPLES / "hana.ipynb", folder)
    shutil.copy(EXAMPLES / "ben.ipynb", folder)
    (folder / "hana.ipynb").chmod(0)
    drop = "-dac_override,-dac_read_search"
    before = (
        ("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}") if os.geteuid() == 0 else ()
    )
    done = grade(tmp_path / "out", folder, "--format", "json", before=before)
    cards = {card["id"]: card for card in json.loads(done.stdout)}
    assert done.returncode == 1
    assert cards["hana"]["status"] == "ungraded"
    assert "permission" in cards["hana"]["reason"].lower()
    assert cards["ben"]["score"] == 15


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nowhere.ipynb",), "nowhere.ipynb does not exist"),
        ((EXAMPLES / "ben.ipynb", "--assignment", "backprop_nin"), "did you mean backprop_ninja"),
    ],
)
def test_wrong_use_is_one_line_and_exit_status_2(
    tmp_path: Path, arguments: tuple[object, ...], expected: str
) -> None:
    done = grade(tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = grade(tmp_path / "out", tmp_path / "empty")
    assert done.returncode == 2
    assert "empty" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_output_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = grade(tmp_path / "out", EXAMPLES / "hana.ipynb")
    assert done.returncode == 2
    assert (tmp_path / "out").read_text() == "mine"


def test_a_faulty_assignment_is_named_with_file_and_key(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "mine")
    manifest = tmp_path / "mine" / "assignment.toml"
    manifest.write_text(manifest.read_text().replace('forward = "', 'forwards = "', 1))
    if "forwards" not in manifest.read_text():
        manifest.write_text('forwards = "x.py"\n' + manifest.read_text())
    done = grade(tmp_path / "out", EXAMPLES / "hana.ipynb", "--assignment", tmp_path / "mine")
    assert done.returncode == 2
    assert "unknown key `forwards` (did you mean `forward`?)" in done.stderr


def test_two_submissions_of_one_id_are_both_graded_and_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(EXAMPLES / "hana.ipynb", tmp_path / name / "same.ipynb")
    done = grade(
        tmp_path / "out",
        tmp_path / "a" / "same.ipynb",
        tmp_path / "b" / "same.ipynb",
        "--format",
        "json",
    )
    assert {card["id"] for card in json.loads(done.stdout)} == {"same-a", "same-b"}
    assert "same.ipynb" in done.stderr


def test_the_starter_is_made_from_the_solution(tmp_path: Path) -> None:
    solution = BUNDLED.parents[1] / "solutions" / "backprop_ninja" / "solution.ipynb"
    assert grader("starter", solution, tmp_path / "starter.ipynb").returncode == 0
    made = json.loads((tmp_path / "starter.ipynb").read_text(encoding="utf-8"))
    assert made == json.loads((BUNDLED / "starter.ipynb").read_text(encoding="utf-8"))


def test_python_m_grader_and_the_command_are_the_same() -> None:
    assert "grade" in grader("--help").stdout
    assert grader("--version").stdout.startswith("grader ")


def test_modules_beside_the_submissions_are_not_imported(tmp_path):
    """`python -m` puts the current folder, which may be a student's, first on the import path."""
    for name in ("torch", "json", "click"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w')\n")
    done = subprocess.run(
        [sys.executable, "-m", "grader", "schema"], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, (tmp_path / "imported").exists()) == (0, False), done.stderr
