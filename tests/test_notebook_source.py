"""Cells as plain Python: the same lines, and a value whatever the source is."""

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from grader.notebook import SyntaxProblem, python_source


def python(source: str) -> str:
    """The translation, checked for what holds for every cell."""
    text = python_source(source)
    assert isinstance(text, str), text
    assert text.count("\n") == source.count("\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(text)
    return text


def problem(source: str) -> SyntaxProblem:
    found = python_source(source)
    assert isinstance(found, SyntaxProblem), found
    return found


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n\n",
        "# only a comment",
        "x = 1",
        "\n\nx = 1\n\n",
        "x = (a\n  % b\n  / c)",
        's = """\n%time x\n!ls\nwhat?\n"""',
        "s = 'a\x0cb\u2028%c'",
        "await x",
    ],
)
def test_plain_python_stays_as_it_is(source):
    assert python(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline",
        "%matplotlib inline ",
        "%config InlineBackend.figure_format = 'retina'",
        "%load_ext autoreload\n%autoreload 2\nx = 1",
        "!pip install torch",
        "! pip  install torch ",
        '!echo "it\'s" # no comment',
        "if True:\n    !ls {x}\n    y = 1",
        "torch.sum?",
        "?torch",
        "torch??",
        "files = !ls *.txt",
        "x = %env HOME",
        "!!ls",
        "  %pwd\n  x = 1",
        "    x = 1\n    y = 2",
        ">>> x = 1\n>>> y = 2",
        "In [1]: x = 1\n   ...: y = 2",
        '%pwd\ns = """\n%time x\n"""',
        '%pwd\ns = """\n!ls"""',
        "!ls\nx = (a\n  / b\n  %c)",
        "def f():\n    %pwd\n    return 1",
    ],
)
def test_magics_become_what_ipython_makes_of_them(source):
    assert python(source) == TransformerManager().transform_cell(source).removesuffix("\n")


def test_a_command_over_several_lines_leaves_the_others_where_they_were():
    text = python("x = 1\n!pip install \\\n   torch \\\n   numpy\ny = 2\n%ls \\\n  a\nz = 3")
    lines = text.split("\n")
    assert lines[0] == "x = 1"
    assert lines[1].startswith("get_ipython().system('pip install")
    assert lines[2:5] == ["", "", "y = 2"]
    assert lines[6:] == ["", "z = 3"]


def test_blank_lines_at_the_top_stay():
    assert python("\n\n  !ls\n  x = 1\n").split("\n")[2:] == [
        "get_ipython().system('ls')",
        "x = 1",
        "",
    ]


def test_a_timed_statement_is_the_statement():
    assert python("%time x = f(y)\nz = 1") == "x = f(y)\nz = 1"
    assert python("if a:\n    %time x = 1") == "if a:\n    x = 1"
    assert python("x = %time f()") == "x = f()"
    assert python("%time") == "pass"
    assert python("torch?\n%time x = 1").endswith("\nx = 1")


def test_a_timed_statement_that_is_no_python_keeps_its_call():
    call = "get_ipython().run_line_magic('time', x)"
    assert python(f"torch?\n{call}").endswith(call)
    assert python("%time x =") == "get_ipython().run_line_magic('time', 'x =')"


def test_timeit_is_a_call_since_its_names_are_its_own():
    assert python("%timeit x = 1") == "get_ipython().run_line_magic('timeit', 'x = 1')"


@pytest.mark.parametrize(
    "magic", ["%%time", "%%capture out", "  %%prun -l 5", "%%time \n%%capture"]
)
def test_the_body_of_a_cell_that_runs_as_usual_stays_code(magic):
    text = python(f"\n{magic}\n\n!ls\ndW1 = x.T @ dy\n")
    comment, *rest = text.split("\n")[1 + magic.count("\n") :]
    assert comment.startswith("# %%")
    assert rest == ["", "get_ipython().system('ls')", "dW1 = x.T @ dy", ""]


@pytest.mark.parametrize(
    "name", ["timeit", "bash", "sh", "html", "javascript", "latex", "!", "R x"]
)
def test_the_body_of_a_cell_that_runs_elsewhere_becomes_comments(name):
    text = python(f"%%{name}\nx = 1\n\n  rm -rf /\n")
    assert all(line.startswith("# ") for line in text.split("\n"))


def test_a_cell_that_writes_a_file_is_one_call():
    text = python("%%writefile -a my model.py\nimport torch\n'''\"\\n\n")
    call, *blank = text.split("\n")
    shell = type("Shell", (), {"run_cell_magic": lambda self, *args: args})()
    assert eval(call, {"get_ipython": lambda: shell}) == (
        "writefile",
        "-a my model.py",
        "import torch\n'''\"\\n\n\n",
    )
    assert blank == ["", "", ""]


def test_carriage_returns_end_lines():
    assert python_source("x = 1\r\ny = 2\rz = 3") == "x = 1\ny = 2\nz = 3"


@pytest.mark.parametrize(
    ("source", "line", "part"),
    [
        ("x = 1\ny = = 2", 2, "SyntaxError: invalid syntax"),
        ("%matplotlib inline\n\nx =", 3, "SyntaxError: invalid syntax"),
        ("%%time\nx = 1\n\nif x:\ny", 5, "IndentationError: expected an indented block"),
        ("if x:\n\ty\n        z", 3, "TabError"),
        ("x = “a”", 1, "invalid character"),
        ("!pip install \\\n torch\n\nx = (", 4, "'(' was never closed"),
        ("a\0b", 1, "null bytes"),
        ("a\nb\ud800", 2, "half of a pair"),
        ("(" * 1_000_000, 1, "too many nested parentheses"),
        ("(" * 1_000_001, 1, "more than 1,000,000 characters"),
        ("-" * 10_000 + "1", 1, "nested too deeply"),
        ("-" * 100_000 + "1", 1, "too much time or memory"),
        ("import a" + ".b" * 200_000, 1, "too much time or memory"),
        ("x = 1\n\ny = " + "-" * 500 + "1", 3, "nested too deeply"),
        ("if x:\n  y = (" + "-\n" * 500 + "1)", 1, "nested too deeply"),
        ("a" + ".b" * 100_000, 1, "nested too deeply"),
        ("x = " + "9" * 100_000, 1, "Exceeds the limit"),
        ("".join(" " * i + "if x:\n" for i in range(200)), 101, "too many levels of indentation"),
        ("!ls\n" + "'" + "\\'" * 100_000, 2, "unterminated string"),
        ("x?\n" * 10_000, 1, "invalid syntax"),
        ("\n" * 500_000 + "x =", 500_001, "invalid syntax"),
        ("%%time\n" * 50_000 + "x =", 50_001, "invalid syntax"),
    ],
)
def test_what_is_no_python_is_a_problem_on_its_line(source, line, part):
    found = problem(source)
    assert part in found.message
    assert found.line == line


def test_odd_escapes_in_student_code_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        python("s = '\\d'\nx = 1 is 1")
        python("!ls\ns = '\\d'")


PIECES = [
    "%time ",
    "%%time\n",
    "%pwd\n",
    "!ls\n",
    "!ls \\\n",
    "x = !ls\n",
    "x?\n",
    "?x\n",
    '"""',
    "'",
    "(",
    ")",
    "\\\n",
    "\n",
    "    ",
    "if x:\n",
    "x = 1\n",
    "# c\n",
    ">>> ",
    "\x0c",
    "\u2028",
    "/f x\n",
    "%",
    "\r",
    "In [1]: ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=60))
def test_any_source_gives_python_of_as_many_lines_or_a_problem(source):
    text = python_source(source)
    lines = source.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    if isinstance(text, SyntaxProblem):
        assert 1 <= text.line <= lines + 1
    else:
        assert text.count("\n") == lines
        ast.parse(text)


@pytest.mark.parametrize(
    "first", ["", "\n", "# said at the margin\n", "\n# said at the margin\n\n    # and not\n"]
)
def test_a_cell_that_is_indented_as_a_whole_is_read_whatever_stands_at_its_margin(
    first: str,
) -> None:
    source = f"{first}    x = (1 +\n      2)\n    if x:\n        y = x"
    read = python_source(source)
    assert isinstance(read, str)
    space: dict[str, object] = {}
    exec(read, space)
    assert space["y"] == 3
    assert read.count("\n") == source.count("\n")
