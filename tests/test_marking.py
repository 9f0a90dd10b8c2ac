"""The policy of marking as tables: which attempt counts, and what it earns. Nothing is run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from grader.analysis.lifetime import Lifetime, Site
from grader.assignment import Assignment, Exercise, Rates, Tolerance
from grader.cleanroom.findings import StepFinding
from grader.marking.attempt import CHANGED_LATER, Attempt, Examiner, of_exercise
from grader.marking.card import _copied, _unjudged, _unproven
from grader.marking.comparison import Comparison
from grader.marking.notes import MANY, guessed
from grader.marking.observation import Observed
from grader.marking.points import Judgement, rescored, score_target
from grader.marking.selection import CONSTANT, Judge
from grader.protocol import Value
from grader.records.scorecard import ExerciseScore, IntegrityNote, TargetScore

EXERCISE = Exercise(id="one", title="Exercise 1: all", targets=["h", "logits"], points=4.0)
TRAINING = Exercise(id="four", title="Exercise 4: train", targets=["h"], training=True)


def life(number: int, **fields: Any) -> Lifetime:
    named = {"name": "dh", "text": "dh", "target": "h", "sure": True, "function": None}
    return Lifetime(id=number, **(named | {"exercise": "one"} | fields))


def attempt(
    order: int = 0,
    verdict: str = "exact",
    step: str = "right",
    lifetime: Lifetime | None = None,
    target: str = "h",
    slipped: bool = False,
    **finding: Any,
) -> Attempt:
    return Attempt(
        target=target,
        name=f"d{target}",
        lifetime=lifetime or life(order),
        exercise="one",
        order=order,
        comparison=Comparison(verdict=verdict, expected_shape=[2]),  # type: ignore[arg-type]
        finding=StepFinding(step=step, **finding),  # type: ignore[arg-type]
        slipped=slipped,
    )


def judged(attempts: list[Attempt], **rates: float) -> TargetScore:
    """The row of dh, as an assignment with these rates gives it."""
    spec = SimpleNamespace(rates=Rates(**rates), exercises=[EXERCISE])
    assignment = SimpleNamespace(spec=spec, points=lambda exercise, _: exercise.points)
    study = SimpleNamespace(
        lines=lambda _: [],
        program=SimpleNamespace(lifetimes=[a.lifetime for a in attempts]),
        notebook=SimpleNamespace(module=False),
    )
    (part,) = Judge(assignment, study, attempts, {}).exercises()  # type: ignore[arg-type]
    return part.targets[0]


# ---- which attempt counts ------------------------------------------------------------------------

RIGHT = {"verdict": "exact", "step": "right"}
CLOSE = {"verdict": "close", "step": "right"}
FOLLOWS = {"verdict": "mismatch", "step": "right"}
COINCIDES = {"verdict": "exact", "step": "wrong"}
UNPROVEN = {"verdict": "exact", "step": "unknown"}
COPIED = {"verdict": "exact", "step": "unknown", "copied": True}
WRONG = {"verdict": "mismatch", "step": "wrong"}
SHAPE = {"verdict": "wrong_shape", "step": "wrong"}


@pytest.mark.parametrize(
    ("first", "second", "rates", "counts", "score"),
    [
        (RIGHT, WRONG, {}, 1, 4.0),
        (WRONG, RIGHT, {}, 2, 4.0),
        (RIGHT, RIGHT, {}, 2, 4.0),  # the later of equals
        (RIGHT, CLOSE, {}, 1, 4.0),  # as many points, the better verdict
        (SHAPE, WRONG, {}, 2, 0.0),
        (WRONG, SHAPE, {}, 1, 0.0),
        (COINCIDES, FOLLOWS, {}, 2, 4.0),
        (FOLLOWS, COINCIDES, {}, 1, 4.0),
        (COINCIDES, FOLLOWS, {"follow_through": 0.3}, 1, 2.0),
        (FOLLOWS, COINCIDES, {"follow_through": 0.3}, 2, 2.0),
        (UNPROVEN, COINCIDES, {"unproven": 0.0}, 2, 2.0),
        (UNPROVEN, COINCIDES, {}, 1, 4.0),
        (COPIED, WRONG, {}, 1, 0.0),
        (COPIED, COINCIDES, {}, 2, 2.0),
        (COPIED, COINCIDES, {"copied": 0.75}, 1, 3.0),
        (COINCIDES, FOLLOWS | {"slipped": True}, {"follow_through": 0.0}, 2, 4.0),
    ],
)
def test_the_attempt_that_earns_most_by_the_assignments_rates_counts(
    first: dict[str, Any],
    second: dict[str, Any],
    rates: dict[str, float],
    counts: int,
    score: float,
) -> None:
    row = judged([attempt(0, **first), attempt(1, **second)], **rates)
    assert (row.attempt, row.score) == (f"{counts} of 2", score)


def test_no_choice_earns_less_than_another_would() -> None:
    kinds = [RIGHT, CLOSE, FOLLOWS, COINCIDES, UNPROVEN, COPIED, WRONG, SHAPE]
    for rate in (0.0, 0.3, 0.5, 1.0):
        rates = {"follow_through": rate, "coincidence": 0.4, "unproven": 0.6, "copied": 1 - rate}
        alone = [judged([attempt(0, **kind)], **rates).score for kind in kinds]
        together = judged([attempt(i, **kind) for i, kind in enumerate(kinds)], **rates)
        assert together.score == max(alone)


@pytest.mark.parametrize(
    ("exercise", "tried", "expected"),
    [(EXERCISE, True, ["plain"]), (EXERCISE, False, ["plain"]), (TRAINING, True, ["loop"])],
)
def test_what_a_training_loop_derives_is_an_answer_to_training_alone(
    exercise: Exercise, tried: bool, expected: list[str]
) -> None:
    loop = Site(cell=0, path=(("body", 0),), line=1, end_line=2)
    plain = attempt(0, lifetime=life(0))
    inside = attempt(1, lifetime=life(1, loop=loop))
    mine = [msgspec.structs.replace(a, exercise=exercise.id) for a in (plain, inside)]
    mine = mine[1:] if exercise.training else mine
    found = of_exercise(mine, exercise, "h", tried=tried)
    assert ["loop" if a.lifetime and a.lifetime.loop else "plain" for a in found] == expected


def test_a_training_loop_counts_elsewhere_only_where_nothing_else_tried() -> None:
    inside = attempt(
        0, lifetime=life(0, loop=Site(cell=0, path=(("body", 0),), line=1, end_line=2))
    )
    assert of_exercise([inside], EXERCISE, "h", tried=False) == [inside]
    assert of_exercise([inside], EXERCISE, "h", tried=True) == []
    assert of_exercise([inside], EXERCISE, "logits", tried=False) == []


# ---- what is said of it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "verdict", "basis", "note"),
    [
        ({"constant": True, **COINCIDES}, "exact", "none", CONSTANT),
        ({"slipped_at": "hpreact", **WRONG}, "unjudged", "none", "it differentiates `hpreact`"),
        ({"slipped_at": "hpreact", **COINCIDES}, "exact", "coincidence", None),
        ({"engine": ("logits.grad",), **RIGHT}, "exact", "value", "autograd's logits.grad"),
        ({"verdict": "unjudged", "step": "right"}, "unjudged", "none", None),
        ({"verdict": "missing", "step": "right"}, "missing", "follow_through", None),
        ({"verdict": "missing", "step": "wrong"}, "missing", "none", None),
    ],
)
def test_a_finding_gives_verdict_basis_and_note(
    fields: dict[str, Any], verdict: str, basis: str, note: str | None
) -> None:
    given = dict(fields)
    slipped_at = given.pop("slipped_at", None)
    one = attempt(0, **given)
    one = msgspec.structs.replace(
        one, finding=msgspec.structs.replace(one.finding, slipped=slipped_at)
    )
    row = judged([one])
    assert (row.verdict, row.basis) == (verdict, basis)
    assert row.note is None if note is None else note in (row.note or "")


def test_the_cause_of_a_wrong_value_is_the_first_gradient_wrong_by_itself() -> None:
    chain = [
        attempt(0, "mismatch", "wrong", target="logits"),
        attempt(1, "mismatch", "right", target="counts", sources=(0,)),
        attempt(2, "mismatch", "right", sources=(1,)),
    ]
    assert judged(chain).root_cause == "dlogits"
    assert judged([chain[0], attempt(2, "exact", "right", sources=(0,))]).root_cause is None


# ---- values: settled, ended, iterations ----------------------------------------------------------


def values(*seen: tuple[str, bool]) -> list[Observed]:
    """Values of one lifetime: a verdict, and whether it was seen at the end."""
    return [
        Observed(
            order=i,
            name="dh",
            target=None,
            lifetime=0,
            occurrence=i,
            end=end,
            pass_id=0,
            cell=0,
            value=Value(kind="tensor", note=verdict),
            numbers=None,
        )
        for i, (verdict, end) in enumerate(seen)
    ]


@pytest.mark.parametrize(
    ("seen", "verdict", "note", "late"),
    [
        ([("exact", False)], "exact", None, False),
        ([("exact", False), ("exact", True)], "exact", None, False),
        ([("exact", False), ("mismatch", True)], "exact", CHANGED_LATER, False),
        ([("mismatch", False), ("exact", True)], "exact", None, True),
        ([("mismatch", False), ("mismatch", True)], "mismatch", None, True),
        ([("missing", False), ("exact", True)], "exact", None, True),
        ([("exact", True)], "exact", None, False),
        ([("exact", False), ("mismatch", False)], "mismatch", None, False),  # iterations
        ([("mismatch", False), ("exact", False)], "mismatch", None, False),
        ([("close", False), ("exact", False)], "close", None, False),
    ],
)
def test_right_at_either_moment_is_right_and_the_worse_iteration_counts(
    monkeypatch: pytest.MonkeyPatch,
    seen: list[tuple[str, bool]],
    verdict: str,
    note: str | None,
    late: bool,
) -> None:
    def compared(_: Examiner, __: str, one: Observed | None) -> Comparison | None:
        return one and Comparison(verdict=one.value.note, expected_shape=[])  # type: ignore[arg-type]

    monkeypatch.setattr(Examiner, "_compare", compared)
    study = SimpleNamespace(program=None, recogniser=None)
    examiner = Examiner(study, None, {}, Tolerance())  # type: ignore[arg-type]
    found = examiner._judge("h", values(*seen))
    assert found is not None
    assert (found[0].verdict, found[1], found[2]) == (verdict, note, late)


# ---- points ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", [RIGHT, FOLLOWS, COINCIDES, UNPROVEN, COPIED, WRONG])
@pytest.mark.parametrize("exempt", [False, True])
def test_other_points_give_what_scoring_anew_gives(
    kind: dict[str, Any], rate: float, exempt: bool
) -> None:
    rates = Rates(follow_through=rate, coincidence=rate, unproven=rate, copied=rate)
    judgement = Judgement(target="h", exempt=exempt, unproven="exec", **kind)
    before = score_target(judgement, max_score=4.0, rates=rates)
    for points in (0.0, 0.1, 4.0, 7.0):
        assert rescored(before, points, rates) == score_target(
            judgement, max_score=points, rates=rates
        )


def test_a_row_worth_nothing_does_not_tell_whether_it_was_exempt() -> None:
    rates = Rates(follow_through=0.5)
    row = score_target(Judgement(target="h", **FOLLOWS), max_score=0.0, rates=rates)
    assert rescored(row, 1.0, rates) is None
    assert rescored(row, 1.0, Rates()) is not None


# ---- notes -----------------------------------------------------------------------------------------


def part(*rows: tuple[str, str, str]) -> ExerciseScore:
    targets = [
        TargetScore(name=n, of=n[1:], verdict=v, basis=b, max_score=1.0, unproven="`exec`")  # type: ignore[arg-type]
        for n, v, b in rows
    ]
    return ExerciseScore(id="one", title="Exercise 1: all", score=0, max_score=2, targets=targets)


def text_of(notes: list[IntegrityNote]) -> list[str]:
    return [note.text for note in notes]


def test_each_cause_has_one_note_that_lists_all_that_it_touches() -> None:
    rows = part(
        ("dh", "exact", "copied"),
        ("dW2", "exact", "copied"),
        ("dC", "exact", "unproven"),
        ("db1", "unjudged", "none"),
        ("db2", "exact", "value"),
    )
    assert text_of(list(_copied([rows]))) == [
        "Exercise 1: dh, dW2: right, but the lines ask autograd for it"
    ]
    (unproven,) = _unproven([rows])
    assert unproven.text.startswith("Exercise 1: dC: the values are right")
    assert unproven.text.endswith("(`exec`)")
    (unjudged,) = _unjudged([rows])
    assert "db1 could not be judged" in unjudged.text
    clean = [part(("dh", "exact", "value"), ("dW2", "mismatch", "none"))]
    assert [*_copied(clean), *_unproven(clean), *_unjudged(clean)] == []


@pytest.mark.parametrize("number", [1, MANY, MANY + 1])
def test_many_attempts_at_one_gradient_are_noted_once(assignment: Assignment, number: int) -> None:
    ex = assignment.spec.exercises[0].id
    tried = [msgspec.structs.replace(attempt(i), exercise=ex) for i in range(number)]
    notes = text_of(guessed(tried, assignment))
    assert len(notes) == (number > MANY)
    assert all(f"dh (Exercise 1): {number}" in note for note in notes)
