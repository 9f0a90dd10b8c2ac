"""What a student's exception says, and where it was raised."""

from __future__ import annotations

from collections.abc import Callable

MAX_MESSAGE = 500
# Held here from before any student code ran.
_part_of = str.__getitem__  # plain text, also of a subclass of str
_name_of: Callable[[type], str] = vars(type)["__name__"].__get__  # whatever a metaclass says


def explain(error: BaseException) -> str:
    """Type and message of an exception, at most 500 characters; never raises."""
    name = _name_of(type(error))
    try:
        text = _part_of(str(error), slice(MAX_MESSAGE))
    except BaseException:  # noqa: BLE001 - the student's own exception may do anything
        text = "(no message)"
    return f"{name}: {text}"[:MAX_MESSAGE]


def filename(index: int) -> str:
    """Name of a cell in tracebacks."""
    return f"<cell {index}>"


def line_of(error: BaseException, name: str) -> int | None:
    """The last line of the cell that an exception passed through."""
    line = None
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
