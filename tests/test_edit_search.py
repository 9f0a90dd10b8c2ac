"""Reasons that numbers do not tell: found among edits of the student's own lines."""

from __future__ import annotations

import pytest
from conftest import BACKWARD, FORWARD, SETUP, Grade

LOOP = """
def bent(d, out):
    return d * (1.0 - out ** 2)
dh, dhpreact = torch.zeros_like(h), torch.zeros_like(hpreact)
for i in range(n):
    d = dlogits[i] @ W2.T
    dh[i] = d
    dhpreact[i] = bent(d, h[i])
"""
PLAIN = BACKWARD.replace("\ndh = dlogits @ W2.T\n", f"\n{LOOP}\n").replace(
    "\ndhpreact = (1.0 - h**2) * dh\n", "\n"
)
assert PLAIN.count("dhpreact =") == 1


def test_the_loop_is_right_as_it_is(grade: Grade) -> None:
    assert grade(SETUP, FORWARD, PLAIN).exercises[0].score == 26


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("d * (1.0 - out ** 2)", "d * (out ** 2 - 1.0)", "return d * (out ** 2 - 1.0)", "wrong"),
        ("bent(d, h[i])", "bent(d, h[i - 1])", "dhpreact[i] = bent(d, h[i - 1])", "step"),
    ],
)
def test_a_mistake_in_a_loop_or_a_helper_is_told_with_its_line(
    grade: Grade, old: str, new: str, line: str, told: str
) -> None:
    assert PLAIN.count(old) == 1
    card = grade(SETUP, FORWARD, PLAIN.replace(old, new))
    rows = {row.name: row for row in card.exercises[0].targets}
    assert [name for name, row in rows.items() if row.step == "wrong"] == ["dhpreact"]
    found = rows["dhpreact"].diagnosis
    assert found is not None
    if "there" in found.evidence:  # else numbers told it
        assert found.evidence["there"] == line
        assert told in found.why
    assert found.code != "unexplained"


def test_what_no_single_edit_mends_stays_unexplained_and_as_wrong_as_it_is(grade: Grade) -> None:
    spoilt = PLAIN.replace("d * (1.0 - out ** 2)", "d.sin() * (out.cos() + 0.3).exp()")
    card = grade(SETUP, FORWARD, spoilt)
    row = next(row for row in card.exercises[0].targets if row.name == "dhpreact")
    assert (row.step, row.score) == ("wrong", 0)
    assert row.diagnosis is not None
    assert row.diagnosis.code == "unexplained"


ENDLESS = """
dh, dhpreact = dlogits @ W2.T, torch.zeros_like(h)
i = 0
while i < n:
    dhpreact[i] = (dh[i] + 0.01 * h[i]) * (1.0 - h[i] ** 2).exp()
    i += 1
"""


def test_edits_that_never_end_cost_no_other_gradient_its_marks(grade: Grade) -> None:
    lines = BACKWARD.replace("\ndh = dlogits @ W2.T\n", ENDLESS)
    lines = lines.replace("\ndhpreact = (1.0 - h**2) * dh\n", "\n")
    card = grade(SETUP, FORWARD, lines)
    assert [row.name for row in card.exercises[0].targets if not row.score] == ["dhpreact"]
