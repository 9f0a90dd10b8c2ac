"""Printed text is kept up to its limit."""

import pytest

from grader.worker.capture import DROPPED, BoundedText, overwritten


def test_text_is_taken_once():
    stream = BoundedText(100)
    print("one", file=stream)
    assert stream.take() == "one\n"
    assert stream.take() == ""


def test_what_is_over_the_limit_is_dropped_with_one_marker():
    stream = BoundedText(5)
    for _ in range(3):
        stream.write("abc")
    assert stream.take() == "abcab" + DROPPED


def test_a_text_that_just_fits_is_followed_by_the_marker_only_if_more_comes():
    stream = BoundedText(3)
    stream.write("abc")
    assert stream.take() == "abc"
    stream.write("d")
    assert stream.take() == DROPPED


def test_overwritten_lines_show_their_last_state():
    stream = BoundedText(100)
    stream.write("  0%\r 50%\r100%\nnext\r\n")
    assert stream.take() == "100%\nnext\r\n"


def test_a_long_line_is_kept_in_no_time():
    stream = BoundedText(1 << 23)
    stream.write("x" * (1 << 21) + "\n" + "y\r" * (1 << 20) + "z")
    assert stream.take() == "x" * (1 << 21) + "\nz"  # a pattern would take hours


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\r", ""), ("a\r\r\nb", "\r\nb"), ("\ra\r\n\r", "a\r\n"), ("a\nb\rc\n\n", "a\nc\n\n")],
)
def test_returns_are_taken_as_a_terminal_takes_them(text, shown):
    assert overwritten(text) == shown


def test_only_text_can_be_written():
    with pytest.raises(TypeError):
        BoundedText(3).write(b"x")
