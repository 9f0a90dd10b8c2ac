"""An executed notebook as a document that can do nothing but be read.

It is shown in a frame without any permission; nbconvert and what it brings are loaded
only by the call.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from markupsafe import Markup

from grader.report.figures import count
from grader.report.page import render
from grader.report.visible_text import cut

MAX_TEXT = {"markdown": 5_000, "raw": 5_000, "code": 20_000}
"""Characters of one cell that are shown: Markdown takes time with the square of its length."""
MAX_SHOWN = 150_000
"""Of all cells and what they printed; the cells behind that are counted."""
MAX_CELLS = 400
_TAGS = """
a abbr b blockquote br caption center code col colgroup dd del div dl dt em figcaption figure
h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre s samp small span strong sub summary sup
table tbody td tfoot th thead tr tt u ul var
"""
_ATTRIBUTES = frozenset(("alt", "class", "colspan", "height", "rowspan", "title", "width"))


def render_notebook(nb: dict[str, Any]) -> str:
    """The notebook (nbformat 4, executed) as one HTML document for `render_scorecard`.

    What nbconvert cannot render, a student's outputs among it, gives a page that says so.
    """
    body, styles, problem = "", "", None
    try:
        body, styles = _convert(nb), _highlighting()
    except Exception as error:  # noqa: BLE001 - whatever a notebook does to nbconvert is no crash
        problem = f"The notebook could not be shown: {type(error).__name__}: {error}"
    # Both are HTML and CSS by intent: the body is sanitised, the styles come from Pygments.
    return render(
        "notebook.html.j2",
        body=Markup(body),  # noqa: S704
        styles=Markup(styles),  # noqa: S704
        problem=problem,
    )


def _convert(nb: dict[str, Any]) -> str:
    with warnings.catch_warnings():
        # Warnings would be about the student's file (missing ids, old minor version).
        warnings.simplefilter("ignore")
        import nbformat
        from nbconvert.exporters import HTMLExporter

        short = _shortened(nb)
        exporter = HTMLExporter(template_name="basic", sanitize_html=True)
        # nbconvert's own filter escapes headings and tables of Markdown cells.
        exporter.register_filter("clean_html", _clean)
        body, _ = exporter.from_notebook_node(nbformat.reads(json.dumps(short), as_version=4))
    return str(body)


def _shortened(nb: dict[str, Any]) -> dict[str, Any]:
    """As much of the notebook as is rendered in some seconds."""
    cells: list[dict[str, Any]] = []
    left = MAX_SHOWN
    for cell in nb["cells"][:MAX_CELLS]:
        limit = min(left, MAX_TEXT[cell["cell_type"]])
        short = {**cell, "source": cut(_joined(cell["source"]), limit)}
        left -= len(short["source"])
        if "outputs" in cell:
            short["outputs"] = [_short_output(output, max(left, 0)) for output in cell["outputs"]]
            left -= sum(len(json.dumps(output)) for output in short["outputs"])
        cells.append(short)
        if left <= 0:
            break
    more = len(nb["cells"]) - len(cells)
    if more:
        note = f"*{count(more, 'more cell')} not shown: the notebook is too long.*"
        cells.append({"cell_type": "markdown", "metadata": {}, "source": note, "id": "more"})
    return {**nb, "cells": cells}


def _short_output(output: dict[str, Any], limit: int) -> dict[str, Any]:
    """What was printed, or raised, cut to a length; pictures and the like are whole or absent."""
    lines = [cut(_joined(line), limit) for line in output.get("traceback", ())[:100]]
    data = {k: v for k, v in output.get("data", {}).items() if len(json.dumps(v)) <= MAX_SHOWN}
    kept: dict[str, Any] = {"traceback": lines, "data": data}
    for key in ("text", "evalue"):
        kept[key] = cut(_joined(output.get(key, "")), limit)
    return {**output, **{key: kept[key] for key in kept if key in output}}


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _clean(html: str) -> str:
    from bleach import clean  # type: ignore[import-untyped]

    return str(clean(html, tags=frozenset(_TAGS.split()), attributes=_allowed, strip=True))


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return value.startswith("data:image/")
    if tag == "a" and name in ("href", "id"):
        return name == "id" or value.startswith("#")
    return name in _ATTRIBUTES


def _highlighting() -> str:
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    light: str = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark: str = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"
