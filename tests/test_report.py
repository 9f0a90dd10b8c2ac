"""The two pages: what they say, and that no text of a student's gets out of its place."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files
from typing import get_args

import msgspec
import pytest
import report_cards as cards

from grader.records.comparison import Verdict
from grader.records.scorecard import Basis, CellStatus, RunStatus
from grader.report import Entry, Overview, render_scorecard, wording
from grader.report import render_class as render_overview
from grader.report.figures import count, difference, place, points, shape
from grader.report.visible_text import cut


def render_class(some, title: str) -> str:
    return render_overview(Overview(Entry(card) for card in some), title)


class Page(HTMLParser):
    """Tags, attributes and visible text of a page; raises on unbalanced markup."""

    VOID = frozenset(("meta", "path", "circle", "use"))

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, tag: str, name: str) -> list[str | None]:
        return [attrs[name] for found, attrs in self.tags if found == tag and name in attrs]

    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}


def test_a_scorecard_says_who_what_and_how_much() -> None:
    text = Page(render_scorecard(cards.mixed())).text
    assert "Becoming a backprop ninja lee-amy" in text
    assert "21.5 / 37 points" in text
    assert "The submission ran to its end." in text
    assert "names.txt was read from /kaggle/input/names.txt" in text
    assert "Exercise 1: step by step 17.5 / 26" in text


def test_every_target_has_a_row_with_its_verdict_in_words() -> None:
    page = Page(render_scorecard(cards.mixed()))
    rows = [attrs for tag, attrs in page.tags if tag == "tbody"]
    assert len(rows) == 28
    assert rows[0]["data-target"] == "dlogprobs"
    for phrase in (
        "dlogprobs Right, exact yes yes 0 (32, 27) – 1 / 1",
        "dcounts_sum_inv Wrong shape – – – (32, 27) expected (32, 1) – 0 / 1",
        "dcounts Wrong value no no 0.0093 (32, 27) wrong 0 / 1",
        "dnorm_logits Wrong value, right step",
        "dlogit_maxes Right by coincidence",
        "dbnraw Copied from autograd",
        "dbnvar NaN or Inf no no – (1, 64)",
        "dbndiff2 Not judged",
        "dembcat Missing – – – – – 0 / 1",
    ):
        assert phrase in page.text


def test_the_students_lines_stand_below_the_row_they_earned() -> None:
    text = Page(render_scorecard(cards.mixed())).text
    assert "cell 17 line 8 dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)" in text
    assert "5 lines wrote dC cell 17 line 39 dC = torch.zeros_like(C)" in text


def test_diagnosis_root_cause_alias_and_attempt_are_shown() -> None:
    page = Page(render_scorecard(cards.mixed()))
    assert "Why counts is used twice in the forward pass" in page.text
    assert "Look at Every line of the forward pass" in page.text
    assert "Not your mistake here: dcounts is already off at cell" in page.text
    assert "#e1-t5" in page.attributes("a", "href")
    assert "Found as dw1 ." in page.text
    assert "Attempt 2 of 3 is the one that counts." in page.text


def test_where_to_look_first_names_the_mistakes_and_not_what_follows_from_them() -> None:
    page = Page(render_scorecard(cards.mixed()))
    first = page.text.split("Where to look first")[1].split("Exercise 1: step by step")[0]
    assert [name for name in ("dcounts_sum_inv", "dcounts", "dbnvar") if name in first]
    assert "dnorm_logits" not in first
    assert "dembcat" not in first


def test_links_within_the_page_lead_somewhere() -> None:
    page = Page(render_scorecard(cards.mixed()))
    anchors = {f"#{attrs['id']}" for _, attrs in page.tags if "id" in attrs}
    links = page.attributes("a", "href") + page.attributes("use", "href")
    assert links
    assert set(links) <= anchors


def test_cells_integrity_environment_and_isolation_are_told() -> None:
    text = Page(render_scorecard(cards.mixed())).text
    assert "cell 21 raised an error RuntimeError: The size of tensor a (64)" in text
    assert "5 cells not run, since nothing in them is marked." in text
    assert "dbnraw cell 17, line 24 hpreact.grad_fn is called on this line." in text
    assert "Isolation isolated fork server, own namespaces, Landlock" in text
    assert "memory in part" in text
    assert "shared memory outside the process is not counted" in text
    assert "Arithmetic DEFAULT, 1 thread, seed 0" in text


def test_no_isolation_is_an_alarm_on_both_pages() -> None:
    assert '<strong class="alarm">no isolation</strong>' in render_scorecard(cards.right())
    assert '<p class="alarm">no isolation</p>' in render_class([cards.right()], "Class")


def test_an_ungraded_submission_never_looks_like_zero() -> None:
    page = Page(render_scorecard(cards.ungraded()))
    assert "Not graded" in page.text
    assert "permission denied" in page.text
    assert "This is not a zero" in page.text
    assert "0 /" not in page.text


def test_a_broken_file_is_a_zero_with_its_reason() -> None:
    text = Page(render_scorecard(cards.broken())).text
    assert "0 / 37 points" in text
    assert "was not run" in text
    assert "not JSON: the file starts with" in text


def test_a_run_that_was_stopped_says_what_still_counts() -> None:
    card = msgspec.structs.replace(cards.mixed(), run="timed_out")
    text = Page(render_scorecard(card)).text
    assert "stopped at the time limit. What was settled before counts." in text


def test_unjudged_targets_are_announced_at_the_top() -> None:
    text = Page(render_scorecard(cards.mixed())).text
    assert "1 gradient could not be judged (1 of 37 points). A person has to look" in text


def test_the_step_column_appears_only_where_steps_were_judged() -> None:
    assert ">Step</th>" in render_scorecard(cards.mixed())
    assert ">Step</th>" not in render_scorecard(cards.right())


def test_long_text_is_cut_and_many_lines_are_counted() -> None:
    many = [(number, "x" * 5000) for number in range(1, 200)]
    exercise = msgspec.structs.replace(
        cards.mixed().exercises[1], targets=[cards.target("logits", [1], many)]
    )
    html = render_scorecard(msgspec.structs.replace(cards.mixed(), exercises=[exercise]))
    assert "(4,400 more characters)" in html
    assert "139 more lines, listed in scorecard.json." in html
    assert len(html) < 120_000


@pytest.mark.parametrize(
    "html",
    [
        render_scorecard(cards.hostile(), notebook_html=cards.TRAP),
        render_class(
            [cards.hostile(), msgspec.structs.replace(cards.hostile(), status="ungraded")],
            cards.TRAP,
        ),
    ],
)
def test_nothing_a_student_writes_becomes_markup(html: str) -> None:
    page = Page(html)
    assert "script" not in page.names()
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert html.count("<style>") == html.count("</style>") == 1
    assert "49" not in page.text  # {{ 7 * 7 }} was not computed
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "⟨U+202E⟩" in page.text


@pytest.mark.parametrize(
    "html", [render_scorecard(cards.mixed(), "<p>"), render_class(cards.roster(), "Class")]
)
def test_pages_name_no_address_and_forbid_every_request(html: str) -> None:
    page = Page(html)
    policy = page.attributes("meta", "content")[0]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert not re.search(r"https?:|//\w|url\(|@import", html)
    assert page.names().isdisjoint({"script", "link", "img", "form", "object", "embed", "base"})


def test_the_notebook_stands_in_a_frame_without_any_permission() -> None:
    page = Page(render_scorecard(cards.mixed(), '<p title="a">it\'s & <script>1</script></p>'))
    frame = next(attrs for tag, attrs in page.tags if tag == "iframe")
    assert frame["sandbox"] == ""
    assert frame["srcdoc"] == '<p title="a">it\'s & <script>1</script></p>'
    assert "iframe" not in Page(render_scorecard(cards.mixed())).names()


def test_tables_keep_their_meaning_where_css_lays_them_out_as_cards() -> None:
    for html in (render_scorecard(cards.mixed()), render_class(cards.roster(), "Class")):
        page = Page(html)
        roles = {
            "table": "table",
            "tr": "row",
            "td": "cell",
            "tbody": "rowgroup",
            "thead": "rowgroup",
        }
        for tag, attrs in page.tags:
            if tag in roles:
                assert attrs["role"] == roles[tag]
            if tag == "th":
                assert attrs["scope"] in ("row", "col")
        assert page.attributes("html", "lang") == ["en"]
        assert sum(tag == "h1" for tag, _ in page.tags) == 1


def test_the_class_page_puts_the_ungraded_first_and_links_every_scorecard() -> None:
    page = Page(render_class(cards.roster(), "Group B"))
    ids = list(page.attributes("tr", "data-id"))
    assert ids[:2] == ["van-der-berg-alexandra-maria", "zhang-wei"]
    assert len(ids) == len(cards.roster())
    assert page.attributes("a", "href")[0] == "van-der-berg-alexandra-maria/scorecard.html"
    assert "Graded 14 Not graded 2" in page.text
    assert "zhang-wei submissions/zhang-wei.ipynb Not graded" in page.text


def test_ids_are_quoted_in_links() -> None:
    card = msgspec.structs.replace(cards.right(), id="javascript:é #1?")
    assert Page(render_class([card], "Class")).attributes("a", "href") == [
        "javascript%3A%C3%A9%20%231%3F/scorecard.html"
    ]


def test_the_class_page_has_mean_median_and_a_histogram_of_the_graded_only() -> None:
    some = [cards.right("a"), cards.blank("b"), cards.mixed(), cards.ungraded()]
    text = Page(render_class(some, "Class")).text
    assert "Mean 19.5 / 37 Median 21.5 / 37" in text
    assert "0 to 10 percent: 1" in text
    assert "50 to 60 percent: 1" in text
    assert "90 to 100 percent: 1" in text


def test_submissions_with_other_totals_are_averaged_as_shares() -> None:
    half = msgspec.structs.replace(cards.mixed(), id="half", score=1, max_score=2)
    assert "Mean 75% Median 75%" in Page(render_class([half, cards.right()], "Class")).text


def test_the_class_page_shows_where_the_class_struggles() -> None:
    text = Page(render_class([cards.right(), cards.mixed()], "Class")).text
    struggles = text.split("Where the class struggles")[1]
    assert "dprobs 100%" in struggles
    assert "dcounts 50%" in struggles
    assert "dembcat 50% 1 missing" in struggles
    assert "dbndiff2 100%" in struggles  # unjudged counts for nobody
    assert (
        "Every gradient that could be judged is right."
        in Page(render_class([cards.right()], "Class")).text
    )


@pytest.mark.parametrize("some", [[], [cards.ungraded()], [cards.broken()]])
def test_a_class_without_marks_is_still_a_page(some) -> None:
    page = Page(render_class(some, "Class"))
    assert len(page.attributes("tr", "data-id")) == len(some)
    assert ("There are none." in page.text) == (some == [])


def test_a_thousand_submissions_fit_on_one_page() -> None:
    many = [msgspec.structs.replace(cards.mixed(), id=f"s{number:04}") for number in range(1000)]
    assert len(render_class(many, "Large").encode()) < 2_000_000


def test_every_code_of_the_record_has_words() -> None:
    assert set(wording.VERDICTS) == set(get_args(Verdict))
    assert set(wording.BASES) == set(get_args(Basis))
    assert set(wording.RUNS) == set(get_args(RunStatus))
    assert set(wording.CELLS) == set(get_args(CellStatus))


@pytest.mark.parametrize("verdict", get_args(Verdict))
@pytest.mark.parametrize("basis", get_args(Basis))
def test_every_pair_of_verdict_and_basis_has_a_symbol(verdict, basis) -> None:
    target = cards.target("h", [1], [], verdict=verdict, basis=basis)
    word = wording.verdict_of(target)
    icons = files("grader.report").joinpath("templates/icons.html.j2").read_text("utf-8")
    assert f'id="i-{word.icon}"' in icons
    assert word.label
    assert word.tone in wording.TONES
    assert (
        wording.explanation_of(target)
        or verdict == "missing"
        or basis == "value"
        or word.tone == "right"
    )


def test_figures_read_like_figures() -> None:
    assert [points(value) for value in (31.5, 44.0, 0.0, 1 / 3, 100.0)] == [
        "31.5",
        "44",
        "0",
        "0.33",
        "100",
    ]
    assert [difference(value) for value in (0.0, 1.862645e-09, 0.0312, None, float("nan"))] == [
        "0",
        "1.9e-09",
        "0.031",
        "–",
        "–",
    ]
    assert difference(float("inf")) == "∞"
    assert [shape(value) for value in ([64], [32, 27], [], None)] == [
        "(64,)",
        "(32, 27)",
        "()",
        "–",
    ]
    assert [count(number, "cell") for number in (1, 0, 1200)] == [
        "1 cell",
        "0 cells",
        "1,200 cells",
    ]
    assert [place(3, 4), place(None, 4), place(None, None)] == ["cell 3, line 4", "line 4", ""]
    assert cut("abcdef", 3) == "abc … (3 more characters)"


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_background_differ_enough_to_read(scheme: int) -> None:
    css = files("grader.report").joinpath("templates/style.css").read_text("utf-8")
    colours = dict(
        re.findall(
            r"--([\w-]+): (#[0-9a-f]{6});", re.findall(r":root \{.*?\n *\}", css, re.DOTALL)[scheme]
        )
    )
    grounds = ["page", "surface", "sunken", *(name for name in colours if name.endswith("-bg"))]
    pairs = [(text, ground) for text in ("ink", "muted") for ground in grounds]
    pairs += [
        (tone, ground)
        for tone in wording.TONES
        for ground in ("surface", "sunken", "page", f"{tone}-bg")
    ]
    pairs += [("link", ground) for ground in ("surface", "page", "unjudged-bg")]
    faint = {pair: _contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in faint.items() if ratio < 4.5} == {}


def test_importing_the_package_loads_neither_torch_nor_a_template_engine() -> None:
    probe = "import sys, grader.report; print([m for m in ('torch', 'jinja2', 'nbconvert') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_right_step_that_never_ran_is_not_blamed_on_what_flowed_in() -> None:
    from msgspec.structs import replace

    from grader.records.scorecard import TargetScore
    from grader.report.wording import explanation_of

    row = TargetScore(name="db2", of="b2", verdict="missing", basis="follow_through", max_score=1)
    assert "tried on its own" in explanation_of(row)
    assert "flowed into it" in explanation_of(replace(row, verdict="mismatch"))
