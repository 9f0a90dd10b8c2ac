"""The Jinja environment of all pages: escaping on, undefined names are mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grader.report import figures, wording
from grader.report.visible_text import cut, visible

if TYPE_CHECKING:
    from jinja2 import Environment

CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""A page may not load or send anything: whatever slipped through would stay inert."""


def render(template: str, **context: Any) -> str:
    """One complete HTML document from `templates/<template>`."""
    return _environment().get_template(template).render(context)


def pieces(template: str, **context: Any) -> Iterator[str]:
    """The same bit by bit, for pages that grow with the class."""
    return _environment().get_template(template).generate(context)


def code(text: str) -> str:
    """Escaped HTML with what stands between backticks as code."""
    from markupsafe import Markup, escape

    parts = visible(text).split("`")
    if len(parts) % 2 == 0:  # an odd one out is no pair
        return escape(visible(text))
    marked = [Markup("<code>%s</code>") % part if i % 2 else part for i, part in enumerate(parts)]
    return Markup().join(marked)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("grader.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    for function in (
        figures.points,
        figures.signed,
        figures.difference,
        figures.shape,
        figures.answer,
        figures.percent,
        figures.count,
        cut,
        code,
    ):
        environment.filters[function.__name__] = function
    environment.filters["in_url"] = lambda text: quote(text, safe="", errors="backslashreplace")
    environment.globals.update(
        policy=CONTENT_POLICY,
        place=figures.place,
        share=figures.share,
        words=wording,
    )
    return environment
