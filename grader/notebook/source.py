"""A cell's code as plain Python, line for line where the student wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from grader.notebook.cell_magic import without_cell_magic
from grader.notebook.line_magic import by_ipython, by_pattern
from grader.notebook.repair import dedented
from grader.notebook.syntax import SyntaxProblem, parse, unusable

_MAY_BE_IPYTHON = re.compile(
    r"^[ \t]*[%!?,;/]"  # magics, shell lines, help, automatic calls
    r"|\?[ \t]*$"  # help
    r"|=[ \t]*[%!]"  # x = !ls
    r"|^[ \t]*>>>|^In \[",  # pasted prompts
    re.MULTILINE,
)


@lru_cache(maxsize=2048)  # of a class, most cells are the starter's
def python_source(cell_source: str, *, ask_ipython: bool = True) -> str | SyntaxProblem:
    """Python of the same number of lines, each statement on the line where it stood.

    Magics and shell lines become calls of `get_ipython()`, as in Jupyter. The body of
    `%%time` and its like stays code, that of `%%bash` becomes comments. What only IPython
    itself can read takes up to a second; without `ask_ipython` it stays a problem. Raises
    InfrastructureError where a long text cannot be tried, and nothing else.
    """
    source = cell_source.replace("\r\n", "\n").replace("\r", "\n")
    problem = unusable(source)
    if problem is not None:
        return problem
    plain = parse(source)
    if not isinstance(plain, SyntaxProblem):
        return source
    if not isinstance(parse(dedented(source)), SyntaxProblem):
        return dedented(source)
    if not _MAY_BE_IPYTHON.search(source):
        return plain
    ways = (lambda text: text, by_pattern, *([by_ipython] if ask_ipython else []))
    return _translated(without_cell_magic(source), plain, ways)


def _translated(
    source: str, problem: SyntaxProblem, ways: Sequence[Callable[[str], str | None]]
) -> str | SyntaxProblem:
    """`source` without line magics, by the first way that gives Python."""
    for translate in ways:
        text = translate(source)
        if text is None:
            continue
        result = parse(text)
        if not isinstance(result, SyntaxProblem):
            return text
        problem = result
    return problem
