"""Which of a student's files define what exercises call, and where each stands when it is run."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

import msgspec

from grader.assignment import Assignment, Exercise
from grader.exercises.beside import Surroundings, surroundings
from grader.exercises.functions.definitions import Read, read
from grader.exercises.functions.other_names import by_other_names
from grader.exercises.script.candidate import MAX_CANDIDATES, content_of, of_assignment
from grader.notebook import Unreadable, read_notebook
from grader.records.causes import told_of
from grader.records.scorecard import Source
from grader.submission import Submission

MAX_ANSWERS = 16
"""Candidates of one student that are run."""
FLAT = "handed_in"
"""Package of modules that import one another as parts of one, and came without a folder."""


class AnswerFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that defines functions of exercises."""

    source: Source
    file: Read
    exercises: Sequence[Exercise]
    place: PurePosixPath
    """Where it stands, from the working folder."""
    surroundings: Surroundings

    @property
    def package(self) -> str:
        """What its relative imports start from."""
        return ".".join(self.place.parts[:-1]) if self.file.notebook.format == "py" else ""


class Arrangement:
    """Where an assignment's modules stand, by its starter and its support folder."""

    def __init__(self, assignment: Assignment) -> None:
        folder = assignment.folder / (assignment.spec.starter or "")
        starter = list(folder.rglob("*.py") if assignment.spec.starter and folder.is_dir() else ())
        self.support = {
            path.relative_to(assignment.folder / "support").as_posix(): path.read_bytes()
            for path in assignment.support
        }
        self._known = {path.relative_to(folder).as_posix() for path in starter}
        self._known |= {name for name in self.support if name.endswith(".py")}
        self._defined = {path.relative_to(folder).as_posix(): _defined(path) for path in starter}

    def place(self, name: str) -> PurePosixPath:
        """Where a file stands that was handed in as `name`."""
        parts = PurePosixPath(name).parts
        for start in range(len(parts)):
            if "/".join(parts[start:]) in self._known:
                return PurePosixPath(*parts[start:])
        same = [known for known in self._known if PurePosixPath(known).name == parts[-1]]
        return PurePosixPath(same[0] if len(same) == 1 else name)

    def home(self, defined: set[str]) -> PurePosixPath | None:
        """Where the starter has most of these names; None where it has none."""
        shared = {name: len(defined & there) for name, there in self._defined.items()}
        best = max(shared, key=lambda name: shared[name], default="")
        return PurePosixPath(best) if shared.get(best) else None


class Candidates:
    """The files of one submission."""

    def __init__(self, submission: Submission, assignment: Assignment, layout: Arrangement) -> None:
        self.submission = submission
        self.assignment = assignment
        self.layout = layout
        self.problems: list[tuple[Source, str]] = []
        """Candidates that cannot be read, and why."""

    @cached_property
    def answers(self) -> list[AnswerFile]:
        """Those that define something that is called, the one that defines most first."""
        found = [self._handed_in(*each) for each in self._read]
        kept = [each for each in found if each.exercises]
        return sorted(kept, key=lambda each: -len(each.exercises))[:MAX_ANSWERS]

    @cached_property
    def _read(self) -> list[tuple[int, Source, Read]]:
        submission = self.submission
        origins = submission.origins or (submission.origin,) * len(submission.candidates)
        pairs = zip(submission.candidates[:MAX_CANDIDATES], origins, strict=False)
        own = of_assignment(submission, self.assignment)
        found = []
        for index, (path, origin) in enumerate(pairs):
            content = content_of(path, origin)
            notebook = read_notebook(content, path.name)
            source = Source(
                path=origin,
                sha256=hashlib.sha256(content).hexdigest(),
                format="unknown" if isinstance(notebook, Unreadable) else notebook.format,
            )
            if isinstance(notebook, Unreadable):
                if content or path.name != "__init__.py":  # which is empty as a rule
                    self.problems.append((source, notebook.reason))
            elif index in own:
                found.append((index, source, read(notebook)))
        classes = [self._root(each) for each in self.assignment.spec.exercises if "." in each.id]
        named = by_other_names([file for _, _, file in found], dict.fromkeys(classes))
        return [(i, source, file) for (i, source, _), file in zip(found, named, strict=True)]

    def _handed_in(self, index: int, source: Source, file: Read) -> AnswerFile:
        defined = file.defined()
        exercises = [each for each in self.assignment.spec.exercises if self._root(each) in defined]
        place = self._place(index, file)
        return AnswerFile(
            source=source,
            file=file,
            exercises=exercises,
            place=place,
            surroundings=self._beside(index, place) if exercises else Surroundings(),
        )

    def _root(self, exercise: Exercise) -> str:
        """The name at the top of a file by which an exercise is defined in it."""
        needs = self.assignment.functions[exercise.id].needs
        root = exercise.id.partition(".")[0]
        return root if root in needs else needs[0]

    def _place(self, index: int, file: Read) -> PurePosixPath:
        """Where a file stands; what was renamed or lies alone, where it finds what it imports."""
        place = self.layout.place(self._name(index))
        siblings = list(_siblings(file))
        if not siblings:
            return place
        if len(place.parts) == 1:
            place = PurePosixPath(FLAT) / place
        files = self._beside(index, place).files
        if all(_stands(node, place, files) for node in siblings):
            return place
        return self.layout.home(file.defined()) or place

    def _name(self, index: int) -> str:
        submission = self.submission
        if index < len(submission.places):
            return submission.places[index]
        return submission.candidates[index].name

    def _beside(self, index: int, place: PurePosixPath) -> Surroundings:
        """What was handed in, each where it stood and where the assignment has it; then stand-ins
        for what was not.
        """
        near = surroundings(self.submission, index)
        files = dict(near.files)
        for name, content in near.files.items():
            files.setdefault(self.layout.place(name).as_posix(), content)
        own = self.submission.candidates[index]
        if own.suffix == ".py":
            files[place.as_posix()] = content_of(own, own.name)
        if place.parts[0] == FLAT:
            flat = {n: c for n, c in files.items() if n.endswith(".py") and "/" not in n}
            files |= {f"{FLAT}/{name}": content for name, content in flat.items()}
        files = {**self.layout.support, **files}
        return Surroundings(files=files, scripts=near.scripts, left_out=near.left_out)

    def unreadable(self, exercise: Exercise) -> str | None:
        """Why a definition that is written somewhere cannot be read: its cell is no Python."""
        name = exercise.id.rpartition(".")[2]
        pattern = re.compile(rf"^[ \t]*def\s+{re.escape(name)}\b", re.MULTILINE)
        for _, source, file in self._read:
            for cell in file.notebook.cells:
                problem = file.problems.get(cell.index)
                if problem is not None and pattern.search(cell.source):
                    where = file_name(source.path)
                    where += "" if file.notebook.module else f", cell {cell.index}"
                    return told_of(f"line {problem.line}: {problem.message}", where)
        return None


def _siblings(file: Read) -> Iterator[ast.ImportFrom]:
    """Imports of modules beside the file, as `from .layers import *`."""
    for tree in file.trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                yield node


def _stands(node: ast.ImportFrom, place: PurePosixPath, files: Mapping[str, bytes]) -> bool:
    """Whether the module that is imported is among the files."""
    if node.level >= len(place.parts):
        return False
    module = PurePosixPath(*place.parts[: -node.level], *(node.module or "").split("."))
    return any(name in files for name in (f"{module}.py", f"{module}/__init__.py"))


def _defined(path: Path) -> set[str]:
    """Functions and classes at the top of a module of the instructor's."""
    tree = ast.parse(path.read_bytes())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def unread(files: Candidates) -> Iterator[str]:
    """One line for each file that could not be read."""
    for _, reason in files.problems:
        yield reason


def file_name(path: str) -> str:
    """A file's own name, of `class.zip!alice/layers.py`."""
    return Path(path.rpartition("!")[2]).name
