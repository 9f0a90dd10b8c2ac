"""Reading what students hand in: cells, or one line that says what is wrong."""

import json
import subprocess
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import grader.notebook
from grader.notebook import Notebook, Unreadable, read_notebook
from grader.notebook.document import MAX_CODE
from grader.notebook.sniff import is_python


def v4(*cells, **more) -> bytes:
    return json.dumps({"cells": list(cells), "nbformat": 4, "metadata": {}} | more).encode()


def code(source="x = 1", **more) -> dict:
    return {"cell_type": "code", "source": source} | more


def read(content: bytes, name: str = "alice.ipynb") -> Notebook:
    notebook = read_notebook(content, name)
    assert isinstance(notebook, Notebook), notebook
    return notebook


def reason(content: bytes, name: str = "alice.ipynb") -> str:
    found = read_notebook(content, name)
    assert isinstance(found, Unreadable), found
    assert found.reason.startswith(f"{name} ")
    assert "\n" not in found.reason
    return found.reason


def test_the_package_exports_no_more_than_its_purpose():
    assert grader.notebook.__all__ == [
        "Cell",
        "Notebook",
        "SyntaxProblem",
        "Unreadable",
        "python_source",
        "read_notebook",
    ]


def test_cells_keep_their_order_kind_source_and_tags():
    notebook = read(
        v4(
            {"cell_type": "markdown", "source": ["# Exercise 2\n", "text"]},
            code(["a = 1\n", "b = 2"], metadata={"tags": ["ex2", "x"]}),
            {"cell_type": "raw", "source": "raw"},
            {"cell_type": "heading", "source": "H"},
            {"cell_type": "novelty", "source": "?"},
        )
    )
    assert (notebook.path, notebook.format, notebook.module) == ("alice.ipynb", "ipynb", False)
    kinds = [(c.index, c.kind) for c in notebook.cells]
    assert kinds == [(0, "markdown"), (1, "code"), (2, "raw"), (3, "markdown"), (4, "raw")]
    assert notebook.cells[0].source == "# Exercise 2\ntext"
    assert notebook.cells[1].source == "a = 1\nb = 2"
    assert notebook.cells[1].tags == ("ex2", "x")


def test_what_nbformat_writes_is_read():
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_markdown_cell("# t")]
    )
    assert [c.source for c in read(nbformat.writes(book).encode()).cells] == ["x = 1", "# t"]


@pytest.mark.parametrize(
    "content",
    [
        b'{"cells": [{"cell_type": "code", "source": "x = 1"}]}',
        b'\xef\xbb\xbf{"cells": [{"cell_type": "code", "source": "x = 1"}]}',
        '{"cells": [{"cell_type": "code", "source": "x = 1"}]}'.encode("utf-16"),
        v4(code(), metadata=None),
        v4(code(), metadata={"kernelspec": None, "language_info": None}),
        v4(code(), metadata={"language_info": {"name": "ipython"}}),
        v4(code(), metadata={"kernelspec": {"language": "python"}, "language_info": {"name": "R"}}),
        v4(code(metadata=[], outputs=7, id=3)),
        v4(code(metadata={"tags": "ex2"})),
        v4(code(outputs=[{"data": {"x": float("nan"), "y": float("-inf")}}])),
        v4(code(outputs=["\ud800"])),
        v4(code("x = 2"))[:-1] + b', "cells": [{"cell_type": "code", "source": "x = 1"}]}',
        v4(code(), nbformat=3),
    ],
)
def test_notebooks_of_the_wild_are_read(content):
    assert [cell.source for cell in read(content).cells] == ["x = 1"]


def test_a_cell_without_source_is_empty():
    assert [c.source for c in read(v4({"cell_type": "code"}, code(None))).cells] == ["", ""]


def test_line_ends_are_line_feeds():
    assert read(v4(code("a\r\nb\rc"))).cells[0].source == "a\nb\nc"


def test_half_of_a_surrogate_pair_becomes_a_replacement_character():
    assert read(v4(code("s = '\ud800'"))).cells[0].source == "s = '\ufffd'"
    assert read(v4(code("s = '\U0001f600'"))).cells[0].source == "s = '\U0001f600'"


def test_nbformat_3_is_upgraded():
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": "Exercise 2"},
                    {
                        "cell_type": "code",
                        "language": "python",
                        "input": ["x = 1\n", "y = 2"],
                        "outputs": [],
                    },
                ]
            }
        ],
    }
    notebook = read(json.dumps(old).encode())
    assert [(c.kind, c.source) for c in notebook.cells] == [
        ("markdown", "Exercise 2"),
        ("code", "x = 1\ny = 2"),
    ]
    assert "old notebook format 3" in reason(b'{"nbformat": 3, "worksheets": [{"cells": 5}]}')


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "is empty"),
        (b" \n\0\0", "is empty"),
        (b"not json", "is not valid JSON (line 1: Expecting value)"),
        (v4(code())[:-10], "is not valid JSON"),
        (b'{"cells": [', "is not valid JSON"),
        (b"<!DOCTYPE html><html>", "is an HTML page: download the raw file"),
        (b"\n\n<html lang=en>", "is an HTML page"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04......word/document.xml", "is a Word document"),
        (b"PK\x03\x04......alice.ipynb", "is a zip archive: unpack it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b'{"a": 1,\n<<<<<<< HEAD\n"b": 2\n=======\n>>>>>>> x\n}', "merge conflict"),
        (b'{"x": NaN, "\xff": 1}', "is not UTF-8"),
        (b"\xff\xfea", "is not UTF-8"),
        (b"[]", "is JSON, but not a notebook"),
        (b"null", "is JSON, but not a notebook"),
        (b"{}", "is JSON, but not a notebook"),
        (b'{"a": NaN}', "is JSON, but not a notebook"),
        (v4(code(), nbformat=2), "notebook format 2: save it as format 4"),
        (v4(code(), nbformat=5), "notebook format 5"),
        (v4(code(), nbformat="4"), "is damaged (Expected `int`, got `str` - at `$.nbformat`)"),
        (v4(5), "is damaged (Expected `object`, got `int` - at `$.cells[0]`)"),
        (v4({"source": "x"}), "missing required field `cell_type`"),
        (v4(code(5)), "is damaged (cell 0, source: Expected"),
        (v4(code(["a", 5])), "is damaged (cell 0, source: Expected"),
        (b'{"cells": [{"cell_type": "code", "source": "\xff"}]}', "is damaged (cell 0, source"),
        (v4(code(), metadata={"language_info": {"name": "R"}}), "is written in R"),
        (v4(code(), metadata={"kernelspec": {"language": "julia"}}), "is written in julia"),
        (v4(), "has no code cells"),
        (v4({"cell_type": "markdown", "source": "x"}), "has no code cells"),
        (v4(*[code()] * 10_001), "has more than 10,000 cells"),
        (b'{"cells": [' + b'{"cell\\u005ftype": ""},' * 10_000 + b'{"cell\\u005ftype": ""}]}', "cells"),
        (b"[" * 100_000, "is JSON, but not a notebook"),
        (b'{"cells": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested too deeply"),
        (b'{"cells": NaN, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested too deeply"),
        (b'{"x": NaN, "y": ' + b"9" * 5000 + b"}", "is JSON, but not a notebook"),
        (b'{"x": NaN, "y": 1e999}', "is JSON, but not a notebook"),
        (b'{"nbformat": 3, "worksheets": [' + b"5," * 1_000_000 + b"5]}", "format 3 and is damaged"),
        (v4(code("x" * (3 << 20))), "over 2 MiB of code"),
        (b'{"x": NaN}' + b" " * (17 << 20), "is not valid JSON: clear all outputs"),
        (v4(code(), {"cell_type": "raw", "source": "x" * (17 << 20)}), "over 16 MiB of code"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why_and_what_to_do(content, part):
    assert part in reason(content)


def test_more_than_100_mib_is_not_even_looked_at():
    assert "is larger than 100 MiB" in reason(b" " * (101 << 20))


def test_an_enormous_output_does_not_matter():
    assert read(v4(code(outputs=["x" * (30 << 20)]))).cells[0].source == "x = 1"


def test_enormous_tags_are_left_out():
    assert read(v4(code(metadata={"tags": ["x"] * 50_000}))).cells[0].tags == ()


def test_a_name_of_several_lines_still_gives_one_line():
    found = read_notebook(b"", "a\nb\udcff.ipynb")
    assert found == Unreadable("a b?.ipynb is empty: save the notebook and hand it in again")


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_give_a_value(content):
    for name in ("a.ipynb", "a.py"):
        assert isinstance(read_notebook(content, name), Notebook | Unreadable)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "metadata", "tags", "kernelspec"]),
            inner | st.sampled_from(["code", 3, 4]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_anything, st.sampled_from([3, 4]))
def test_any_json_gives_a_value(value, version):
    for document in (
        value,
        {"cells": value, "nbformat": version},
        {"cells": [value, code(value)], "metadata": value},
        {"worksheets": value, "nbformat": version},
        {"worksheets": [{"cells": [value, {"cell_type": "code", "input": value}]}], "nbformat": 3},
    ):
        found = read_notebook(json.dumps(document).encode(), "a.ipynb")
        assert isinstance(found, Notebook | Unreadable)


# ---- Python files ----------------------------------------------------------------------------

SCRIPT = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
import torch

# %% [markdown]
# # Exercise 1
# by hand

# %% tags=["ex1"]
dlogprobs = 1
# %matplotlib inline

# %% Exercise 2
def f():
    '''
    # %% not a cell
    '''
"""


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("get_ipython().run_cell_magic('time', '', 'x = 1\\ny = 2\\n')", "%%time \nx = 1\ny = 2"),
        ("\nget_ipython().run_cell_magic('bash', '-s', 'ls')\n", "%%bash -s\nls"),
        ("get_ipython().run_cell_magic('time', '', text)", None),
        ("get_ipython().run_cell_magic('time', '', 'x = 1')\ny = 2", None),
        ("get_ipython().run_cell_magic(", None),
    ],
)
def test_a_cell_magic_of_an_exported_notebook_is_the_cell_again(cell, source):
    (found,) = read(f"# In[1]:\n{cell}\n".encode(), "a.py").cells
    assert found.source == (cell.rstrip() if source is None else source)


def test_a_script_has_cells_with_tags_and_titles():
    notebook = read(SCRIPT.encode(), "alice.py")
    assert (notebook.format, notebook.module) == ("py", False)
    first, text, tagged, titled = notebook.cells
    assert first.source == "import torch"
    assert (text.kind, text.source) == ("markdown", "# Exercise 1\nby hand")
    assert (tagged.tags, tagged.source) == (("ex1",), "dlogprobs = 1\n# %matplotlib inline")
    assert titled.title == "Exercise 2"
    assert titled.source.endswith("    '''\n    # %% not a cell\n    '''")
    assert [cell.index for cell in notebook.cells] == [0, 1, 2, 3]


@pytest.mark.parametrize("marker", ["#%%", "# %%", "# In[3]:", "# In[ ]:"])
def test_the_markers_of_other_editors_and_of_nbconvert_are_known(marker):
    notebook = read(f"a = 1\n{marker}\nb = 2\n".encode(), "a.py")
    assert [cell.source for cell in notebook.cells] == ["a = 1", "b = 2"]


def test_a_module_is_one_cell_just_as_it_is():
    content = b"\xef\xbb\xbf\n\nimport x\r\n# 100 %% sure\n\n"
    notebook = read(content, "A.PY")
    assert notebook.module
    assert [c.source for c in notebook.cells] == ["\n\nimport x\n# 100 %% sure\n\n"]


def test_a_coding_line_is_obeyed():
    text = "# -*- coding: latin-1 -*-\ns = 'é'\n"
    assert read(text.encode("latin-1"), "a.py").cells[0].source == text


BOMB = ["#   a: &a [x, x, x, x, x, x, x, x, x]"] + [
    f"#   {new}: &{new} [{', '.join(9 * [f'*{old}'])}]"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
]
"""Nine lines of YAML that unfold to three hundred million entries."""


@pytest.mark.parametrize(
    "header", ["#   a: [", "#   a: !!python/object/apply:os.abort []", "\n".join(BOMB)]
)
def test_the_header_of_a_script_is_left_out_whatever_it_holds(header):
    notebook = read(f"# ---\n# jupyter:\n{header}\n# ---\n\nx = 1\n# %%\ny = 2\n".encode(), "a.py")
    assert [cell.source for cell in notebook.cells] == ["x = 1", "y = 2"]


def test_a_script_of_ten_thousand_cells_is_split_at_once():
    assert len(read(b"# %%\n" * 9_000 + b"\n" * 900_000, "a.py").cells) == 9_000


@pytest.mark.parametrize(
    ("script", "cells"),
    [
        ("# %%\nx = '''\n# %%\n'''\n# %%\ny", ["x = '''\n# %%\n'''", "y"]),
        ("# %%\n!echo '''\n# %%\ny", ["!echo '''", "y"]),
        ("# %%\nx = '\\''''\n# %%\ny", ["x = '\\''''", "y"]),
        ('# %%\n"""\n# %%\n', ['"""\n# %%']),
        ("# %% [md]\n# a\n#b\nc", ["a\nb\nc"]),
        ('# %% [markdown]\n"""\na\n"""\n# %%', ["a", ""]),
        ("# %%\ndef f():\n    # %%\n    x\n", ["def f():", "    x"]),
        ("# %%\n# %%time\n# %%\nx", ["# %%time", "x"]),
    ],
)
def test_markers_count_where_they_are_comments(script, cells):
    assert [
        cell.source for cell in read(f"0\n# %%\n0\n{script}".encode(), "a.py").cells[2:]
    ] == cells


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "is empty"),
        (b"s = '\xe9'", "is not UTF-8"),
        (b"# coding: punycode\n", "is not UTF-8"),
        (b"# coding: nonsense\n", "is not UTF-8"),
        (b"{\\rtf1 import torch}", "is a text document"),
        (b"a = 1\n<<<<<<< HEAD\nb = 1\n=======\n>>>>>>> x\n", "merge conflict"),
        (b"# %%\n" * 10_001, "has more than 10,000 cells"),
        (b"#" * 5_000_000, "has more than 2 MiB of code"),
        (b"# %% [markdown]\n# text\n", "has no code cells"),
    ],
)
def test_a_python_file_that_cannot_be_read_says_why(content, part):
    assert part in reason(content, "a.py")


# ---- what it costs ---------------------------------------------------------------------------


def test_a_plain_notebook_and_a_module_need_no_slow_imports(tmp_path):
    program = f"""
import sys
from grader.notebook import python_source, read_notebook
for content, name in (({v4(code())!r}, "a.ipynb"), (b"x = 1", "a.py"), (b"", "b.ipynb")):
    read_notebook(content, name)
for source in ("x = 1", "x =", "%matplotlib inline\\n!ls\\n%time f()", "%%time\\nx = 1", "%%bash\\nls"):
    python_source(source)
slow = {{"IPython", "nbformat", "torch"}} & set(sys.modules)
assert not slow, slow
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_script_under_the_name_of_a_notebook_is_read_as_one():
    notebook = read(b"# %%\nimport torch\n# %%\nx = 1\n")
    assert (notebook.format, len(notebook.cells)) == ("py", 2)
    assert "not valid JSON" in reason(b"see my other mail")


def test_what_is_too_large_for_a_script_is_not_tried_as_one():
    assert is_python(b"a = 1\n")
    assert not is_python(b"a = 1\n" * MAX_CODE)
