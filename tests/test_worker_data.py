"""Data files are found wherever students look for them."""

# ruff: noqa: PTH110, PTH123, SIM115
# (the built-in `open` is what this is about)

import builtins
import io
import os
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import _datasource

from grader.worker.data import Resolver


@pytest.fixture
def resolver(tmp_path, monkeypatch):
    """Installed in a scratch folder, its stand-ins taken out again afterwards."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_text("ada\nemmy\n")
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path / "scratch")
    for module, name in [(builtins, "open"), (io, "open"), (_datasource, "open")]:
        monkeypatch.setattr(module, name, getattr(module, name))
    for name in ("urlopen", "urlretrieve"):
        monkeypatch.setattr(urllib.request, name, getattr(urllib.request, name))
    resolver = Resolver(str(tmp_path / "data"))
    resolver.install()
    return resolver


def read(path):
    with open(path) as file:
        return file.read()


@pytest.mark.parametrize(
    "path",
    [
        "/kaggle/input/makemore/names.txt",
        "/content/drive/My Drive/names.txt",
        r"C:\Users\me\names.txt",
    ],
)
def test_a_file_in_another_place_is_read_from_the_assignment(resolver, path):
    assert read(path) == "ada\nemmy\n"
    assert Path(path).read_text() == "ada\nemmy\n"
    assert resolver.take_notes() == []


@pytest.mark.parametrize("path", ["../data/Names.TXT", "data/nmaes.txt", "words.txt"])
def test_a_file_of_another_name_is_replaced_with_a_note(resolver, path):
    assert read(path) == "ada\nemmy\n"
    assert Path(path).read_text() == "ada\nemmy\n"
    assert resolver.take_notes() == [f"`names.txt` of the assignment is read for `{path}`"]
    assert resolver.take_notes() == []


def test_the_file_is_there_under_its_own_name_without_a_note(resolver):
    assert os.path.exists("names.txt")
    assert read("names.txt") == "ada\nemmy\n"
    assert resolver.notes == []


def test_another_kind_of_file_stays_missing(resolver):
    with pytest.raises(FileNotFoundError):
        open("model.pt", "rb")


@pytest.mark.parametrize("mode", ["w", "a", "x", "r+"])
def test_writing_is_never_redirected(resolver, mode):
    if mode == "r+":
        with pytest.raises(FileNotFoundError):
            open("nmaes.txt", mode)
    else:
        with open("nmaes.txt", mode) as file:
            file.write("mine")
        assert read("nmaes.txt") == "mine"


def test_a_students_own_file_wins(resolver):
    Path("words.txt").write_text("own")
    assert read("words.txt") == "own"


def test_a_file_is_fetched_from_its_address(resolver):
    address = "https://raw.example.com/makemore/names.txt?raw=true"
    with urllib.request.urlopen(address) as response:
        assert response.read() == b"ada\nemmy\n"
        assert response.status == 200
    place, _ = urllib.request.urlretrieve(address, "data/list.txt")
    assert read(place) == "ada\nemmy\n"


def test_any_other_address_is_out_of_reach(resolver):
    with pytest.raises(urllib.error.URLError, match="no network"):
        urllib.request.urlopen("https://example.com/model.pt")


def test_numpy_finds_it_too(resolver):
    assert np.loadtxt("/somewhere/names.txt", dtype=str).tolist() == ["ada", "emmy"]


def test_without_data_nothing_is_replaced(tmp_path):
    assert Resolver("").find("names.txt") is None
