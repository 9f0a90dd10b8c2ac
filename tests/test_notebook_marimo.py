"""marimo's notebooks: cells are functions, and what they return is none of the student's."""

from conftest import BACKWARD, FORWARD, SETUP, exercise

from grader.notebook import read_notebook

HEAD = 'import marimo\n\n__generated_with = "0.9.0"\napp = marimo.App(width="medium")\n\n\n'
FOOT = '\nif __name__ == "__main__":\n    app.run()\n'


def marimo(*cells: str) -> str:
    """What marimo writes for cells of this code."""
    bodies = ["\n".join(f"    {line}" for line in cell.strip().split("\n")) for cell in cells]
    return HEAD + "\n\n".join(f"@app.cell\ndef _():\n{b}\n    return (x,)\n" for b in bodies) + FOOT


def test_the_body_of_each_cell_is_a_cell_without_its_return():
    found = read_notebook(marimo("x = 1", "# Exercise 2\nfor i in x:\n    y = i").encode(), "a.py")
    assert [c.source for c in found.cells] == ["x = 1", "# Exercise 2\nfor i in x:\n    y = i"]
    assert not found.module


def test_cells_with_options_the_set_up_and_functions_are_read():
    text = (
        HEAD + "with app.setup:\n    import torch\n\n"
        "@app.cell(hide_code=True)\ndef named(mo):\n    z = 2\n    return\n\n"
        "@app.function\ndef f(a):\n    return a\n\ndef helper():\n    pass\n" + FOOT
    )
    found = read_notebook(text.encode(), "a.py")
    assert [c.source for c in found.cells] == ["import torch", "z = 2", "def f(a):\n    return a"]


def test_a_module_that_only_mentions_marimo_stays_a_module():
    assert read_notebook(b"import marimo\nx = 1\n", "a.py").module


def test_it_is_graded_like_any_other(grade):
    card = grade(content=marimo(SETUP, FORWARD, BACKWARD).encode(), name="anna.py")
    assert exercise(card, "exercise-1").score == 26
