"""Which leading cells count as the starter's."""

from conftest import BUNDLED, SOLUTION, markdown, notebook

from grader.analysis.study import run_request, starter_cells, study
from grader.assignment import Assignment
from grader.notebook import Notebook, read_notebook
from grader.protocol import RunRequest
from grader.sandbox.beginning import beginning, keys

STARTER = [markdown("# Top"), "import torch", "x = 1", "y = 2\nz = 3", "h = torch.tanh(x)", "2"]


def analysed(assignment: Assignment, content: bytes, starter: object = ()) -> RunRequest:
    found = read_notebook(content, "a.ipynb")
    assert isinstance(found, Notebook)
    work = study(found, assignment)
    return run_request(work, assignment, data="", outputs=True, starter=starter)


def shared(assignment: Assignment, *cells: object) -> int:
    starter = analysed(assignment, notebook(*STARTER)).cells
    return analysed(assignment, notebook(*cells), starter).shared


def test_up_to_the_forward_pass_and_no_further(assignment):
    assert shared(assignment, *STARTER) == 3


def test_up_to_the_first_cell_that_was_changed(assignment):
    assert shared(assignment, *STARTER[:3], "y = 2\nz = 4", *STARTER[4:]) == 2
    assert shared(assignment, "import numpy", *STARTER) == 0
    assert shared(assignment, *STARTER[:2], "x = 1 # mine") == 1


def test_text_and_comments_on_top_or_between_change_nothing_but_numbers(assignment):
    assert shared(assignment, markdown("Ada"), *STARTER) == 3
    assert shared(assignment, "# Ada\n", *STARTER[:3], "", "  # hm", *STARTER[3:]) == 6


def test_a_cell_that_is_no_python_is_not_shared(assignment):
    assert shared(assignment, "x = (", *STARTER) == 0


def test_an_assignment_without_a_starter_shares_nothing(assignment, tmp_path):
    from msgspec.structs import replace

    assert starter_cells(replace(assignment, folder=tmp_path)) == []
    spec = replace(assignment.spec, starter=None)
    assert starter_cells(replace(assignment, spec=spec)) == []
    (tmp_path / "starter.ipynb").write_text("broken")
    assert starter_cells(replace(assignment, folder=tmp_path)) == []


def test_the_bundled_starter_and_its_solution_share_all_set_up(assignment):
    starter = starter_cells(assignment)
    for path in (SOLUTION, BUNDLED / "starter.ipynb"):
        request = analysed(assignment, path.read_bytes(), starter)
        assert request.shared == 6
        assert "emb = C[Xb]" in request.cells[6].source


def test_a_key_stands_for_all_that_the_cells_depend_on(assignment):
    from msgspec.structs import replace

    starter = starter_cells(assignment)
    request = analysed(assignment, SOLUTION.read_bytes(), starter)
    assert len(keys(request)) == len(set(keys(request))) == 6
    moved = [replace(cell, index=cell.index + 1) for cell in request.cells]
    changes: dict[str, object] = {
        "seed": 1,
        "data": "/elsewhere",
        "outputs": False,
        "gradients": {},
        "limits": replace(request.limits, output_kb=1),
        "cells": moved,
    }
    for name, value in changes.items():
        assert not set(keys(replace(request, **{name: value}))) & set(keys(request)), name
    own = replace(request, cells=request.cells[:7], entry="f", captures=["x"])
    assert keys(own) == keys(request)


def test_only_shared_cells_are_what_a_template_runs(assignment):
    request = analysed(assignment, SOLUTION.read_bytes(), starter_cells(assignment))
    made = beginning(request)
    assert made.cells == request.cells[:6]
    assert (made.captures, made.entry, made.room) == ([], None, None)
