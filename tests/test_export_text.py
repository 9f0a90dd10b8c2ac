from __future__ import annotations

import pytest
from consumers import HOSTILE, commands_in, outputs_of
from markdown_it import MarkdownIt

from grader.export.log_text import command, loggable, no_commands, step_output
from grader.export.markdown_text import block, code, inline, summary


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command_in_a_log(text: str) -> None:
    assert commands_in(loggable(text)) == []
    assert commands_in(f"grader: {loggable(text)}") == []
    assert "\n" not in loggable(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_an_annotation_is_one_command_whatever_it_says(text: str) -> None:
    line = command("warning", text, file=text, line="3", title=text)
    assert len(line.splitlines()) <= 1 + line.count("\x1b")  # only GitHub's breaks matter below
    assert "\n" not in line
    assert "\r" not in line
    head, _, _ = line.removeprefix("::warning ").partition("::")
    assert len(head.split(",")) == 3, "neither a comma nor a colon of the text's own"


def test_an_annotation_is_escaped_as_github_wants_it() -> None:
    line = command("error", "50%\r\nof: a, b", file="a:b,c%.py")
    assert line == "::error file=a%3Ab%2Cc%25.py::50%25%0D%0Aof: a, b"


def test_nothing_printed_meanwhile_is_a_command(capsys) -> None:
    with no_commands():
        print("::error::from the student\n::stop-commands::x\n::x::")
        print("no line break at the end ::", end="")
    print("::notice::ours")
    assert commands_in(capsys.readouterr().out) == ["::notice::ours"]


def test_the_word_that_ends_the_pause_cannot_be_guessed(capsys) -> None:
    for _ in range(2):
        with no_commands():
            pass
    tokens = {line for line in capsys.readouterr().out.splitlines() if "stop-commands" in line}
    assert len(tokens) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_an_output_holds_its_text_and_sets_no_other(tmp_path, text: str) -> None:
    path = tmp_path / "outputs"
    lines = step_output("summary", text) + step_output("status", "failure")
    path.write_text(lines, encoding="utf-8", newline="")
    outputs = outputs_of(path)
    assert set(outputs) == {"summary", "status"}
    assert outputs["status"] == "failure"


def plain(markdown: str) -> str:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    return "".join(child.content for token in tokens for child in token.children or [])


@pytest.mark.parametrize(
    "text",
    ["1. first", "2) second", "- item", "+ item", "= =", "---", ":---", "# H", "a\\*b", "&lt;"],
)
def test_inline_text_is_shown_as_it_was_written(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(inline(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert plain(inline(text)).replace("\u200b", "") == text


def test_what_stands_between_backticks_is_code_and_an_odd_one_is_shown() -> None:
    assert inline("of `a_b` and") == "of <code>a\\_b</code> and"
    assert inline("one ` only") == "one \\` only"


def test_long_text_says_how_much_was_left_out() -> None:
    assert inline("x" * 1000, 10) == "xxxxxxxxxx … (990 more characters)"
    assert code("y" * 200).startswith("<code>yyy")
    assert "more characters" in block("z" * 5000)


def test_a_summary_is_html() -> None:
    assert summary("a < b & `c`") == "a &lt; b &amp; `c`"
