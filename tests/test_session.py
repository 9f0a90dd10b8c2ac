from __future__ import annotations

from grader.assignment import find_assignment, load_assignment
from grader.execution.session import GradingSession


def test_a_session_opens_once_and_leaves_nothing_behind() -> None:
    session = GradingSession(load_assignment(find_assignment("backprop_ninja")), required=True)
    data, sandbox = session.open()
    assert session.open() == (data, sandbox)
    assert [path.name for path in data.iterdir()] == ["names.txt"]
    session.close()
    assert not data.exists()
    session.close()
