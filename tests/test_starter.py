"""Starter notebooks: the solution without its answers."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from grader.cli.starter import write_starter
from grader.errors import AssignmentError
from grader.notebook.starter import strip_answers

ROOT = Path(__file__).parent.parent
ASSIGNMENT = ROOT / "assignments" / "backprop_ninja"
SOLUTION = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"


def notebook(*sources: str | list[str], cell_type: str = "code") -> dict[str, Any]:
    cells = [{"cell_type": cell_type, "metadata": {}, "source": source} for source in sources]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def stripped(source: str, cell_type: str = "code") -> str:
    return strip_answers(notebook(source, cell_type=cell_type))["cells"][0]["source"]


def test_an_answer_becomes_one_comment_and_the_lines_around_it_stay() -> None:
    source = "a = 1\n### BEGIN SOLUTION\nb = 2\n\nc = 3\n### END SOLUTION\nprint(a)\n"
    assert stripped(source) == "a = 1\n# YOUR CODE HERE\nprint(a)\n"


def test_a_cell_may_hold_several_answers() -> None:
    answer = "### BEGIN SOLUTION\nb = 2\n### END SOLUTION\n"
    assert stripped(answer + "a\n" + answer) == "# YOUR CODE HERE\na\n# YOUR CODE HERE\n"


def test_a_loop_whose_whole_body_was_the_answer_is_still_python() -> None:
    source = "for i in x:\n    ### BEGIN SOLUTION\n    y = i\n    ### END SOLUTION\nprint()"
    assert stripped(source) == "for i in x:\n    # YOUR CODE HERE\n    ...\nprint()"
    ast.parse(stripped(source))


def test_a_source_given_as_a_list_of_lines_stays_one() -> None:
    lines = ["a\n", "### BEGIN SOLUTION\n", "b\n", "### END SOLUTION\n", "c"]
    assert strip_answers(notebook(lines))["cells"][0]["source"] == [
        "a\n",
        "# YOUR CODE HERE\n",
        "c",
    ]


def test_a_marker_within_a_line_of_prose_is_no_marker() -> None:
    source = "print('### BEGIN SOLUTION')"
    assert stripped(source) == source


def test_an_answer_in_prose_is_taken_out_as_well() -> None:
    source = "Derive it.\n### BEGIN SOLUTION\nIt is zero.\n### END SOLUTION"
    assert stripped(source, "markdown") == "Derive it.\nYOUR ANSWER HERE"


def test_outputs_and_counts_are_cleared_and_the_solution_is_left_as_it_was() -> None:
    solution = notebook("a\n### BEGIN SOLUTION\nb\n### END SOLUTION")
    solution["cells"][0] |= {"outputs": [{"output_type": "stream"}], "execution_count": 7}
    before = json.dumps(solution)
    cell = strip_answers(solution)["cells"][0]
    assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert json.dumps(solution) == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n### BEGIN SOLUTION\nb", "cell 1, line 2: .*BEGIN.* without a partner: no .*END"),
        ("a\nb\n### END SOLUTION", "cell 1, line 3: .*END.* without a partner: no .*BEGIN"),
        (
            "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
            "cell 1, line 2: .*the one of line 1 is still open",
        ),
    ],
)
def test_a_marker_without_a_partner_is_named_by_cell_and_line(source: str, message: str) -> None:
    with pytest.raises(AssignmentError, match=message):
        strip_answers(notebook("", source))


def test_a_folder_of_modules_becomes_one_without_answers(tmp_path: Path) -> None:
    answer = "    ### BEGIN SOLUTION\n    return 2 * dout\n    ### END SOLUTION\n"
    (tmp_path / "solution" / "inner").mkdir(parents=True)
    (tmp_path / "solution" / "inner" / "layers.py").write_text("def backward(dout):\n" + answer)
    (tmp_path / "solution" / "work.ipynb").write_text(json.dumps(notebook(answer)))
    write_starter(tmp_path / "solution", tmp_path / "starter")
    module = (tmp_path / "starter" / "inner" / "layers.py").read_text()
    assert module == "def backward(dout):\n    # YOUR CODE HERE\n    ...\n"
    assert "dout" not in (tmp_path / "starter" / "work.ipynb").read_text()


def test_a_module_whose_marker_has_no_partner_is_named_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    solution, starter = tmp_path / "solution", tmp_path / "starter"
    solution.mkdir()
    (solution / "a.py").write_text("a = 1\n")
    (solution / "b.py").write_text("a = 1\n### BEGIN SOLUTION\n")
    with pytest.raises(AssignmentError, match=r"b\.py: line 2: .*without a partner"):
        write_starter(solution, starter)
    assert not starter.exists()


def test_the_bundled_starter_is_the_solution_without_its_answers() -> None:
    solution, starter = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (SOLUTION, ASSIGNMENT / "starter.ipynb")
    )
    assert strip_answers(solution) == starter


def test_the_bundled_starter_shows_the_forward_script_line_for_line() -> None:
    cells = json.loads((ASSIGNMENT / "starter.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = ast.parse("".join(next(c for c in cells if c["id"] == "forward")["source"]))
    script = ast.parse((ASSIGNMENT / "forward.py").read_text(encoding="utf-8"))
    assert assignments(shown) == assignments(script)


def assignments(module: ast.Module) -> list[str]:
    return [ast.unparse(line) for line in module.body if isinstance(line, ast.Assign)]


def test_the_bundled_starter_runs_from_top_to_bottom(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ASSIGNMENT)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")  # the notebook sets it: undo it after
    namespace: dict[str, Any] = {}
    for cell in json.loads(Path("starter.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), namespace)
    assert capsys.readouterr().out.count("not there yet") == 28
