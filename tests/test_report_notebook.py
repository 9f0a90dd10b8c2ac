"""The executed notebook as a page of its own."""

from __future__ import annotations

import re

import pytest

from grader.report import render_notebook

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def markdown(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source, *outputs):
    return {
        "cell_type": "code",
        "metadata": {},
        "execution_count": 1,
        "source": source,
        "outputs": list(outputs),
    }


def display(**data):
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {key.replace("_", "/", 1): value for key, value in data.items()},
    }


def test_cells_and_outputs_are_rendered() -> None:
    html = render_notebook(
        notebook(
            markdown(["# Title\n", "\n", "| a | b |\n|---|---|\n| 1 | 2 |"]),
            code(
                "x = 1\nx",
                {"output_type": "stream", "name": "stdout", "text": "printed"},
                display(image_png=PIXEL),
            ),
        )
    )
    assert "<h1" in html
    assert "<th>a</th>" in html
    assert "printed" in html
    assert f"data:image/png;base64,{PIXEL}" in html


def test_nothing_in_it_can_run_or_be_fetched() -> None:
    trap = '<script>alert(1)</script><img src="http://evil.example/a.png" onerror="x()"><iframe src="http://evil.example"></iframe><style>body{display:none}</style><meta http-equiv="refresh" content="0;url=http://evil.example">'
    html = render_notebook(
        notebook(
            markdown(
                f"{trap} ![a](http://evil.example/b.png) [c](javascript:alert(2)) [d](http://evil.example/c)"
            ),
            code("1", display(text_html=trap), display(application_javascript="alert(3)")),
            code(
                "2",
                {
                    "output_type": "error",
                    "ename": "E",
                    "evalue": trap,
                    "traceback": [f"\x1b[31m{trap}\x1b[0m"],
                },
            ),
        )
    )
    assert "<script" not in html
    assert "<iframe" not in html
    assert html.count("<style") == 1
    assert html.count("<meta") == 4
    assert not re.search(r"<[^>]*(?:src|href)\s*=\s*[\"']?(?:https?:|javascript:|//)", html)
    assert not re.search(r"<[^>]*\son\w+\s*=", html)


@pytest.mark.parametrize(
    "broken", [{}, {"nbformat": 4}, notebook({"cell_type": "code"}), {"cells": object()}]
)
def test_what_cannot_be_rendered_is_a_page_that_says_so(broken) -> None:
    html = render_notebook(broken)
    assert "The notebook could not be shown" in html
    assert html.rstrip().endswith("</html>")


@pytest.mark.parametrize(
    "cells",
    [
        [markdown("[" * 1_000_000)],
        [markdown("> " * 100_000)],
        [code("x")] * 10_000,
        [code("1", {"output_type": "stream", "name": "stdout", "text": "x" * 10_000_000})],
        [code("1", display(image_png="A" * 1_000_000))],
        [
            code(
                "1",
                {"output_type": "error", "ename": "E", "evalue": "x", "traceback": ["y" * 9999999]},
            )
        ],
    ],
)
def test_a_notebook_that_is_too_long_is_cut_and_says_so(cells) -> None:
    html = render_notebook(notebook(*cells))
    assert "could not be shown" not in html
    assert len(html) < 2_000_000
    assert "more characters" in html or "more cells not shown" in html or "A" * 99 not in html


def test_what_fits_is_shown_whole() -> None:
    html = render_notebook(notebook(*[code(f"a{number} = {'x' * 90}") for number in range(300)]))
    assert "a299" in html
    assert "more cell" not in html
