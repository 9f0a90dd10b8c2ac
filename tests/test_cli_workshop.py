from __future__ import annotations

from grader.assignment import find_assignment, load_assignment
from grader.cli.workshop import Workshop


def test_a_workshop_opens_once_and_leaves_nothing_behind() -> None:
    workshop = Workshop(load_assignment(find_assignment("backprop_ninja")), required=True)
    data, sandbox = workshop.open()
    assert workshop.open() == (data, sandbox)
    assert [path.name for path in data.iterdir()] == ["names.txt"]
    workshop.close()
    assert not data.exists()
    workshop.close()
