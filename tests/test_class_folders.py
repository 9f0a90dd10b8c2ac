"""Generated class folders, a small budget of them; `make fuzz` tries more."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from strategies.classes import check_class, classes


@settings(max_examples=150, deadline=None)
@given(classes)
def test_every_notebook_is_one_students_whoever_else_is_there(paths):
    with tempfile.TemporaryDirectory(prefix="classes-") as work:
        check_class(paths, Path(work))


def test_the_check_notices_an_id_that_depends_on_others(monkeypatch, tmp_path):
    from strategies import classes as module

    def by_order(paths, workspace):
        found = real(paths, workspace)
        numbered = [
            type(each)(**{f: getattr(each, f) for f in each.__struct_fields__} | {"id": f"s{i}"})
            for i, each in enumerate(found.submissions)
        ]
        return type(found)(submissions=tuple(numbered), problems=found.problems)

    real = module.discover
    monkeypatch.setattr(module, "discover", by_order)
    with pytest.raises(AssertionError):
        module.check_class(["ada.ipynb", "ben.ipynb"], tmp_path / "work")
