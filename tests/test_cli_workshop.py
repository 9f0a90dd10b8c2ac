from __future__ import annotations

import gc

from grader.assignment import find_assignment, load_assignment
from grader.cli.workshop import Workshop, large_imports


def test_a_workshop_opens_once_and_leaves_nothing_behind() -> None:
    workshop = Workshop(load_assignment(find_assignment("backprop_ninja")), required=True)
    data, sandbox = workshop.open()
    assert workshop.open() == (data, sandbox)
    assert [path.name for path in data.iterdir()] == ["names.txt"]
    workshop.close()
    assert not data.exists()
    workshop.close()


def test_garbage_is_looked_for_again_after_large_imports() -> None:
    with large_imports():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()
