from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import report_cards as cards
from conftest import BUNDLED, SOLUTION, notebook

from grader.assignment import Assignment
from grader.hosted.annotations import annotated, source_lines
from grader.hosted.checkout import find_submission

GIVEN = BUNDLED / "starter.ipynb"


def names(folder: Path, assignment: Assignment) -> list[str]:
    return list(find_submission(folder, assignment, "amy").origins)


def test_the_students_notebook_is_found_beside_all_that_was_given(tmp_path, assignment) -> None:
    shutil.copy(GIVEN, tmp_path)
    shutil.copy(BUNDLED / "forward.py", tmp_path)
    saved_again = json.loads(GIVEN.read_text())
    for cell in saved_again["cells"]:
        cell["metadata"] = {"tags": ["x"]}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "hi"}]}
    (tmp_path / "backup.ipynb").write_text(json.dumps(saved_again))
    for harness in ("conftest.py", "test_mine.py", "mine_test.py", "setup.py"):
        (tmp_path / harness).write_text("dlogprobs = 1\n")
    hidden = tmp_path / ".github"
    hidden.mkdir()
    (hidden / "x.py").write_text("dlogprobs = 1\n")
    work = tmp_path / "hw" / "work.ipynb"
    work.parent.mkdir()
    shutil.copy(SOLUTION, work)
    assert names(tmp_path, assignment) == ["hw/work.ipynb"]


def test_an_untouched_starter_counts_where_it_is_all_there_is(tmp_path, assignment) -> None:
    shutil.copy(GIVEN, tmp_path)
    assert names(tmp_path, assignment) == ["starter.ipynb"]


def test_the_starter_counts_once_the_student_has_written_into_it(tmp_path, assignment) -> None:
    changed = GIVEN.read_text().replace("YOUR CODE HERE", "mine")
    (tmp_path / "starter.ipynb").write_text(changed)
    assert names(tmp_path, assignment) == ["starter.ipynb"]


def test_notebooks_come_before_modules_and_shallow_before_deep(tmp_path, assignment) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/x.ipynb", "z.ipynb", "b.py"):
        (tmp_path / name).write_bytes(b"dlogprobs = 1\n" if name == "b.py" else notebook("x = 1"))
    assert names(tmp_path, assignment) == ["z.ipynb", "a/x.ipynb", "b.py"]


def test_nothing_handed_in_is_a_submission_without_candidates(tmp_path, assignment) -> None:
    (tmp_path / "README.md").write_text("hello")
    found = find_submission(tmp_path, assignment, "../o ctocat\n")
    assert (found.id, found.candidates) == ("o_ctocat", ())


def test_a_link_that_leaves_the_checkout_is_not_followed(tmp_path, assignment) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("dlogprobs = 1\n")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "work.py").symlink_to(outside)
    assert names(checkout, assignment) == []


def test_each_line_of_a_cell_is_found_in_the_file() -> None:
    text = SOLUTION.read_text()
    cells = json.loads(text)["cells"]
    lines = text.split("\n")
    found = source_lines(text)
    assert len(found) == len(cells)
    for cell, numbers in zip(cells, found, strict=True):
        assert len(numbers) == len(cell["source"])
        for source, number in zip(cell["source"], numbers, strict=True):
            assert json.dumps(source, ensure_ascii=False) in lines[number - 1]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"cells": []}', []),
        ('{"a": {"cells": [1]}, "cells": [{"x": [], "source": "one"}]}', [[1]]),
        ('{"cells": [\n{"source": [\n"a",\n"b"]},\n{"source": []}]}', [[3, 4], []]),
    ],
)
def test_lines_are_found_however_the_json_is_laid_out(text: str, lines: list[list[int]]) -> None:
    assert source_lines(text) == lines


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cells": 3}', '{"cells": [{}]}', '{"x" 1}'])
def test_what_is_no_notebook_has_no_lines(text: str) -> None:
    with pytest.raises(ValueError):
        source_lines(text)


def annotations_for(folder: Path, name: str, content: str) -> list[str]:
    import msgspec

    (folder / name).write_text(content)
    card = cards.mixed()
    source = msgspec.structs.replace(card.source, path=name)
    return list(annotated(msgspec.structs.replace(card, source=source), folder))


def test_mistakes_are_marked_at_the_students_lines(tmp_path) -> None:
    found = annotations_for(tmp_path, "work.py", "x = 1\n" * 40)
    assert all(line.startswith("::warning file=work.py,line=") for line in found)
    titles = {line.partition("title=")[2].partition("::")[0] for line in found}
    assert "dcounts%3A Wrong value" in titles
    assert not {title for title in titles if title.startswith(("dnorm_logits", "dembcat"))}


def test_a_line_of_a_script_with_cells_is_found_by_what_it_says(tmp_path) -> None:
    script = "\n\n# %%\ndcounts = counts_sum_inv * dprobs\n"
    found = annotations_for(tmp_path, "work.py", script)
    (line,) = [line for line in found if "title=dcounts%3A" in line]
    assert "line=4," in line


def test_a_file_that_cannot_be_looked_through_is_marked_at_its_top(tmp_path) -> None:
    found = annotations_for(tmp_path, "work.ipynb", "no JSON")
    assert found
    assert all(",line=1," in line for line in found)
