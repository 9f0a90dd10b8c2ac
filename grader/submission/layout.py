"""Whose file is it? The layouts of class folders, however many folders they are packed in.

alice.ipynb                                  one file, one student
alice/any/depth.ipynb                        one folder, one student
submitted/alice/assignment/x.ipynb           nbgrader
Submitted files/Alice/HW1/Version 2/x.ipynb  Teams
hw1-submissions/hw1-alice/x.ipynb            GitHub Classroom
and what platforms write into names: see `platforms`.

A folder is a student or holds students by what it is called and holds, whatever stands beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from grader.submission.listing import NOTEBOOK, READ, Found, stem_of
from grader.submission.naming import identity
from grader.submission.platforms import Named, clock, named

MAX_DEPTH = 5
"""Folders around the students."""
_CLASS = re.compile(
    r"(?:.+[-_ ])?(?:submissions|submitted(?:[-_ ]files)?|abgaben|einreichungen|hand-?ins"
    r"|students|student[-_ ]work|inbound|assignment_[0-9]+_export)(?:[-_ ].+)?",
    re.IGNORECASE,
)
_COLLECTED = re.compile(r"submitted(?:[-_ ]files)?", re.IGNORECASE)
_NOT_HANDED_IN = re.compile(
    r"source|release|autograded|feedback|downloaded|working[-_ ]files", re.IGNORECASE
)
"""nbgrader's and Teams' own folders beside what was collected."""
_OF_THE_COURSE = re.compile(r"(.+?)-submissions(?:[-_ ].*)?", re.IGNORECASE)
_ATTEMPT = re.compile(
    r"(?:version|attempt|versuch|try|revision)[-_ #]?(?P<number>[0-9]+)(?:[-_ ].*)?", re.IGNORECASE
)
_OF_THE_TEACHER = re.compile(r"feedback attachment\(s\)", re.IGNORECASE)
_PLAIN = """
hw homework assignment assignments ass ex exercise exercises lab notebook notebooks solution
solutions answer answers final draft main untitled setup helper helpers util utils part task
question q problem ps pset project backprop ninja makemore starter copy of test tests src code
data datasets dataset lib old new backup archive version v attempt try revision images img figures
plots results output outputs models checkpoints docs doc scripts files attachments submission
attachment nb the and my work experiments common config forward backward gradient gradients manual
network networks net nets layer layers classifier classifiers train training optim model
"""
_PLAIN_WORDS = frozenset(_PLAIN.split())
"""Names of these words alone name no student."""
_PARTS = frozenset(
    ["ex", "exercise", "part", "q", "question", "task", "problem", "version", "v", "draft"]
)
_WORD = re.compile(r"[^\W\d_]+|[0-9]+")


class Student(msgspec.Struct, frozen=True):
    """One student of a listing; equal for all entries of the same one."""

    id: str
    aliases: tuple[str, ...] = ()
    everywhere: bool = False
    """A platform tells this student from all others, in whatever folder."""


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """An entry and whose it is."""

    entry: Found
    student: Student | None
    """None for what stands beside the submissions, such as a README."""
    place: tuple[str, ...] = ()
    """Path in the student's own folder, as the student named it."""
    within: str = ""
    """File or folder of the class that it belongs to."""
    attempt: tuple[str, ...] = ()
    """Attempts sort by it; empty where nothing tells attempts apart."""
    late: bool = False


def owned(
    found: Sequence[Found], above: tuple[str, ...] = (), *, archive: str = ""
) -> tuple[list[Owned], list[str]]:
    """Every entry with its owner, and lines about folders whose meaning is doubtful.

    `above`: names of the folders around the listing; `archive`: stem of the zip that it is.
    """
    tree = _Tree(found, archive)
    owners = [_owner(entry, tree, above) for entry in found if entry.parts != ("",)]
    return owners, tree.doubts


def student_in(path: Sequence[str]) -> int | None:
    """Index of the folder that a platform named after a student, in the path of one student's
    folder or of something in it.
    """
    for index, name in enumerate(path):
        told = named(name, folder=True)
        near = index >= len(path) - 3
        if near and told is not None and (told.sure or index == len(path) - 1):
            return index
        if near and index and _COLLECTED.fullmatch(path[index - 1]):
            return index
    return None


def is_plain(name: str) -> bool:
    """Whether a name is one of files and exercises, `ex1`, `draft`, and nobody's."""
    words = [word.casefold() for word in _WORD.findall(name)]
    known = [word for word in words if not word.isdigit()]
    numbered = any(word.isdigit() and len(word) > 2 for word in words)  # as students are
    return bool(known) and not numbered and all(word in _PLAIN_WORDS for word in known)


def are_parts(names: Sequence[str]) -> bool:
    """Whether notebooks of these names may be parts of one student's work: `ex1`, `ex2`, or
    `draft`, `hw`; never `submission1`, `submission2`, which are as many students.
    """
    if len(names) < 2 or not all(map(is_plain, names)):
        return False
    kinds = {re.sub(r"[\W\d_]+", "", name).casefold() for name in names}
    return len(kinds) > 1 or kinds <= _PARTS


def is_class(paths: Sequence[tuple[str, ...]], archive: str, *, alone: bool) -> bool:
    """Whether a zip of these paths holds students, and not one student's work.

    Beside other things only platforms' names tell; where it is all there is (`alone`), any names
    of persons do.
    """
    owners, _ = owned([Found(parts=parts, origin="") for parts in paths], archive=archive)
    useful = [each for each in owners if each.entry.name and each.entry.suffix in READ]
    persons = alone and all(len(e.entry.parts) > 1 or e.entry.suffix == NOTEBOOK for e in useful)
    told = {
        each.student.id
        for each in useful
        if each.student is not None
        and not is_plain(each.student.id)
        and (persons or each.student.aliases or any(map(_CLASS.fullmatch, each.entry.parts[:-1])))
    }
    platform = any(each.student and each.student.everywhere for each in useful)
    return platform or len(told) > 1


class _Tree:
    """Which folders of a listing hold students."""

    def __init__(self, found: Sequence[Found], archive: str) -> None:
        self.doubts: list[str] = []
        self._archive = archive.casefold()
        self._files: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._folders: defaultdict[tuple[str, ...], dict[str, bool]] = defaultdict(dict)
        for entry in found:
            self._take(entry)
        self._known: dict[tuple[str, ...], bool] = {}

    def _take(self, entry: Found) -> None:
        useful = bool(entry.name) and entry.suffix in READ
        if useful:
            self._files[entry.parts[:-1]].append(entry.name)
        for depth in range(1, min(len(entry.parts), MAX_DEPTH + 2)):
            within = self._folders[entry.parts[: depth - 1]]
            within[entry.parts[depth - 1]] = within.get(entry.parts[depth - 1], False) or useful

    def depth(self, parts: tuple[str, ...]) -> int:
        """Folders of a path in which students stand, and not a student's."""
        depth = 0
        while depth < min(len(parts) - 1, MAX_DEPTH) and self._is_class(parts[: depth + 1]):
            depth += 1
        return depth

    def _is_class(self, folder: tuple[str, ...]) -> bool:
        if folder not in self._known:
            self._known[folder] = self._decide(folder)
        return self._known[folder]

    def _decide(self, folder: tuple[str, ...]) -> bool:
        name, inside = folder[-1], self._folders.get(folder, {})
        if _named(name, folder=True) is not None:
            return False
        files = self._files.get(folder, [])
        if _CLASS.fullmatch(name) or (len(folder) == 1 and name.casefold() == self._archive):
            return True
        if self._of_a_platform(name, files, list(inside)):
            return True
        if not files and self._is_around(folder):
            return True
        holding = [child for child, useful in inside.items() if useful]
        if files or len(holding) < 2 or any(map(_no_student, holding)):
            return False
        if not (self._archive and len(folder) == 1 and len(self._folders[()]) == 1):
            self.doubts.append(
                f"{'/'.join(folder)}/: its {len(holding)} folders are taken as students; if it is "
                "one student's, put the notebooks directly into it"
            )
        return True

    def _is_around(self, folder: tuple[str, ...]) -> bool:
        """Whether a folder is one around a class: further down a platform has named students, or
        it is all that was given, and holds nothing but one folder of students.
        """
        if len(folder) >= MAX_DEPTH:
            return False
        inside = [name for name in self._folders.get(folder, {}) if not _NOT_HANDED_IN.match(name)]
        for name in inside:
            below = (*folder, name)
            files, folders = self._files.get(below, []), list(self._folders.get(below, {}))
            if _named(name, folder=True) is None and (
                self._of_a_platform(name, files, folders) or (not files and self._is_around(below))
            ):
                return True
        alone = all(
            len(self._folders[folder[:depth]]) == 1 and not self._files[folder[:depth]]
            for depth in range(len(folder) + 1)
        )
        return alone and self._is_class((*folder, inside[0])) if inside else False

    @staticmethod
    def _of_a_platform(name: str, files: list[str], folders: list[str]) -> bool:
        told = [_named(child, folder=True) for child in folders]
        told += [_named(child, folder=False) for child in files]
        if any(one is not None and one.sure for one in told):
            return True
        if any(_CLASS.fullmatch(child) and not is_plain(child) for child in folders):
            return True
        enough = 1 if is_plain(name) else 2
        return len(told) >= enough and all(one is not None for one in told)


_named = lru_cache(maxsize=1 << 14)(named)


def _no_student(name: str) -> bool:
    return is_plain(name) or clock(name) is not None or bool(_ATTEMPT.fullmatch(name))


def _owner(entry: Found, tree: _Tree, above: tuple[str, ...]) -> Owned:
    parts = entry.parts
    depth = tree.depth(parts)
    if len(parts) > depth + 1 and _NOT_HANDED_IN.fullmatch(parts[depth]):
        useful = entry.name and entry.suffix in READ
        problem = f"stands in {parts[depth]}/, which nobody hands in: left out" if useful else None
        return Owned(
            entry=msgspec.structs.replace(entry, problem=entry.problem or problem), student=None
        )
    first, folder = parts[depth], len(parts) > depth + 1
    told = _named(first, folder=folder) or _of_the_course(first, (*above, *parts[:depth]))
    rest = tuple(part for part in parts[depth + 1 :] if part)
    if told is None:
        if not first or (not folder and entry.suffix not in READ):
            return Owned(entry=entry, student=None, within=first)
        student = Student(identity(first if folder else stem_of(first)))
        return Owned(entry=entry, student=student, place=rest or (first,), within=first,
                     attempt=attempt_in(rest))  # fmt: skip
    if any(_OF_THE_TEACHER.fullmatch(part) for part in rest):
        return Owned(entry=entry, student=None, within=first)
    attempt = (told.at.isoformat(),) if told.at else ()
    return Owned(
        entry=entry,
        student=Student(identity(told.id), told.aliases, everywhere=told.sure),
        place=rest or (told.file or first,),
        within=first,
        attempt=(*attempt, *attempt_in(rest)),
        late=told.late,
    )


def _of_the_course(name: str, above: tuple[str, ...]) -> Named | None:
    """`hw1-alice` in `hw1-submissions`."""
    match = _OF_THE_COURSE.fullmatch(above[-1]) if above else None
    prefix = f"{match[1]}-" if match else ""
    if prefix and name.casefold().startswith(prefix.casefold()) and len(name) > len(prefix):
        return Named(id=stem_of(name[len(prefix) :]), aliases=(name,), sure=False)
    return None


def attempt_in(rest: tuple[str, ...]) -> tuple[str, ...]:
    """What the folders of one student tell of attempts, such that it sorts."""
    return tuple(_attempts(rest[:-1]))


def _attempts(folders: tuple[str, ...]) -> Iterator[str]:
    for name in folders:
        match, at = _ATTEMPT.fullmatch(name), clock(name)
        if at is not None:
            yield at.isoformat()
        elif match:
            yield match["number"].zfill(9)
