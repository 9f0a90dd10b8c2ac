"""Shell lines and magics never run and never raise; fetching finds the data."""

import sys
from pathlib import Path

import pytest

from grader.worker import stubs
from grader.worker.data import Resolver
from grader.worker.shell import Shell


@pytest.fixture
def shell(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_text("ada\n")
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path / "scratch")
    return Shell({}, Resolver(str(tmp_path / "data")))


URL = "https://raw.example.com/master/names.txt"


@pytest.mark.parametrize(
    ("line", "made"),
    [
        (f"wget {URL}", "names.txt"),
        (f"wget -q {URL} -O words.txt", "words.txt"),
        (f"wget --output-document=w.txt '{URL}'", "w.txt"),
        (f"wget -P input {URL}", "input/names.txt"),
        (f"mkdir -p data && wget -O data/names.txt {URL}", "data/names.txt"),
        (f"curl -O {URL}", "names.txt"),
        (f"curl -s {URL} -o n.txt; ls", "n.txt"),
        (f"curl {URL} > n.txt", "n.txt"),
        ("wget -O names.txt {url}", "names.txt"),
    ],
)
def test_a_fetched_data_file_is_there_afterwards(shell, line, made):
    shell.system(line)
    assert Path(made).read_text() == "ada\n"


@pytest.mark.parametrize(
    "line", ["pip install torch", "apt-get -y install x && pip3 install y", "ls -la", ""]
)
def test_lines_that_make_no_difference_are_quiet(shell, line):
    shell.system(line)
    assert shell._resolver.notes == []


@pytest.mark.parametrize(
    "line", ["python train.py", "wget http://example.com/model.bin", "rsync 'open"]
)
def test_other_lines_do_nothing_and_leave_a_note(shell, line):
    shell.system(line)
    assert len(shell._resolver.notes) <= 1
    assert list(Path().iterdir()) == []


def test_no_line_runs(shell, tmp_path):
    assert shell.getoutput(f"touch {tmp_path}/made") == []
    shell.run_cell_magic("bash", "", f"cd {tmp_path}\ntouch made\n")
    assert not (tmp_path / "made").exists()


def test_magics_are_ignored_and_unknown_ones_noted(shell):
    shell.run_line_magic("matplotlib", "inline")
    shell.magic("%load_ext autoreload")
    assert shell._resolver.take_notes() == []
    shell.run_line_magic("tensorboard", "--logdir x")
    shell.run_cell_magic("javascript", "", "alert(1)")
    assert shell._resolver.take_notes() == [
        "magic `%tensorboard` was ignored",
        "magic `%%javascript` was ignored",
    ]


def test_writefile_writes_into_the_working_folder(shell):
    shell.run_cell_magic("writefile", "helper.py", "x = 1\n")
    shell.run_cell_magic("writefile", "-a helper.py", "y = 2\n")
    assert Path("helper.py").read_text() == "x = 1\ny = 2\n"
    shell.run_cell_magic("writefile", "/no/such/place.py", "")
    assert "writefile" in shell._resolver.notes[0]


def test_requests_fetches_data_and_nothing_else(shell, monkeypatch):
    for name in ("requests", "requests.exceptions"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name))
    stubs._install_requests(shell._resolver)
    import requests

    response = requests.get(URL, timeout=5)
    response.raise_for_status()
    assert response.text == "ada\n"
    assert b"".join(response.iter_content(2)) == response.content
    with pytest.raises(requests.exceptions.RequestException, match="no network"):
        requests.get("https://example.com/x.bin")
