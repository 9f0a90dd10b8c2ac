"""From the paths on the command line to one record per student."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.submission.archive import CLASS, list_archive, paths_in
from grader.submission.draft import Draft, draft_of
from grader.submission.folder import list_folder
from grader.submission.layout import (
    Owned,
    Student,
    are_parts,
    is_class,
    is_plain,
    owned,
    student_in,
)
from grader.submission.listing import (
    ARCHIVES,
    GRADEABLE,
    MODULE,
    NOTEBOOK,
    Found,
    by_content,
    nothing_in,
    readable,
    some,
    stem_of,
    suffix_of,
    within,
)
from grader.submission.naming import fold, identity, natural
from grader.submission.platforms import named
from grader.submission.record import Discovery

MAX_LINES = 20
"""Lines about what one student, or one zip, holds and cannot be used."""


class _Listing(msgspec.Struct):
    """What one path on the command line leads to."""

    root: str
    """The folder that keeps students of one name apart."""
    shown: str
    entries: list[Found]
    above: tuple[str, ...] = ()
    archive: str = ""
    one_student: str = ""
    """Whose folder it is as a whole."""


class _Group(msgspec.Struct):
    """What belongs to one student."""

    student: Student
    root: str
    owned: list[Owned]


def discover(paths: Sequence[Path], workspace: Path) -> Discovery:
    """All submissions in `paths`: notebooks, modules, folders and zips.

    Zips are unpacked into new folders of `workspace`, which is made if need be. A student of
    whom nothing can be graded is a submission with a `problem`; what belongs to nobody is a
    line in `problems`. A path that does not exist raises UsageError.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    groups: dict[tuple[str, str], _Group] = {}
    for path in _distinct(paths):
        listing = _listing(path, workspace)
        owners, doubts = _owners(listing)
        problems += [f"{listing.shown}/{readable(doubt)}" for doubt in doubts]
        strays = _strays(listing, owners)
        problems += strays
        for each in _shared(owners):
            if each.student is not None:
                root = "" if each.student.everywhere else listing.root
                key = (root, fold(each.student.id))
                group = groups.setdefault(key, _Group(each.student, root, []))
                group.owned.append(each)
    _absorb(groups)
    return _named(groups, _drafts(groups, workspace, problems), problems)


def _absorb(groups: dict[tuple[str, str], _Group]) -> None:
    """Whom a platform calls by the login that a plain file has for a name is the same student."""
    for root, name in list(groups):
        if root and ("", name) in groups:
            groups["", name].owned += groups.pop((root, name)).owned


def _drafts(
    groups: dict[tuple[str, str], _Group], workspace: Path, problems: list[str]
) -> dict[tuple[str, str], Draft]:
    """Of every group that is a student's; what is none is said in a line."""
    roots = {g.root for g in groups.values() if any(map(_in_folder, g.owned))}
    drafts = {}
    for key, group in groups.items():
        draft = draft_of(group.owned, workspace)
        of_platform = named(group.owned[0].within, folder=_in_folder(group.owned[0])) is not None
        if draft.files or draft.problems or group.root in roots or of_platform:
            drafts[key] = draft
        else:
            problems.append(f"{draft.origin}: {draft.nothing}")
        if draft.files:
            problems += _lines(draft.problems)
        together = dict.fromkeys(each.within for each in group.owned if _counts(each))
        if len(together) > 1 and not of_platform:
            problems.append(
                f"{draft.origin}: graded as one student, {group.student.id}, with "
                f"{some([name for name in together if name != group.owned[0].within])}"
            )
    return drafts


def _counts(each: Owned) -> bool:
    return each.entry.path is not None


def _strays(listing: _Listing, owners: Sequence[Owned]) -> list[str]:
    """Lines about what is nobody's."""
    strays = [each.entry for each in owners if each.student is None]
    lines = _lines(strays)
    if len(strays) == len(owners) and not lines:
        return [f"{listing.shown}: {nothing_in(listing.entries)}"]
    if left_out := [entry.name for entry in strays if _may_be_an_answer(entry)]:
        lines.append(f"{listing.shown}: left out, {some(left_out)}: no notebook, module or zip")
    return lines


def _in_folder(each: Owned) -> bool:
    """Whether this is a class of folders: one without anything in it is a student's then."""
    return len(each.entry.parts) > 1 and each.entry.path is not None


def _may_be_an_answer(entry: Found) -> bool:
    plain = entry.name.casefold().startswith(("readme", "license", "timestamp", "grades."))
    return bool(entry.name) and entry.problem is None and not plain and len(entry.parts) == 1


def _distinct(paths: Sequence[Path]) -> Iterable[Path]:
    """The paths without repetitions; all must exist before the first is opened."""
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{readable(str(path))} does not exist: check the path")
    distinct: dict[str, Path] = {}
    for path in paths:
        distinct.setdefault(os.path.realpath(path), path)
    return distinct.values()


def _listing(path: Path, workspace: Path) -> _Listing:
    """Everything that was asked for, with the student first in its path."""
    origin, suffix = readable(str(path)), suffix_of(path.name)
    if path.is_dir():
        return _folder(path, origin, workspace)
    if not path.is_file():
        problem = "is not an ordinary file: give a notebook, module, folder or zip"
        return _refused(path, origin, problem)
    told = named(path.name, folder=False) is not None
    if suffix in ARCHIVES and not told:
        entries = list_archive(path, origin, workspace, CLASS)
        above = (*_names(path.parent), stem_of(path.name))
        return _Listing(str(path), origin, entries, above, archive=stem_of(path.name))
    entry = by_content(Found(parts=(path.name,), origin=origin, beside=path))
    if suffix in GRADEABLE | ARCHIVES:
        entry = msgspec.structs.replace(entry, path=path, beside=None)
    elif not entry.misnamed:
        problem = "is neither notebook (.ipynb), module (.py), folder nor zip"
        return _refused(path, origin, problem)
    above = _names(path.parent)
    at = None if told else student_in(above)
    if at is not None:
        root = path.parents[len(above) - at]
        return _Listing(str(root), origin, [within(above[at:], entry)], above[:at])
    return _Listing(str(path.parent), origin, [entry], above)


def _folder(path: Path, origin: str, workspace: Path) -> _Listing:
    entries, names = _unpacked(list_folder(path), workspace), _names(path)
    at = student_in(names)
    if at is not None:
        root = Path(os.path.realpath(path)).parents[len(names) - at - 1]
        return _Listing(str(root), origin, [within(names[at:], e) for e in entries], names[:at])
    notebooks = [e for e in entries if len(e.parts) == 1 and e.suffix == NOTEBOOK]
    folders = any(len(e.parts) > 1 and e.path and not is_plain(e.parts[0]) for e in entries)
    parts = are_parts([stem_of(entry.name) for entry in notebooks])
    listing = _Listing(str(path), origin, entries, names)
    if parts and not folders and names:
        listing.one_student = names[-1]
    return listing


def _unpacked(entries: list[Found], workspace: Path) -> list[Found]:
    """The entries, and of a zip that holds a class, what is in it: it is a folder like others."""
    useful = [entry for entry in entries if entry.path is not None]
    found: list[Found] = []
    for entry in entries:
        path, stem = entry.path, stem_of(entry.name)
        students = (named(name, folder=True) for name in entry.parts[:-1])
        one = named(entry.name, folder=False) is not None or any(students)
        if path is None or entry.suffix not in ARCHIVES or one:
            found.append(entry)
        elif is_class(paths_in(path, workspace), stem, alone=len(useful) == 1):
            inside = list_archive(path, entry.origin, workspace, CLASS)
            loose = len(useful) == 1 and all(len(each.parts) == 1 for each in inside if each.path)
            folder = entry.parts[:-1] if loose else (*entry.parts[:-1], stem)
            found += [within(folder, each) for each in inside]
        else:
            found.append(entry)
    return found


def _names(path: Path) -> tuple[str, ...]:
    return Path(os.path.realpath(path)).parts[1:]


def _refused(path: Path, origin: str, problem: str) -> _Listing:
    return _Listing(str(path), origin, [Found(parts=("",), origin=origin, problem=problem)])


def _owners(listing: _Listing) -> tuple[list[Owned], list[str]]:
    """Whose every entry is, and lines about what is doubtful."""
    whole = [Owned(entry=entry, student=None) for entry in listing.entries if entry.parts == ("",)]
    if listing.one_student:
        name = listing.one_student
        entries = [within((name,), entry) for entry in listing.entries]
        owners, _ = owned(entries, listing.above[:-1])
        notebooks = sum(each.entry.suffix == NOTEBOOK for each in owners)
        return owners, [f": its {notebooks} notebooks are taken as those of one student, {name}"]
    owners, doubts = owned(listing.entries, listing.above, archive=listing.archive)
    broken = [each for each in whole if each.entry.problem]
    return [*broken, *owners], doubts


def _shared(owners: Sequence[Owned]) -> Iterator[Owned]:
    """What stands among the files of a flat class, and is called like nobody, is everybody's."""
    flat = [e for e in owners if e.student and len(e.entry.parts) == 1]
    notebooks = [e for e in flat if e.entry.suffix == NOTEBOOK and not is_plain(e.within)]
    for each in owners:
        helper = each in flat and each.entry.suffix == MODULE and is_plain(stem_of(each.within))
        stray = each.student is None and each.entry.beside and len(each.entry.parts) == 1
        if notebooks and (helper or stray):
            path = each.entry.path or each.entry.beside
            entry = msgspec.structs.replace(each.entry, path=None, beside=path)
            for notebook in notebooks:
                yield Owned(
                    entry=entry, student=notebook.student, place=(each.entry.name,),
                    within=notebook.within,
                )  # fmt: skip
        else:
            yield each


def _named(
    groups: dict[tuple[str, str], _Group], drafts: dict[tuple[str, str], Draft], problems: list[str]
) -> Discovery:
    """Gives out the ids: each by what its student is called, and where two are called alike, by
    where they stand.
    """
    alike: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in drafts:
        alike[key[1]].append(key)
    submissions = []
    for keys in alike.values():
        for key, given in _ids([groups[key] for key in keys], keys):
            draft, student = drafts[key], groups[key].student
            if given != student.id:
                problems.append(
                    f"{draft.origin}: graded as {given}, since several are called {student.id}"
                )
            submissions.append(draft.submission(given, student.aliases))
    submissions.sort(key=lambda submission: (natural(submission.id), submission.id))
    return Discovery(submissions=tuple(submissions), problems=tuple(problems))


def _ids(
    groups: list[_Group], keys: list[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Ids of students of one name; of several in different folders each gets its folder's."""
    if len(keys) == 1:
        yield keys[0], groups[0].student.id
        return
    folders = [fold(Path(group.root).name) for group in groups]
    for group, key, folder in zip(groups, keys, folders, strict=True):
        where = Path(group.root).name
        if folders.count(folder) > 1:
            where += "-" + hashlib.blake2b(os.fsencode(group.root), digest_size=3).hexdigest()
        yield key, identity(f"{group.student.id}-{where}") if group.root else group.student.id


def _lines(entries: Iterable[Found]) -> list[str]:
    """All problems, for the instructor."""
    lines = [f"{entry.origin}: {entry.problem}" for entry in entries if entry.problem]
    more = len(lines) - MAX_LINES
    return lines if more <= 0 else [*lines[:MAX_LINES], f"… and {more:,} more like these"]
