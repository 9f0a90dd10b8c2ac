"""Unpacks what is handed in from a zip; nothing in it decides where it is written."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import msgspec

from grader.submission.listing import (
    MAX_BESIDE,
    READ,
    TAR,
    Found,
    by_content,
    is_ignored,
    of_the_machine,
    readable,
    suffix_of,
)
from grader.submission.tar import BROKEN, as_zip

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_TAIL = 22 + 0xFFFF + 20
"""The end record with the longest comment, and the locator before it."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""zipfile unpacks the others in one piece, however large that is."""
_BOMB_SIZE = 64 << 20
_MAX_DIRECTORY = 16 << 20
"""Bytes of the table of contents, some hundred thousand entries: zipfile reads all of it."""
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, *BROKEN)


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """How much one zip may unpack to. Files that are never opened are never unpacked either."""

    files: int = 20_000
    size: int = 2 << 30
    """Bytes of all unpacked files."""
    member: int = 256 << 20
    """Bytes of one file."""
    ratio: int = 100
    """Unpacked by packed size, for files over 64 MiB."""
    beside: int = 256 << 20
    """Bytes of all files that only stand beside notebooks; what is more is left packed."""
    others: int = 20_000
    """How many of them are unpacked."""


CLASS = Caps()
STUDENT = Caps(files=1_000, size=256 << 20, beside=16 << 20, others=5_000)
"""For a zip among the submissions: one student shall not fill the disk for all."""


def list_archive(archive: Path, origin: str, workspace: Path, caps: Caps) -> list[Found]:
    """The entries of a zip, those with a suffix in READ unpacked into a new folder of `workspace`.

    Every file is written as `<number>/<cleaned name>`, so that names from the zip
    cannot lead anywhere. What is wrong with the zip or an entry is its `problem`.
    """
    whole = Found(parts=("",), origin=origin, path=archive)
    try:
        if suffix_of(archive.name) == TAR:
            archive = as_zip(archive, workspace, caps.size)
        if _directory_size(archive) > _MAX_DIRECTORY:
            problem = "holds hundreds of thousands of files: pack only what is asked for"
            return [msgspec.structs.replace(whole, problem=problem)]
        with zipfile.ZipFile(archive) as opened:
            members, found = _members(opened, origin)
            refusal = _refusal(list(members.values()), caps)
            if refusal:
                return [msgspec.structs.replace(whole, problem=refusal)]
            folder = Path(tempfile.mkdtemp(prefix="zip-", dir=workspace))
            left, others = caps.beside, caps.others
            for number, (parts, info) in enumerate(members.items()):
                where = f"{origin}!{readable('/'.join(parts))}"
                target = folder / str(number) / _clean(parts[-1])
                entry = Found(parts=parts, origin=where)
                if not parts[-1] or entry.suffix in READ:
                    found.append(_take(opened, info, entry, target, caps))
                elif others <= 0:
                    found.append(entry)
                else:
                    found.append(_beside(opened, info, entry, target, min(left, MAX_BESIDE)))
                    unpacked = bool(found[-1].beside or found[-1].misnamed)
                    left, others = left - info.file_size * unpacked, others - unpacked
            return found
    except _BROKEN as error:
        kind = "tar" if suffix_of(whole.path.name if whole.path else "") == TAR else "zip"
        problem = f"is not a {kind} that can be read ({readable(str(error))}): pack it again"
        return [msgspec.structs.replace(whole, problem=problem, lost=of_the_machine(error))]


def paths_in(archive: Path, workspace: Path) -> list[tuple[str, ...]]:
    """The paths of what a zip holds, of which nothing is unpacked; none if it cannot be read."""
    try:
        if suffix_of(archive.name) == TAR:
            archive = as_zip(archive, workspace, STUDENT.size)
        if _directory_size(archive) > _MAX_DIRECTORY:
            return []
        with zipfile.ZipFile(archive) as opened:
            return list(_members(opened, "")[0])
    except _BROKEN:
        return []


def _directory_size(archive: Path) -> int:
    """Bytes of the table of contents, as the end of the file claims; 0 if it says nothing."""
    with archive.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
        end = tail.rfind(b"PK\5\6")
        if end < 0 or len(tail) < end + 22:
            return 0
        (claimed,) = struct.unpack_from("<I", tail, end + 12)
        at = end - 20
        if at < 0 or tail[at : at + 4] != b"PK\6\7":
            return int(claimed)
        (where,) = struct.unpack_from("<Q", tail, at + 8)  # zip64
        file.seek(min(where, size))
        record = file.read(56)
        return int(struct.unpack_from("<Q", record, 40)[0]) if len(record) == 56 else 0


def _members(
    opened: zipfile.ZipFile, origin: str
) -> tuple[dict[tuple[str, ...], zipfile.ZipInfo], list[Found]]:
    """Visible entries by their path (of several with one path the last, as unzip does it),
    and those that are refused.
    """
    members: dict[tuple[str, ...], zipfile.ZipInfo] = {}
    refused: list[Found] = []
    for info in opened.infolist():
        name = _name(info)
        *folders, last = name.split("/")
        parts = (*(folder for folder in folders if folder not in ("", ".")), last)
        if any(is_ignored(part) for part in parts if part != ".."):
            continue
        where = f"{origin}!{readable(name)}"
        if reason := _unsafe(name):
            refused.append(Found(parts=("",), origin=where, problem=reason, entry=name[:200]))
        elif _is_special(info):
            problem = "is a link or device: hand in the file itself"
            refused.append(Found(parts=parts, origin=where, problem=problem))
        else:
            members[parts] = info
    return members, refused


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's path with `/`; names without the UTF-8 flag mostly are UTF-8 all the same."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")


def _unsafe(name: str) -> str | None:
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path: pack it again from within its folder"
    if ".." in name.split("/"):
        return "leads out of the zip: pack it again from within its folder"
    return None


def _is_special(info: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR)


def _refusal(members: list[zipfile.ZipInfo], caps: Caps) -> str | None:
    """Why nothing of the zip is unpacked."""
    wanted = [info for info in members if suffix_of(info.filename) in READ]
    if len(wanted) > caps.files:
        return f"holds {len(wanted)} notebooks and modules, over {caps.files}: split it"
    size = sum(info.file_size for info in wanted if not _oversized(info, caps))
    if size > caps.size:
        return f"unpacks to {size >> 20} MiB, over {caps.size >> 20}: split it"
    return None


def _oversized(info: zipfile.ZipInfo, caps: Caps) -> str | None:
    if info.file_size > caps.member:
        return f"unpacks to {info.file_size >> 20} MiB, over {caps.member >> 20}: not unpacked"
    if info.file_size > max(_BOMB_SIZE, caps.ratio * info.compress_size):
        return f"unpacks to over {caps.ratio} times its size, as zip bombs do: not unpacked"
    return None


def _take(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, found: Found, target: Path, caps: Caps
) -> Found:
    """`found` with the path it was unpacked to, or with why it was not."""
    if found.suffix not in READ:
        return found
    problem, lost = _oversized(info, caps), False
    if info.flag_bits & _ENCRYPTED:
        problem = "is protected by a password: hand it in without one"
    elif info.compress_type not in _METHODS:
        problem = "is packed in an uncommon way: pack it again as an ordinary zip"
    if problem is None:
        try:
            _unpack(opened, info, target)
        except _BROKEN as error:
            problem = f"cannot be unpacked ({readable(str(error))}): pack it again"
            lost = of_the_machine(error)
    path = None if problem else target
    return msgspec.structs.replace(found, path=path, problem=problem, lost=lost)


def _beside(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, found: Found, target: Path, most: int
) -> Found:
    """A file that is no submission, unpacked where it is of use and harmless; never a problem."""
    harmless = info.compress_type in _METHODS and not info.flag_bits & _ENCRYPTED
    if not harmless or info.file_size > most:
        return found
    try:
        _unpack(opened, info, target)
    except _BROKEN:
        return found
    return by_content(msgspec.structs.replace(found, beside=target))


def _unpack(opened: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Writes one file; zipfile yields no more bytes than the size that was checked."""
    target.parent.mkdir()
    with opened.open(info) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def _clean(name: str) -> str:
    """A file name that every file system takes, for messages that show it."""
    suffix = suffix_of(name)
    stem = name[: -len(suffix)] if suffix else name
    stem = re.sub(r"[^A-Za-z0-9._ -]", "_", stem).strip(" .")
    return f"{stem[:100] or 'file'}{suffix}"
