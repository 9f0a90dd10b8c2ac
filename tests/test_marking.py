"""The policy of marking as tables: which attempt counts, and what it earns. Nothing is run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from grader.assignment import Assignment, Exercise, Rates, Tolerance
from grader.exercises.script import explanation
from grader.exercises.script.examiner import CHANGED_LATER, Examiner
from grader.exercises.script.explanation import ACCUMULATED
from grader.marking.attempt import PASSING, Attempt, of_exercise
from grader.marking.notes import MANY, noted
from grader.marking.observation import Observed
from grader.marking.points import Judgement, rescored, score_target
from grader.marking.selection import CONSTANT, Selection
from grader.marking.step import StepFinding
from grader.protocol import Value
from grader.records.comparison import Comparison
from grader.records.scorecard import ExerciseScore, TargetScore

EXERCISE = Exercise(id="one", title="Exercise 1: all", targets=["h", "logits"], points=4.0)
TRAINING = Exercise(id="four", title="Exercise 4: train", targets=["h"], training=True)


def attempt(
    order: int = 0,
    verdict: str = "exact",
    step: str = "right",
    in_loop: bool = False,
    target: str = "h",
    slipped: bool = False,
    **finding: Any,
) -> Attempt:
    return Attempt(
        target=target,
        name=f"d{target}",
        key=order,
        exercise="one",
        order=order,
        comparison=Comparison(verdict=verdict, expected_shape=[2]),  # type: ignore[arg-type]
        finding=StepFinding(step=step, **finding),  # type: ignore[arg-type]
        slipped=slipped,
        in_loop=in_loop,
    )


def judged(attempts: list[Attempt], **rates: float) -> TargetScore:
    """The row of dh, as an assignment with these rates gives it."""
    spec = SimpleNamespace(rates=Rates(**rates), exercises=[EXERCISE])
    assignment = SimpleNamespace(spec=spec, points=lambda exercise, _: exercise.points)
    (part,) = Selection(assignment, attempts, {}).exercises()  # type: ignore[arg-type]
    return part.targets[0]


def test_reasons_are_sought_for_the_attempt_that_counts_alone() -> None:
    asked: list[int] = []

    def explained(one: Attempt) -> Attempt:
        asked.append(one.order)
        return msgspec.structs.replace(one, diagnosis=ACCUMULATED)

    spec = SimpleNamespace(rates=Rates(), exercises=[EXERCISE])
    assignment = SimpleNamespace(spec=spec, points=lambda exercise, _: exercise.points)
    attempts = [attempt(order, "mismatch", "wrong") for order in range(5)]
    (part,) = Selection(assignment, attempts, {}, explained).exercises()  # type: ignore[arg-type]
    assert asked == [4]
    assert part.targets[0].diagnosis == ACCUMULATED


def test_a_fault_in_the_search_for_a_reason_costs_no_scorecard() -> None:
    def explained(one: Attempt) -> Attempt:
        raise ZeroDivisionError(one.name)

    spec = SimpleNamespace(rates=Rates(), exercises=[EXERCISE])
    assignment = SimpleNamespace(spec=spec, points=lambda exercise, _: exercise.points)
    (part,) = Selection(
        assignment,
        [attempt(0, "mismatch", "wrong")],
        {},
        explained,  # type: ignore[arg-type]
    ).exercises()
    found = part.targets[0].diagnosis
    assert found is not None
    assert found.evidence == {"error": "ZeroDivisionError: dh"}


def test_reasons_end_where_networks_are_too_large_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explanation, "explained", lambda one, _: one)
    monkeypatch.setattr(explanation, "MAX_NETWORK", 20_000_000)
    evidence = SimpleNamespace(draws=[SimpleNamespace(elements=20_000_000)])
    reasons = explanation.Reasons(SimpleNamespace())  # type: ignore[arg-type]
    wrong = attempt(step="wrong", evidence=evidence)
    found = [reasons.explained(each).diagnosis for each in [attempt(), wrong, wrong, wrong, wrong]]
    assert found == [None, None, None, None, explanation.UNSOUGHT]
    monkeypatch.setattr(explanation, "MAX_NETWORK", 19_000_000)
    reasons = explanation.Reasons(SimpleNamespace())  # type: ignore[arg-type]
    assert reasons.explained(wrong).diagnosis == explanation.UNSOUGHT


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
    plain, inside = attempt(0), attempt(1, in_loop=True)
    mine = [msgspec.structs.replace(a, exercise=exercise.id) for a in (plain, inside)]
    mine = mine[1:] if exercise.training else mine
    found = of_exercise(mine, exercise, "h", tried=tried)
    assert ["loop" if each.in_loop else "plain" for each in found] == expected


def test_a_training_loop_counts_elsewhere_only_where_nothing_else_tried() -> None:
    inside = attempt(0, in_loop=True)
    (found,) = of_exercise([inside], EXERCISE, "h", tried=False)
    assert found == msgspec.structs.replace(inside, note=PASSING)  # and it is said
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


def judgement_of(verdict: str, **fields: Any) -> Judgement:
    comparison = Comparison(verdict=verdict)  # type: ignore[arg-type]
    return Judgement(target="h", comparison=comparison, **fields)


# ---- points ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", [RIGHT, FOLLOWS, COINCIDES, UNPROVEN, COPIED, WRONG])
@pytest.mark.parametrize("exempt", [False, True])
def test_other_points_give_what_scoring_anew_gives(
    kind: dict[str, Any], rate: float, exempt: bool
) -> None:
    rates = Rates(follow_through=rate, coincidence=rate, unproven=rate, copied=rate)
    judgement = judgement_of(**kind, exempt=exempt, unproven="exec")
    before = score_target(judgement, max_score=4.0, rates=rates)
    for points in (0.0, 0.1, 4.0, 7.0):
        assert rescored(before, points, rates) == score_target(
            judgement, max_score=points, rates=rates
        )


def test_a_row_worth_nothing_does_not_tell_whether_it_was_exempt() -> None:
    rates = Rates(follow_through=0.5)
    row = score_target(judgement_of(**FOLLOWS), max_score=0.0, rates=rates)
    assert rescored(row, 1.0, rates) is None
    assert rescored(row, 1.0, Rates()) is not None


# ---- notes -----------------------------------------------------------------------------------------


def part(*rows: tuple[str, str, str]) -> ExerciseScore:
    targets = [
        TargetScore(name=n, of=n[1:], verdict=v, basis=b, max_score=1.0, unproven="`exec`")  # type: ignore[arg-type]
        for n, v, b in rows
    ]
    return ExerciseScore(id="one", title="Exercise 1: all", score=0, max_score=2, targets=targets)


def texts(
    assignment: Assignment, *rows: ExerciseScore, attempts: list[Attempt] | None = None
) -> list[str]:
    return [note.text for note in noted(rows, attempts or [], [], assignment)]


def test_each_cause_has_one_note_that_lists_all_that_it_touches(assignment: Assignment) -> None:
    rows = part(
        ("dh", "exact", "copied"),
        ("dW2", "exact", "copied"),
        ("dC", "exact", "unproven"),
        ("db1", "unjudged", "none"),
        ("db2", "exact", "value"),
    )
    unjudged, copied, unproven = texts(assignment, rows)
    assert copied == "Exercise 1: dh, dW2: right, but the lines ask autograd for it"
    assert unproven.startswith("Exercise 1: dC: the values are right")
    assert unproven.endswith("(`exec`)")
    assert "db1 could not be judged" in unjudged
    clean = part(("dh", "exact", "value"), ("dW2", "mismatch", "none"))
    assert texts(assignment, clean) == []


@pytest.mark.parametrize("number", [1, MANY, MANY + 1])
def test_many_attempts_at_one_gradient_are_noted_once(assignment: Assignment, number: int) -> None:
    ex = assignment.spec.exercises[0].id
    tried = [msgspec.structs.replace(attempt(i), exercise=ex) for i in range(number)]
    notes = texts(assignment, attempts=tried)
    assert len(notes) == (number > MANY)
    assert all(f"dh (Exercise 1): {number}" in note for note in notes)
