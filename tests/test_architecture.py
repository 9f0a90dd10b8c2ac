"""The page that newcomers read says what there is."""

from __future__ import annotations

import ast
import inspect
import re

import msgspec
import pytest
from conftest import ROOT

from grader.records import comparison, environment, grade, result, scorecard

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "grader"


def test_every_package_has_its_line_and_no_other() -> None:
    table = PAGE.split("## The packages")[1].split("## Where to add what")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(named) == there
    assert len(named) == len(set(named))


def test_files_that_the_page_names_are_there() -> None:
    names = re.findall(r"`?((?:[a-z_]+/)+[a-z_]+\.py)", PAGE)
    assert len(names) > 15
    for name in names:
        places = [ROOT / name, PACKAGE / name, PACKAGE / "exercises" / "script" / name]
        assert any(place.is_file() for place in places), name


def test_few_modules_stand_loose() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 6


def test_no_class_name_stands_twice() -> None:
    seen: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                assert node.name not in seen, f"{node.name}: {seen[node.name]} and {path.name}"
                seen[node.name] = path.name


RECORDS = [
    record
    for module in (comparison, environment, grade, result, scorecard)
    for _, record in inspect.getmembers(module, inspect.isclass)
    if issubclass(record, msgspec.Struct) and record.__module__ == module.__name__
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_published_record_is_explained(record: type[msgspec.Struct]) -> None:
    body = ast.parse(inspect.getsource(record)).body[0]
    assert isinstance(body, ast.ClassDef)
    for node, after in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign):
            assert isinstance(after, ast.Expr), f"{record.__name__}.{ast.unparse(node.target)}"
