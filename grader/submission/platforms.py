"""How learning platforms write a student into the name of a file or folder.

Moodle          Ada Doe_103_assignsubmission_file_/, Participant_103_assignsubmission_file_hw.ipynb
Canvas          doeada_LATE_12345_67890_hw-1.ipynb, anon_a1b2C_67890_hw.ipynb
Blackboard      HW1_adoe3_attempt_2026-10-02-09-30-00_hw.ipynb
Brightspace     12345-67890 - Ada Doe - Oct 3, 2026 915 AM/
Gradescope      submission_1234567/
Sakai           Doe, Ada(adoe3)/
ILIAS           Doe_Ada_adoe3_1234/
nbgrader        adoe3+hw1+2026-10-03 09:15:00 UTC/
okpy            ada@example.edu/
Google          Ada Doe - hw1.ipynb
GitHub, C50     hw1-adoe3/

An id is made of what the platform calls the student, its number or login, and of nothing else:
it is the same whoever else is there.
"""

# ruff: noqa: DTZ007
# (platforms write no time zone: it is the deadline's, which is not known here)

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import msgspec

_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[-_T ]+[0-9]{2}[-:_]?[0-9]{2}(?:[-:_]?[0-9]{2})?(?:\.[0-9]+)?"
_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<number>[0-9]+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_CANVAS = re.compile(
    r"(?P<name>[^_]+?)_(?P<late>LATE_)?(?P<number>[0-9]{2,})_(?:question_[0-9]+_)?[0-9]{2,}_"
    r"(?P<file>.+\..+)",
    re.IGNORECASE,
)
_CANVAS_ANONYMOUS = re.compile(
    r"anon_(?P<number>[a-z0-9]{5})_(?P<late>LATE_)?[0-9]{2,}_(?P<file>.+\..+)", re.IGNORECASE
)
_BLACKBOARD = re.compile(
    rf"(?:.+_)?(?P<login>[^_]+)_attempt_(?P<at>{_CLOCK})(?:_(?P<file>.+)|(?P<told>\.txt))?",
    re.IGNORECASE,
)
_BRIGHTSPACE = re.compile(
    r"(?P<number>[0-9]+)-[0-9]+ ?- (?P<name>.+?) ?- (?P<at>[^-]*[0-9]{4}[^-]*?)"
    r"(?: - (?P<file>.+))?",
)
_GRADESCOPE = re.compile(r"submission_(?P<number>[0-9]{4,})", re.IGNORECASE)
_SAKAI = re.compile(r"(?P<name>[^()]+,[^()]*)\((?P<login>[^()]+)\)")
_ILIAS = re.compile(r"(?P<name>.+_.+)_(?P<login>[^_]*[^\W\d_][^_]*)_(?P<number>[1-9][0-9]{2,})")
_NBGRADER = re.compile(rf"(?P<login>[^+]+)\+[^+]+\+(?P<at>{_CLOCK})(?: ?[A-Z]+)?(?:\+.*)?")
_MAIL = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")
_GOOGLE = re.compile(r"(?P<name>[^\W\d_][^\d_/]* [^\d_/]*?) - (?P<file>.+)")
_GITHUB = re.compile(
    r"(?:hw|homework|lab|assignment|exercise|ps|pset|project)-?[0-9]+-(?P<login>.+)"
)
_TITLE_WORDS = re.compile(
    r"\b(?:hw|homework|assignment|exercises?|lab|notebook|backprop\w*|ninja|makemore|week|part"
    r"|project|task|problem|solutions?|submission|copy|final|draft|version)(?![^\W\d_])",
    re.IGNORECASE,
)
_BRANCHES = frozenset({"main", "master", "submissions", "submission", "starter", "solution"})
"""`hw1-main` is what GitHub calls the zip of a repository."""
_DATES = ("%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p", "%b %d, %Y %I:%M %p", "%B %d, %Y %I:%M %p")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What the name of a file or folder tells."""

    id: str
    """The student as the platform tells them apart, not yet fit for a folder."""
    aliases: tuple[str, ...] = ()
    """What else a class list may call the student: login, number, name."""
    file: str = ""
    """What the student called the file."""
    at: datetime | None = None
    """When it was handed in, in the platform's own time zone unless it says which."""
    late: bool = False
    sure: bool = True
    """Nothing but this platform writes names of this form."""


def named(name: str, *, folder: bool) -> Named | None:
    """What a platform has written into a name; None where none has."""
    for read in (*_EVERYWHERE, *(_FOLDERS if folder else _FILES)):
        found = read(name)
        if found is not None:
            return found
    return None


def clock(text: str) -> datetime | None:
    """The moment that a name or a line begins with: `2026-10-02-09-30-00`, 14 digits or more."""
    match = re.match(_CLOCK, text)
    digits = re.sub(r"\D", "", match[0].partition(".")[0]) if match else ""
    if not digits and (long := re.match(r"(?:19|20)[0-9]{12}", text)):
        digits = long[0]
    try:
        return datetime.strptime(digits[:14].ljust(14, "0"), "%Y%m%d%H%M%S") if digits else None
    except ValueError:
        return None


def _moodle(name: str) -> Named | None:
    match = _MOODLE.fullmatch(name)
    return match and _numbered(match, match["file"] or "")


def _canvas(name: str) -> Named | None:
    if match := _CANVAS_ANONYMOUS.fullmatch(name):
        anonymous = f"anon_{match['number']}"
        return Named(id=anonymous, file=match["file"], late=bool(match["late"]))
    match = _CANVAS.fullmatch(name)
    return match and msgspec.structs.replace(
        _numbered(match, match["file"]), late=bool(match["late"])
    )


def _numbered(match: re.Match[str], file: str) -> Named:
    name, number = match["name"], match["number"]
    return Named(id=f"{name}_{number}", aliases=(number, name), file=file)


def _blackboard(name: str) -> Named | None:
    match = _BLACKBOARD.fullmatch(name)
    return match and Named(
        id=match["login"], file=match["file"] or match["told"] or "", at=clock(match["at"])
    )


def _brightspace(name: str) -> Named | None:
    match = _BRIGHTSPACE.fullmatch(name)
    return match and msgspec.structs.replace(
        _numbered(match, match["file"] or ""), at=_date(match["at"])
    )


def _date(text: str) -> datetime | None:
    for form in _DATES:
        try:
            # "915 AM": the hour has one digit, and strptime would take two.
            return datetime.strptime(re.sub(r"(?<= )([0-9]{3})(?= [AP]M)", r"0\1", text), form)
        except ValueError:
            continue
    return clock(text)


def _gradescope(name: str) -> Named | None:
    match = _GRADESCOPE.fullmatch(name)
    return match and Named(id=name, aliases=(match["number"],))


def _sakai(name: str) -> Named | None:
    match = _SAKAI.fullmatch(name)
    return match and Named(id=match["login"], aliases=(match["name"],))


def _ilias(name: str) -> Named | None:
    match = _ILIAS.fullmatch(name)
    return match and Named(
        id=f"{match['login']}_{match['number']}",
        aliases=(match["login"], match["number"]),
        sure=False,
    )


def _nbgrader(name: str) -> Named | None:
    match = _NBGRADER.fullmatch(name)
    return match and Named(id=match["login"], at=clock(match["at"]))


def _mail(name: str) -> Named | None:
    local = name.partition("@")[0]
    return Named(id=name, aliases=(local,), sure=False) if _MAIL.fullmatch(name) else None


def _google(name: str) -> Named | None:
    """A person's name before the file's: a title in its place, `Lab - Ada`, names nobody."""
    match = _GOOGLE.fullmatch(name)
    if (
        match is None
        or _TITLE_WORDS.search(match["name"])
        or not _TITLE_WORDS.search(match["file"])
    ):
        return None
    return Named(id=match["name"], file=match["file"], sure=False)


def _github(name: str) -> Named | None:
    match = _GITHUB.fullmatch(name)
    if match is None or match["login"].casefold() in _BRANCHES:
        return None
    return Named(id=match["login"], aliases=(name,), sure=False)


_Reader = Callable[[str], Named | None]
_EVERYWHERE: tuple[_Reader, ...] = (_moodle, _blackboard, _brightspace)
_FOLDERS: tuple[_Reader, ...] = (_gradescope, _sakai, _nbgrader, _ilias, _mail, _github)
_FILES: tuple[_Reader, ...] = (_canvas, _google)
