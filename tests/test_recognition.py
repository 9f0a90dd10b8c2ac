"""A bonus stays with whoever got it: rows of a gradebook are found again, never shifted."""

import msgspec
import pytest
import report_cards as cards
from sqlalchemy import update

from grader.gradebook.book import GradedAttempt
from grader.gradebook.enrolment import HandedIn
from grader.gradebook.opening import open_gradebook
from grader.gradebook.recognition import as_listed
from grader.gradebook.roster import EnrolledStudent, Roster
from grader.gradebook.tables import submissions as rows
from grader.submission import discover

NAME = "backprop_ninja"


@pytest.fixture
def klass(tmp_path):
    """Writes notebooks into the class folder and finds the submissions in some of it."""

    def find(*names, only=""):
        for name in names:
            path = tmp_path / "class" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('{"cells": []}')
        return discover([tmp_path / "class" / only], tmp_path / "work").submissions

    return find


@pytest.fixture
def book(tmp_path, assignment):
    with open_gradebook(tmp_path / "out", create=True) as opened:
        yield opened


def entered(book, assignment, found):
    """As `grader grade` does before grading; returns ids and lines."""
    known = book.recognised(NAME, found)
    handed_in = [HandedIn(id=each.id, path=each.origin) for each in known.submissions]
    places = book.enroll(assignment, None, handed_in)
    for each in known.submissions:
        card = msgspec.structs.replace(cards.right(each.id), assignment=NAME)
        attempt = GradedAttempt(
            key=each.origin, content=None, assignment_digest="", grader="", torch="", card=card
        )
        book.store(places[each.id], attempt)
    return [each.id for each in known.submissions], known.lines


def bonuses(book):
    return {grade.id: sum(a.points for a in grade.adjusted) for grade in book.grades(NAME)}


def called(book, before, after):
    """Makes the book one of an earlier version, whose ids depended on who else was there."""
    with book.database.writing() as connection:
        connection.execute(update(rows).where(rows.c.student == before).values(student=after))


MOODLE = "Participant_{}_assignsubmission_file_/hw.ipynb".format


@pytest.mark.parametrize("version", ["0.1.0", "now"])
def test_the_bonus_stays_when_somebody_is_added_and_when_one_is_graded_alone(
    book, assignment, klass, version
):
    entered(book, assignment, klass(MOODLE(101), MOODLE(103)))
    bearer = "Participant_103"
    if version == "0.1.0":
        called(book, "Participant_101", "Participant")
        called(book, "Participant_103", "Participant-2")
        bearer = "Participant-2"
    book.adjust(NAME, bearer, 5, "a good question")
    ids, lines = entered(book, assignment, klass(MOODLE(102)))
    assert ids == ["Participant_101", "Participant_102", "Participant_103"]
    assert len(lines) == (2 if version == "0.1.0" else 0)
    alone = klass(only="Participant_103_assignsubmission_file_")
    assert entered(book, assignment, alone) == (["Participant_103"], [])
    assert bonuses(book) == {"Participant_101": 0, "Participant_102": 0, "Participant_103": 5}
    assert {grade.id: card.id for card, grade in pairs(book)} == {name: name for name in ids}


def pairs(book):
    return [(entry.card, entry.grade) for entry in book.rows(NAME)]


def test_canvas_namesakes_of_an_old_book_are_told_by_their_numbers(book, assignment, klass):
    files = ["doe_111_900_x.ipynb", "doe_222_901_x.ipynb"]
    entered(book, assignment, klass(*files))
    called(book, "doe_111", "doe")
    called(book, "doe_222", "doe-2")
    book.adjust(NAME, "doe-2", 3, "why not")
    entered(book, assignment, klass(only=files[1]))
    assert bonuses(book) == {"doe": 0, "doe_222": 3}
    entered(book, assignment, klass("doe_100_899_x.ipynb"))
    assert bonuses(book) == {"doe_100": 0, "doe_111": 0, "doe_222": 3}


def test_a_plain_folder_given_alone_is_known_by_its_file(book, assignment, klass):
    entered(book, assignment, klass("ada/hw.ipynb", "ben/hw.ipynb"))
    assert entered(book, assignment, klass(only="ada")) == (["ada"], [])


def test_a_row_that_may_be_the_students_is_asked_about_and_left(book, assignment, klass):
    entered(book, assignment, klass("Ada Doe.ipynb"))
    found = klass(
        "Ada Doe_7_assignsubmission_file_/x.ipynb", only="Ada Doe_7_assignsubmission_file_"
    )
    ids, lines = entered(book, assignment, found)
    assert ids == ["Ada_Doe_7"]
    assert "Ada_Doe may be the same student" in lines[0]


def test_another_file_under_the_same_id_is_asked_about(book, assignment, klass):
    entered(book, assignment, klass("one/hw.ipynb", only="one/hw.ipynb"))
    _, lines = entered(book, assignment, klass("two/hw.ipynb", only="two/hw.ipynb"))
    assert "if that is another student's" in lines[0]


def test_ids_in_another_case_are_the_same_row(book, assignment, klass):
    entered(book, assignment, klass("a/Ada.ipynb", only="a"))
    ids, _ = entered(book, assignment, klass("b/ada.ipynb", only="b"))
    assert ids == ["Ada"]


def test_a_class_list_calls_students_by_login_number_or_in_another_case(klass):
    found = klass("doeada_12345_900_x.ipynb", "Doe_Bo_bdoe_7777/x.ipynb", "CY.ipynb", "dan.ipynb")
    listed = [EnrolledStudent(id=name) for name in ("12345", "BDOE", "cy", "eve")]
    named = as_listed(found, Roster(path="roster.csv", students=listed))
    assert sorted(each.id for each in named) == ["12345", "BDOE", "cy", "dan"]


def test_a_name_of_the_class_list_that_fits_two_is_given_to_neither(klass):
    found = klass("doe_111_900_x.ipynb", "doe_222_901_x.ipynb")
    named = as_listed(found, Roster(path="roster.csv", students=[EnrolledStudent(id="doe")]))
    assert [each.id for each in named] == ["doe_111", "doe_222"]
