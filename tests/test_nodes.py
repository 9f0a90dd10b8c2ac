"""Walking and copying syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.analysis import nodes

SOURCES = [nodes.__file__, ast.__file__]


@pytest.mark.parametrize("path", SOURCES)
def test_parts_are_those_of_the_standard_library_in_its_order(path: str) -> None:
    tree = ast.parse(Path(path).read_text())
    assert nodes.parts(tree) == [
        part for part in ast.walk(tree) if not isinstance(part, ast.expr_context)
    ]


@pytest.mark.parametrize("path", SOURCES)
def test_a_copy_says_the_same_and_shares_nothing_that_could_be_changed(path: str) -> None:
    tree = ast.parse(Path(path).read_text())
    copy = nodes.copied(tree)
    assert ast.dump(copy, include_attributes=True) == ast.dump(tree, include_attributes=True)
    one_of_each = ast.operator | ast.unaryop | ast.cmpop | ast.boolop  # the parser's own
    own, theirs = (
        {id(part) for part in nodes.parts(each) if not isinstance(part, one_of_each)}
        for each in (copy, tree)
    )
    assert not own & theirs
    lists = {id(part.body) for part in nodes.parts(tree) if isinstance(part, ast.FunctionDef)}
    assert not lists & {
        id(part.body) for part in nodes.parts(copy) if isinstance(part, ast.FunctionDef)
    }
