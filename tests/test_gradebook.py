"""The gradebook keeps what was graded and what people decided, in both databases alike."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import report_cards as cards
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select

from grader.assignment import Assignment, Late
from grader.errors import UsageError
from grader.gradebook import Gradebook, GradebookError, Roster, open_gradebook, tables, timestamps
from grader.gradebook.attempts import GradedAttempt
from grader.gradebook.enrolment import Enrolled, HandedIn
from grader.gradebook.late import lateness
from grader.gradebook.roster import EnrolledStudent
from grader.records.grade import Grade
from grader.records.scorecard import IntegrityNote, Scorecard

NAME = "backprop_ninja"


@pytest.fixture
def book(gradebook_url: str) -> Iterator[Gradebook]:
    with open_gradebook(gradebook_url, create=True) as opened:
        yield opened


def handed_in(name: str, content: str = "a", **fields: Any) -> HandedIn:
    return HandedIn(id=name, path=f"{name}.ipynb", content=content, key=f"key-{content}", **fields)


def attempt(card: Scorecard, content: str = "a", **fields: Any) -> GradedAttempt:
    given = {
        "key": f"key-{content}",
        "content": content,
        "assignment_digest": "d",
        "grader": "1",
        "torch": "2",
        "card": card,
    }
    return GradedAttempt(**{**given, **fields})


def card_of(name: str, score: float = 30.0, **fields: Any) -> Scorecard:
    return msgspec.structs.replace(cards.right(name), score=score, **fields)


class Class:
    """A class of students in one gradebook, for tests that need one."""

    def __init__(self, book: Gradebook, assignment: Assignment) -> None:
        self.book = book
        self.assignment = assignment
        self.places: dict[str, Enrolled] = {}

    def enroll(self, *who: HandedIn, roster: Roster | None = None) -> dict[str, Enrolled]:
        self.places = self.book.enroll(self.assignment, roster, who)
        return self.places

    def grade(self, name: str, score: float = 30.0, content: str = "a", **fields: Any) -> None:
        self.enroll(handed_in(name, content))
        self.store(card_of(name, score, **fields), content)

    def store(self, card: Scorecard, content: str = "a") -> None:
        self.book.store(self.places[card.id], attempt(card, content))

    def late(self, policy: Late | None) -> None:
        spec = msgspec.structs.replace(self.assignment.spec, late=policy)
        self.assignment = msgspec.structs.replace(self.assignment, spec=spec)

    def of(self, name: str) -> Grade:
        return next(grade for grade in self.book.grades(NAME) if grade.id == name)


@pytest.fixture
def group(book: Gradebook, assignment: Assignment) -> Class:
    return Class(book, assignment)


def roster(*names: str, **fields: Any) -> Roster:
    return Roster(
        path="roster.csv", students=[EnrolledStudent(id=name, **fields) for name in names]
    )


# ---- opening -------------------------------------------------------------------------------------


def test_a_gradebook_is_made_where_there_is_none_and_found_again(gradebook_url: str) -> None:
    with pytest.raises(GradebookError, match="grade something first"):
        open_gradebook(gradebook_url)
    open_gradebook(gradebook_url, create=True).close()
    with open_gradebook(gradebook_url) as book, book.database.reading() as connection:
        (row,) = connection.execute(select(tables.gradebook)).all()
    assert row.version == tables.VERSION
    assert row.made_by.startswith("grader ")


def test_a_newer_gradebook_is_refused_and_left_as_it_is(
    book: Gradebook, gradebook_url: str
) -> None:
    with book.database.writing() as connection:
        connection.execute(tables.gradebook.update().values(version=tables.VERSION + 1))
    with pytest.raises(GradebookError, match=r"made by a newer grader .* upgrade backprop-grader"):
        open_gradebook(gradebook_url, create=True)


def test_a_database_of_something_else_is_refused(gradebook_url: str) -> None:
    from grader.gradebook.database import Database, url_of

    other = Database(url_of(gradebook_url))
    if other.file:
        other.file.parent.mkdir()
    with other.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE attempts (mine TEXT)")
    with pytest.raises(
        GradebookError, match=r"database of something else .it has a table attempts"
    ):
        open_gradebook(gradebook_url, create=True)
    with other.reading() as connection:
        assert connection.exec_driver_sql("SELECT mine FROM attempts").all() == []
    other.release()


def test_the_name_of_a_gradebook_holds_no_password() -> None:
    from grader.gradebook.database import Database, url_of

    name = Database(url_of("postgresql+psycopg://ann:secret@db.example/marks")).name
    assert name == "postgresql+psycopg://ann:***@db.example/marks"


# ---- attempts ------------------------------------------------------------------------------------


def test_what_was_graded_is_settled_until_its_content_changes(group: Class) -> None:
    group.grade("ada")
    places = group.enroll(handed_in("ada"), handed_in("ben"))
    assert group.book.settled(places, {"ada": "key-a", "ben": "key-a"}) == {"ada"}
    assert group.book.settled(places, {"ada": "key-b"}) == set()


def test_a_student_who_goes_back_to_an_earlier_content_gets_its_marks_again(group: Class) -> None:
    group.grade("ada", 10, content="a")
    group.grade("ada", 20, content="b")
    assert group.of("ada").score == 20
    places = group.enroll(handed_in("ada", "a"))
    assert group.book.settled(places, {"ada": "key-a"}) == {"ada"}
    assert group.of("ada").score == 10
    (move,) = group.book.moves(NAME)
    assert (move.before, move.after) == (20, 10)


def test_marks_are_compared_with_those_that_counted_before(group: Class) -> None:
    for content, score in (("a", 10), ("b", 20), ("c", 30)):
        group.grade("ada", score, content=content)
    (move,) = group.book.moves(NAME)
    assert (move.before, move.after, move.why) == (20, 30, ["handed in anew"])


def test_a_regrade_takes_the_place_of_the_same_attempt(group: Class) -> None:
    group.grade("ada", 10)
    group.grade("ada", 12)
    assert group.of("ada").score == 12
    assert group.book.moves(NAME) == []


def test_what_could_not_be_graded_is_never_settled_and_never_replaces_marks(group: Class) -> None:
    group.enroll(handed_in("ada"))
    group.store(cards.ungraded("ada"))
    assert group.of("ada").status == "ungraded"
    assert group.of("ada").final is None
    assert group.book.settled(group.enroll(handed_in("ada")), {"ada": "key-a"}) == set()
    group.grade("ada", 10)
    group.store(cards.ungraded("ada"))
    assert (group.of("ada").status, group.of("ada").score) == ("graded", 10)


def test_the_scorecard_comes_back_as_it_was(group: Class) -> None:
    card = msgspec.structs.replace(cards.hostile(), id="eve", assignment=NAME)
    group.enroll(handed_in("eve"))
    group.store(card)
    assert group.book.scorecard(NAME, "eve") == card


@pytest.mark.parametrize("text", ["\x00", "\ud800", "'; DROP TABLE attempts; --", "a\nb", "😀"])
def test_text_of_every_kind_is_kept(group: Class, text: str) -> None:
    path = f"{text}.ipynb"
    group.enroll(HandedIn(id="eve", path=path, content="a", key="key-a"))
    group.store(
        card_of("eve", reason=text, notes=[text], integrity=[IntegrityNote(code=text, text=text)])
    )
    group.book.adjust(NAME, "eve", 1, f"because {text}")
    assert group.of("eve").adjustments == 1
    kept = group.book.scorecard(NAME, "eve")
    assert kept is not None
    assert kept.notes == [text if text != "\ud800" else r"\ud800"]


def test_the_executed_notebook_is_kept_with_its_attempt(group: Class) -> None:
    places = group.enroll(handed_in("ada"), handed_in("ben"))
    group.book.store(places["ada"], attempt(card_of("ada"), notebook="<p>\ud800 ran</p>"))
    group.book.store(places["ben"], attempt(card_of("ben")))
    assert group.book.notebook(NAME, group.of("ada")) == r"<p>\ud800 ran</p>"
    assert group.book.notebook(NAME, group.of("ben")) is None


def test_rows_come_in_the_natural_order_with_their_scorecards(group: Class) -> None:
    names = ["s10", "s2", "Ada"]
    group.enroll(*(handed_in(name) for name in names), roster=roster("s1"))
    for name in names:
        group.store(card_of(name))
    rows = list(group.book.rows())
    assert [row.id for row in rows] == ["Ada", "s1", "s2", "s10"]
    assert [row.card is not None for row in rows] == [True, False, True, True]
    assert rows[1].grade is not None
    assert rows[1].grade.status == "missing"


def test_rows_of_more_students_than_are_read_at_a_time(group: Class) -> None:
    names = [f"s{number}" for number in range(450)]
    places = group.enroll(*map(handed_in, names))
    card = msgspec.structs.replace(cards.blank(), exercises=[])
    for name in names:
        group.book.store(places[name], attempt(msgspec.structs.replace(card, id=name)))
    assert [row.card.id for row in group.book.rows() if row.card] == names


# ---- several assignments -------------------------------------------------------------------------


def test_one_gradebook_holds_several_assignments(group: Class) -> None:
    group.grade("ada", 10)
    group.book.adjust(NAME, "ada", 1, "x")
    spec = msgspec.structs.replace(group.assignment.spec, name="other")
    group.assignment = msgspec.structs.replace(group.assignment, spec=spec)
    group.grade("ada", 20)
    assert [grade.final for grade in group.book.grades(NAME)] == [11]
    assert [grade.final for grade in group.book.grades("other")] == [20]
    with pytest.raises(UsageError, match=r"several assignments or none .backprop_ninja, other"):
        group.book.assignment()
    with pytest.raises(UsageError, match="holds no assignment 'x'"):
        group.book.assignment("x")


def test_marks_of_an_earlier_assignment_are_told_apart(group: Class) -> None:
    group.enroll(handed_in("ada"), handed_in("ben"))
    digest = group.assignment.digest
    group.book.store(group.places["ada"], attempt(card_of("ada"), assignment_digest=digest))
    group.book.store(group.places["ben"], attempt(card_of("ben"), assignment_digest="older"))
    assert group.book.outdated(NAME) == ["ben"]


# ---- people --------------------------------------------------------------------------------------


def test_adjustments_outlive_regrades_and_can_be_taken_back(group: Class) -> None:
    group.grade("ada", 10)
    group.book.adjust(NAME, "ada", 2, "asked a good question")
    group.book.adjust(NAME, "ada", -0.5, "no name on it")
    group.grade("ada", 20, content="b")
    grade = group.of("ada")
    assert (grade.score, grade.adjustments, grade.final) == (20, 1.5, 21.5)
    assert [each.reason for each in grade.adjusted] == ["asked a good question", "no name on it"]
    assert group.book.undo(NAME, grade.adjusted[0].number) == "ada"
    assert group.of("ada").final == 19.5
    with pytest.raises(UsageError, match="was taken back already"):
        group.book.undo(NAME, grade.adjusted[0].number)
    with pytest.raises(UsageError, match="there is no adjustment 999"):
        group.book.undo(NAME, 999)


def test_nobody_is_adjusted_by_a_spelling_mistake(group: Class) -> None:
    group.grade("ada")
    with pytest.raises(UsageError, match=r"nobody .* has the id adda \(did you mean ada\?\)"):
        group.book.adjust(NAME, "adda", 2, "x")


def test_points_are_never_below_zero(group: Class) -> None:
    group.grade("ada", 10)
    group.book.adjust(NAME, "ada", -50, "x")
    assert group.of("ada").final == 0


COPIED = IntegrityNote(code="copied", exercise="1", target="dlogprobs", text="autograd made it")


def copied(name: str, *, rate: float = 0.0) -> Scorecard:
    """A card with one copied gradient, worth a point."""
    card = cards.right(name)
    first = card.exercises[0].targets
    row = msgspec.structs.replace(first[0], basis="copied", score=rate)
    exercise = msgspec.structs.replace(card.exercises[0], targets=[row, *first[1:]])
    score = card.score - 1 + rate
    return msgspec.structs.replace(
        card, score=score, exercises=[exercise, *card.exercises[1:]], integrity=[COPIED]
    )


def test_a_dismissed_note_restores_what_it_had_cost(group: Class) -> None:
    group.enroll(handed_in("ada"))
    group.store(copied("ada"))
    assert group.of("ada").final == 36
    assert group.book.decide(NAME, "ada", "copied", "dismissed", "shown on paper") == (
        "copied/1/dlogprobs"
    )
    assert (group.of("ada").integrity, group.of("ada").final) == (1, 37)
    group.book.decide(NAME, "ada", "copied", None, "")
    assert group.of("ada").final == 36


def test_an_upheld_note_takes_the_points_of_its_gradient(group: Class) -> None:
    group.enroll(handed_in("ada"))
    group.store(copied("ada", rate=0.5))
    group.book.decide(NAME, "ada", "copied", "upheld", "x")
    assert (group.of("ada").integrity, group.of("ada").final) == (-0.5, 36)


def test_a_decision_outlives_regrades_and_rests_while_the_note_is_gone(group: Class) -> None:
    group.enroll(handed_in("ada"))
    group.store(copied("ada"))
    group.book.decide(NAME, "ada", "copied", "dismissed", "x")
    group.grade("ada", 37, content="b")
    assert group.of("ada").final == 37
    group.enroll(handed_in("ada", "c"))
    moved = msgspec.structs.replace(COPIED, cell=3, line=9)
    group.store(msgspec.structs.replace(copied("ada"), integrity=[moved]), "c")
    assert group.of("ada").final == 37
    assert [d.ruling for d in group.of("ada").decided] == ["dismissed"]


def test_two_upheld_notes_on_one_gradient_cost_it_once(group: Class) -> None:
    other = msgspec.structs.replace(COPIED, code="engine")
    card = msgspec.structs.replace(copied("ada", rate=1.0), integrity=[COPIED, other])
    group.enroll(handed_in("ada"))
    group.store(card)
    for note in ("copied", "engine"):
        group.book.decide(NAME, "ada", note, "upheld", "x")
    assert group.of("ada").integrity == -1


def test_upheld_beats_dismissed_on_one_gradient(group: Class) -> None:
    other = msgspec.structs.replace(COPIED, code="engine")
    group.enroll(handed_in("ada"))
    group.store(msgspec.structs.replace(copied("ada"), integrity=[COPIED, other]))
    group.book.decide(NAME, "ada", "copied", "dismissed", "x")
    group.book.decide(NAME, "ada", "engine", "upheld", "x")
    assert group.of("ada").integrity == 0


def test_notes_are_listed_with_what_was_decided(group: Class) -> None:
    vague = [IntegrityNote(code="engine", line=n, text=f"`{n}` is used") for n in (3, 4)]
    group.enroll(handed_in("ada"))
    group.store(msgspec.structs.replace(copied("ada"), integrity=[COPIED, *vague, vague[0]]))
    group.book.decide(NAME, "ada", "copied/1", "upheld", "because")
    notes = group.book.notes(NAME)
    assert [note.name.partition("-")[0] for note in notes] == [
        "copied/1/dlogprobs",
        "engine",
        "engine",
    ]
    assert [note.decision.ruling if note.decision else None for note in notes] == [
        "upheld",
        None,
        None,
    ]
    with pytest.raises(UsageError, match="ada has several notes called engine"):
        group.book.decide(NAME, "ada", "engine", "upheld", "x")
    with pytest.raises(UsageError, match="ada has no note called x"):
        group.book.decide(NAME, "ada", "x", "upheld", "x")


def test_a_forgotten_student_is_off_the_class_until_graded_again(group: Class) -> None:
    group.grade("ada", 10)
    group.book.adjust(NAME, "ada", 2, "x")
    group.book.forget(NAME, "ada")
    assert group.book.grades(NAME) == []
    group.enroll(handed_in("ada"))
    assert group.of("ada").final == 12


# ---- roster and time -----------------------------------------------------------------------------


def test_whoever_is_on_the_roster_and_handed_in_nothing_is_missing(group: Class) -> None:
    group.enroll(handed_in("ada"), roster=roster("ada", "ben", name="N. N.", email="n@x"))
    group.store(card_of("ada"))
    assert [(g.id, g.status, g.name, g.final) for g in group.book.grades(NAME)] == [
        ("ada", "graded", "N. N.", 30),
        ("ben", "missing", "N. N.", None),
    ]


def test_a_student_who_left_the_roster_stays_only_with_something_to_their_name(
    group: Class,
) -> None:
    group.enroll(handed_in("ada"), roster=roster("ada", "ben", "cy"))
    group.book.adjust(NAME, "ben", 5, "oral exam")
    group.enroll(roster=roster("dan"))
    assert [(g.id, g.status) for g in group.book.grades(NAME)] == [
        ("ada", "ungraded"),
        ("ben", "missing"),
        ("dan", "missing"),
    ]
    assert group.of("ben").final == 5


POLICY = Late(due=datetime.fromisoformat("2026-11-20T23:59:00+01:00"), per_day=0.1)


def test_late_points_come_off_the_score_and_not_off_what_people_gave(group: Class) -> None:
    group.late(POLICY)
    group.enroll(handed_in("ada", submitted_at="2026-11-22T08:00:00Z", submitted_from="roster"))
    group.store(card_of("ada", 30))
    group.book.adjust(NAME, "ada", 4, "x")
    grade = group.of("ada")
    assert (grade.late, grade.lateness, grade.final) == (6, "2 days late", 28)


def test_without_a_time_nobody_is_late_and_the_gradebook_says_so(group: Class) -> None:
    group.late(POLICY)
    group.grade("ada", 30)
    assert (group.of("ada").lateness, group.of("ada").final) == ("time unknown", 30)


def test_without_a_policy_nothing_is_said_of_lateness(group: Class) -> None:
    group.enroll(handed_in("ada", submitted_at="2036-11-22T08:00:00Z", submitted_from="flag"))
    group.store(card_of("ada"))
    assert (group.of("ada").lateness, group.of("ada").late) == (None, 0)


def test_a_changed_policy_counts_without_a_regrade(group: Class) -> None:
    group.late(POLICY)
    group.enroll(handed_in("ada", submitted_at="2026-11-21T08:00:00Z", submitted_from="flag"))
    group.store(card_of("ada", 30))
    assert group.of("ada").lateness == "1 day late"
    group.late(msgspec.structs.replace(POLICY, per_day=0.5))
    group.enroll(handed_in("ada"))
    assert group.of("ada").final == 15
    group.late(None)
    group.enroll()
    assert group.of("ada").final == 30


def test_a_time_belongs_to_what_was_handed_in(group: Class) -> None:
    group.late(POLICY)
    group.enroll(handed_in("ada", submitted_at="2026-11-20T08:00:00Z", submitted_from="roster"))
    group.enroll(handed_in("ada"))
    assert group.of("ada").lateness == "on time"
    group.enroll(handed_in("ada", content="b"))
    assert group.of("ada").lateness == "time unknown"


# ---- arithmetic and documentation ----------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    score=st.integers(0, 74).map(lambda half: half / 2),
    given_points=st.lists(st.integers(-20, 20).filter(bool).map(lambda n: n / 4), max_size=4),
    hours=st.integers(-48, 400),
    ruling=st.sampled_from(["upheld", "dismissed", None]),
)
def test_the_final_score_is_the_sum_that_it_says(
    arithmetic: Class, score: float, given_points: list[float], hours: int, ruling: Any
) -> None:
    name = f"s{uuid.uuid4().hex[:10]}"
    at = timestamps.written(POLICY.due + timedelta(hours=hours))
    arithmetic.enroll(handed_in(name, submitted_at=at, submitted_from="flag"))
    arithmetic.store(msgspec.structs.replace(copied(name, rate=0.25), score=score))
    for points in given_points:
        arithmetic.book.adjust(NAME, name, points, "x")
    if ruling is not None:
        arithmetic.book.decide(NAME, name, "copied", ruling, "x")
    grade = arithmetic.of(name)
    decided = {"upheld": -0.25, "dismissed": 0.75, None: 0.0}[ruling]
    earned = max(score + decided, 0)
    share = lateness(POLICY, timestamps.read(at)).share
    assert grade.score == score
    assert grade.integrity == decided
    assert grade.adjustments == sum(given_points)
    assert grade.late == pytest.approx(share * earned)
    assert grade.final == pytest.approx(max(score + decided + sum(given_points) - grade.late, 0))


@pytest.fixture(scope="module")
def arithmetic(tmp_path_factory: pytest.TempPathFactory, assignment: Assignment) -> Iterator[Class]:
    """One class for all examples, each of which is another student."""
    with open_gradebook(tmp_path_factory.mktemp("sums"), create=True) as book:
        group = Class(book, assignment)
        group.late(POLICY)
        yield group


def test_every_table_view_and_column_is_documented(book: Gradebook) -> None:
    text = (Path(__file__).parents[1] / "docs" / "gradebook.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))
    with book.database.reading() as connection:
        found = inspect(connection)
        for name in (*found.get_table_names(), *found.get_view_names()):
            said = set(re.findall(r"`(\w+)`", rows[name]))
            assert said == {column["name"] for column in found.get_columns(name)}, name
