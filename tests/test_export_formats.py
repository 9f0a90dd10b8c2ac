from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import consumers
import msgspec
import pytest
import report_cards as cards
import xmlschema
from consumers import HOSTILE, hostile_card
from markdown_it import MarkdownIt

from grader.assignment.spec import Gradescope
from grader.errors import UsageError
from grader.export import ExportOptions, format_named
from grader.export.registry import FORMATS
from grader.records.scorecard import Scorecard
from grader.report import Results
from grader.report.visible_text import storable

XSD = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit.xsd"))
RUNNER = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "backprop",
    "SUBMISSION_TAG": "submit/2026-01-01T00-00-00Z-abc1234",
    "COMMIT_URL": "https://github.example/c",
    "RELEASE_URL": "https://github.example/r",
    "OWNER": "amy",
}
EVERY_CARD = [
    cards.mixed(),
    cards.right(),
    cards.blank(),
    cards.broken(),
    cards.ungraded(),
    *map(hostile_card, HOSTILE),
]


def written(name: str, some: list[Scorecard], **options: Any) -> str:
    return format_named(name).write(
        [storable(card) for card in some], ExportOptions(environment=RUNNER, **options)
    )


def markdown(text: str) -> list[Any]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(text)


def test_every_format_has_one_line_of_help() -> None:
    assert all(format_named(name).summary for name in FORMATS)


@pytest.mark.parametrize("card", EVERY_CARD)
def test_junit_is_valid_and_counts_what_it_holds(card: Scorecard) -> None:
    text = written("junit", [card])
    XSD.validate(text)
    suite = ET.fromstring(text)[0]
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases) > 0
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("errors", "")) == (card.status == "ungraded")


def test_junit_holds_no_character_that_xml_cannot() -> None:
    card = hostile_card("\ufffe\uffff\ud800\x00\x0b\x1f")
    XSD.validate(format_named("junit").write([card], ExportOptions()))


def test_junit_says_verdict_place_and_reason_of_a_failure() -> None:
    suite = ET.fromstring(written("junit", [cards.mixed()]))[0]
    cases = {(case.get("classname"), case.get("name")): case for case in suite.findall("testcase")}
    failure = cases["backprop_ninja.1", "dcounts"].find("failure")
    assert failure is not None
    assert failure.get("type") == "mismatch"
    assert failure.get("message") == "Wrong value at cell 17, line 11"
    assert "only one of the two paths" in (failure.text or "")
    assert cases["backprop_ninja.1", "dbndiff2"].find("skipped") is not None
    assert cases["backprop_ninja.1", "dnorm_logits"].find("failure") is None


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_hostile_text_and_does_nothing_with_it(text: str) -> None:
    tokens = markdown(written("markdown", [hostile_card(text)]))
    inlines = [child for token in tokens for child in token.children or []]
    html = [t.content for t in [*tokens, *inlines] if t.type in ("html_block", "html_inline")]
    for piece in html:
        bare = piece.replace("<details><summary>", "").replace("</summary>", "").strip()
        assert bare in {"", "<code>", "</code>", "</details>"} or "<" not in bare, piece
    kinds = {token.type for token in [*tokens, *inlines]}
    assert not kinds & {"link_open", "image", "em_open", "s_open", "code_inline"}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) == 1
    shown = "".join(token.content for token in inlines if token.type == "text")
    for mention in ("@everyone", "#1", "https://e", "www.e"):
        assert mention not in shown


def test_markdown_keeps_its_tables_whole_whatever_is_in_them() -> None:
    for text in HOSTILE:
        tokens = markdown(written("markdown", [hostile_card(text)]))
        rows = [i for i, token in enumerate(tokens) if token.type == "tr_open"]
        cells = sum(token.type in ("td_open", "th_open") for token in tokens)
        assert (len(rows), cells) == (3, 15)


def test_markdown_folds_the_hint_and_shows_the_students_line() -> None:
    text = written("markdown", [cards.mixed()])
    assert "<details><summary>dcounts: Wrong value, cell 17, line 11</summary>" in text
    fences = [token.content for token in markdown(text) if token.type == "fence"]
    assert "  11  dcounts += torch.ones_like(counts) * dcounts_sum\n" in "".join(fences)
    assert "dnorm_logits:" not in text, "what was carried on is not a mistake to look at"


def test_markdown_of_a_class_begins_with_a_table_of_it() -> None:
    text = written("markdown", [cards.mixed(), cards.ungraded()], title="Backprop")
    assert text.startswith("## Backprop\n")
    assert "| <code>zhang-wei</code> | not graded: " in text


def test_code_of_the_student_cannot_close_its_block() -> None:
    card = hostile_card("````\n</details>\n```")
    fences = [token for token in markdown(written("markdown", [card])) if token.type == "fence"]
    assert len(fences) == 1
    assert "</details>" in fences[0].content


@pytest.mark.parametrize("card", [card for card in EVERY_CARD if card.status == "graded"])
def test_classroom50_takes_every_graded_submission(card: Scorecard) -> None:
    document = json.loads(written("classroom50", [card]))
    consumers.check_classroom50(document)
    for test in document["tests"]:
        assert test["test-name"].isprintable()
        assert test["message"].isprintable()
        assert len(test["message"]) <= 300


def test_classroom50_keeps_the_exact_points_beside_the_whole_ones() -> None:
    document = json.loads(written("classroom50", [cards.mixed()]))
    tests = {test["test-name"]: test for test in document["tests"]}
    assert tests["1: dlogit_maxes"]["points"] == 0.5
    assert not tests["1: dlogit_maxes"]["passed"]


def test_classroom50_never_makes_a_zero_of_the_ungraded() -> None:
    each = json.loads(written("classroom50", [cards.ungraded(), cards.right()]))
    assert list(each) == [cards.right().id]
    assert json.loads(written("classroom50", [cards.ungraded()])) == {}


def test_classroom50_of_a_class_is_a_result_for_each_owner() -> None:
    each = json.loads(written("classroom50", [cards.mixed(), cards.right()]))
    assert {key: document["owner"] for key, document in each.items()} == {
        card.id: card.id for card in (cards.mixed(), cards.right())
    }


@pytest.mark.parametrize(
    ("environment", "said"),
    [({}, "CLASSROOM, ASSIGNMENT"), ({**RUNNER, "SUBMISSION_TAG": "v1"}, "submit/")],
)
def test_classroom50_says_which_variable_of_its_runner_is_wanting(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        format_named("classroom50").write([cards.right()], ExportOptions(environment=environment))


def test_classroom50_knows_group_work_and_who_pushed() -> None:
    environment = {**RUNNER, "ASSIGNMENT_TYPE": "group", "GITHUB_ACTOR": "ben"}
    text = format_named("classroom50").write(
        [cards.right()], ExportOptions(environment=environment)
    )
    document = json.loads(text)
    consumers.check_classroom50(document)
    assert document["assignment_type"] == "group"
    assert document["submitted_by"] == {"username": "ben", "id": None}


@pytest.mark.parametrize("style", ["html", "text"])
@pytest.mark.parametrize("card", [card for card in EVERY_CARD if card.status == "graded"])
def test_gradescope_takes_every_graded_submission(card: Scorecard, style: str) -> None:
    settings = Gradescope(output_format=style)  # type: ignore[arg-type]
    document = json.loads(written("gradescope", [card], gradescope=settings))
    consumers.check_gradescope(document)
    assert len(document["tests"]) == sum(len(part.targets) for part in card.exercises)
    if style == "html":
        for output in (document["output"], *(test["output"] for test in document["tests"])):
            tags = ET.fromstring(f"<body>{output}</body>")
            assert {tag.tag for tag in tags.iter()} <= {"body", "p", "pre"}


def test_gradescope_shows_what_the_assignment_allows_and_no_leaderboard_by_default() -> None:
    plain = json.loads(written("gradescope", [cards.mixed()]))
    assert (plain["visibility"], plain["stdout_visibility"]) == ("visible", "hidden")
    assert "leaderboard" not in plain
    settings = Gradescope(visibility="after_published", leaderboard=True)
    set_up = json.loads(written("gradescope", [cards.mixed()], gradescope=settings))
    consumers.check_gradescope(set_up)
    assert {test["visibility"] for test in set_up["tests"]} == {"after_published"}
    assert set_up["leaderboard"][0]["value"] == 21.5


@pytest.mark.parametrize("card", EVERY_CARD)
def test_the_legacy_payload_shows_one_total_and_obeys_nobody(card: Scorecard) -> None:
    each = json.loads(written("github-legacy", [card]))
    (variables,) = each.values()
    if card.status == "ungraded":
        assert variables is None
    else:
        table, notice, maximum = consumers.reporter_totals(variables)
        assert table == pytest.approx(notice)
        assert maximum == pytest.approx(sum(part.max_score for part in card.exercises))


def test_csv_is_read_back_with_a_row_for_each_and_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(written("csv", EVERY_CARD)), strict=True))
    assert len(rows) == len(EVERY_CARD) + 1
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "@", "\t", "\r"))


def test_json_is_read_back_as_the_same_records() -> None:
    results = msgspec.json.decode(written("json", EVERY_CARD, title="T"), type=Results)
    assert [card.score for card in results.scorecards] == [card.score for card in EVERY_CARD]
    assert results.title == "T"
