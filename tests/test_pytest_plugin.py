"""`pytest --assignment NAME submissions/`, run as instructors run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, notebook

from grader.pytest_plugin.paths import sane_name

EVIL = "import pathlib; pathlib.Path(r'{mark}').touch()\ndef test_x(): pass\n"
WRONG = BACKWARD.replace("dhpreact = (1.0 - h**2) * dh", "dhpreact = (1.0 - h) * dh")
TARGETS = 35
VANISH = """
import pathlib
def pytest_collection_finish(session):
    for path in pathlib.Path().glob("gone*"):
        path.unlink()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class: three submissions, one of which disappears, and what hostile students add."""
    place = tmp_path_factory.mktemp("plugin")
    folder = place / "class"
    folder.mkdir()
    (folder / "alice.ipynb").write_bytes(notebook(SETUP, FORWARD, WRONG))
    (folder / "odd\nname::\x1b[31m.ipynb").write_bytes(notebook("x = 1"))
    (folder / "gone.py").write_text("x = 1")
    mallory = folder / "mallory"
    mallory.mkdir()
    (mallory / "mine.ipynb").write_bytes(notebook("x = 1"))
    for number, name in enumerate(("conftest.py", "__init__.py", "test_own.py")):
        (mallory / name).write_text(EVIL.format(mark=place / f"evil-{number}"))
    (mallory / "test_own.txt").write_text(f">>> open(r'{place / 'evil-9'}', 'w')\n")
    for number, name in enumerate(("conftest.py", "msgspec.py", "torch.py"), 5):
        (folder / name).write_text(EVIL.format(mark=place / f"evil-{number}"))
    (place / "vanish.py").write_text(VANISH)
    return place


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In the folder of the submissions, which `python -m` puts on the import path."""
    command = [sys.executable, "-m", "pytest", f"--assignment={BUNDLED}", ".", *arguments]
    return subprocess.run(
        command,
        cwd=place / "class",
        env=os.environ | {"PYTHONPATH": str(place), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def session(place: Path) -> subprocess.CompletedProcess[str]:
    select = "exercise-2 or hpreact or dW1"
    return run(
        place, "-p", "vanish", "-k", select, "--junitxml=../results.xml", "--doctest-modules"
    )


@pytest.fixture(scope="module")
def cases(session: subprocess.CompletedProcess[str], place: Path) -> dict[str, ET.Element]:
    tree = ET.parse(place / "results.xml")
    return {f"{c.get('classname')}::{c.get('name')}": c for c in tree.iter("testcase")}


def properties(case: ET.Element) -> dict[str, str]:
    return {str(p.get("name")): str(p.get("value")) for p in case.iter("property")}


def test_a_failure_shows_verdict_line_and_reason_and_no_traceback(
    session: subprocess.CompletedProcess[str],
) -> None:
    out = session.stdout
    start = out.index("dhpreact: wrong value, off by")
    lines = [" ".join(line.split()) for line in out[start:].splitlines()]
    assert lines[0].endswith("(0 / 1 points, step wrong)")
    assert lines[1] == "cell 2, line 16 dhpreact = (1.0 - h) * dh"
    assert lines[2].startswith("why ")
    assert lines[3].startswith("look at ")
    assert "Traceback" not in out
    assert "nodes.py" not in out


def test_points_are_properties_of_the_tests(cases: dict[str, ET.Element]) -> None:
    assert properties(cases["alice.ipynb.exercise-1::dhpreact"]) == {
        "score": "0.0",
        "max_score": "1.0",
        "verdict": "mismatch",
        "step": "wrong",
        "basis": "none",
    }
    follows = cases["alice.ipynb.exercise-1::dW1"]
    assert properties(follows)["basis"] == "follow_through"
    assert follows.find("failure") is None


def test_what_the_machine_could_not_do_is_an_error_and_no_failure(
    cases: dict[str, ET.Element],
) -> None:
    case = cases["gone.exercise-2::dlogits"]
    error = case.find("error")
    assert error is not None
    assert case.find("failure") is None
    assert "not graded, which is no zero" in (error.text or "")
    assert properties(case) == {"status": "ungraded"}


def test_names_that_break_lines_or_ids_are_replaced(
    cases: dict[str, ET.Element], session: subprocess.CompletedProcess[str]
) -> None:
    odd = {name.split(".exercise")[0] for name in cases if "odd" in name}
    assert len(odd) == 1
    assert odd.pop().isprintable()
    assert "\x1b" not in session.stdout


def test_nothing_that_a_student_hands_in_is_imported(
    session: subprocess.CompletedProcess[str], place: Path
) -> None:
    assert session.returncode == 1
    assert not list(place.glob("evil-*"))
    assert "conftest.py: settings for pytest, no submission" in session.stdout
    assert "mallory/mine.ipynb  0 / " in session.stdout


def test_two_processes_and_last_failed_work_together(
    session: subprocess.CompletedProcess[str], place: Path
) -> None:
    """What failed before is run again, and each file by one process alone."""
    done = run(place, "-n", "2", "--lf", "-v", "-k", "alice")
    assert done.returncode == 1, done.stdout
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == len([1 for line in session.stdout.splitlines() if "FAILED ali" in line])
    assert "alice.ipynb::exercise-1::dW1" not in done.stdout
    processes = {line.split("]")[0] for line in done.stdout.splitlines() if line.startswith("[gw")}
    assert len(processes) == 1


# ---- without grading ---------------------------------------------------------------------------------


def collected(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        f"--assignment={BUNDLED}", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments
    )


def test_tests_exist_without_grading(pytester: pytest.Pytester) -> None:
    shutil.copy(BUNDLED / "examples" / "ada.ipynb", pytester.path / "alice.ipynb")
    done = collected(pytester)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "alice.ipynb::exercise-1::dlogprobs",
            "alice.ipynb::exercise-4::dbnbias",
            f"{TARGETS} tests collected*",
        ]
    )


def test_one_gradient_can_be_named(pytester: pytest.Pytester) -> None:
    (pytester.path / "bob.py").write_text("x = 1")
    done = collected(pytester, "bob.py::exercise-3::dhprebn")
    done.stdout.fnmatch_lines(["bob.py::exercise-3::dhprebn", "1 test collected*"])


def test_a_student_whose_folder_has_a_name_that_pytest_passes_over_is_collected(
    pytester: pytest.Pytester,
) -> None:
    (pytester.mkdir("build") / "mine.ipynb").write_bytes(notebook("x = 1"))
    collected(pytester).stdout.fnmatch_lines(["build/mine.ipynb::exercise-1::dlogprobs"])


def test_several_files_of_one_student_are_one_submission(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("dora")
    (folder / "final.ipynb").write_bytes(notebook("x = 1"))
    (folder / "helper.py").write_text("x = 1")
    collected(pytester, ".").stdout.fnmatch_lines([f"{TARGETS} tests collected*"])


def test_settings_among_the_submissions_are_refused(pytester: pytest.Pytester) -> None:
    (pytester.path / "mine.ipynb").write_bytes(notebook("x = 1"))
    pytester.makeini("[pytest]\naddopts = -q")
    done = collected(pytester, ".")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: *stands among the submissions and may be a student's*"])


def test_files_outside_of_pytest_s_root_have_ids_of_their_own(pytester: pytest.Pytester) -> None:
    for name in ("anna.py", "bob.py"):
        (pytester.path / name).write_text("x = 1")
    root = pytester.mkdir("elsewhere")
    done = collected(pytester, f"--rootdir={root}", "anna.py", "bob.py")
    where = pytester.path.as_posix()
    assert f"{where}/anna.py::exercise-2::dlogits" in done.outlines
    assert f"{where}/bob.py::exercise-2::dlogits" in done.outlines


def test_ordinary_names_stay_and_others_stay_apart() -> None:
    assert sane_name("José Núñez (1) [v2].ipynb") == "José Núñez (1) [v2].ipynb"
    odd = {sane_name(name) for name in ("a\nb.py", "a\tb.py", "a::b.py", "a_b.py", "\udcff.py")}
    assert len(odd) == 5
    assert all(name.isprintable() and "::" not in name for name in odd)
    assert all(name.endswith(".py") for name in odd)


def test_an_unknown_assignment_is_one_line(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest_inprocess("--assignment", "backprop_nin")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: assignment 'backprop_nin' was not found*did you mean*"])


def test_without_the_option_it_costs_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_modules():
            ours = {name for name in sys.modules if name.split(".")[0] == "grader"}
            assert ours == {"grader", "grader.pytest_plugin", "grader.pytest_plugin.hooks"}
            assert not {"torch", "numpy", "msgspec", "rich"} & set(sys.modules)
        """
    )
    pytester.makeconftest("ran = True")
    done = pytester.runpytest_subprocess("-p", "no:hypothesispytest")
    done.assert_outcomes(passed=1)


def test_collecting_brings_no_torch(pytester: pytest.Pytester) -> None:
    (pytester.path / "mine.ipynb").write_bytes(notebook("x = 1"))
    (pytester.path / "look.py").write_text(
        "import sys\ndef pytest_unconfigure():\n    print('torch' in sys.modules)\n"
    )
    pytester.syspathinsert()
    done = pytester.runpytest_subprocess(
        f"--assignment={BUNDLED}", "--collect-only", "-q", "-p", "look", "mine.ipynb"
    )
    assert done.outlines[-1] == "False"
