"""Student text made safe to look at: nothing invisible, nothing endless, nothing unstorable.

Escaping for HTML is Jinja's work. What it lets through can still deceive a reader: control
characters, and the marks that reverse the order of letters on screen.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)

_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
_CONTROL = (*range(0x20), 0x7F, *range(0x80, 0xA0))
_VISIBLE: dict[int, str] = {
    **{code: f"⟨{code:02x}⟩" for code in _CONTROL},
    **{code: f"⟨U+{code:04X}⟩" for code in _BIDI},
    **{ord(kept): kept for kept in "\t\n"},
    ord("\r"): "\n",
}


def visible(value: Any) -> Any:
    """Replace what cannot be seen; anything but text passes unchanged."""
    return value.translate(_VISIBLE) if isinstance(value, str) else value


def cut(text: str, length: int) -> str:
    """At most `length` characters; says how much was left out."""
    if len(text) <= length:
        return text
    return f"{text[:length]} … ({len(text) - length:,} more characters)"


def flat(text: str) -> str:
    """On one line and without control characters, for a cell of a table."""
    return " ".join(text.translate(dict.fromkeys(_CONTROL, " ")).split())


def storable(record: Record) -> Record:
    r"""The record with lone surrogates spelled out.

    They come from file names that are not UTF-8 and from `\ud800` in a notebook's JSON;
    no UTF-8 file can hold them.
    """
    try:
        msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.convert(_whole(msgspec.to_builtins(record)), type(record))
    return record


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {_whole(key): _whole(item) for key, item in value.items()}
        case _:
            return value
