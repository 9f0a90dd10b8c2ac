"""An assignment and a submission as bytes, and as files again on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import msgspec

from grader.assignment import Assignment, FunctionFile
from grader.assignment.forward import ForwardScript
from grader.assignment.loader import SUPPORT
from grader.assignment.spec import Spec
from grader.exercises.script.candidate import MAX_CANDIDATES, content_of
from grader.submission import Beside, Submission

_STARTER = "starter.ipynb"
_MODULES = "starter"


class AssignmentParcel(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of an assignment that grading reads. Deadlines are left to the gradebook."""

    spec: Spec
    forward: ForwardScript
    starter: bytes | None
    data: dict[str, bytes]
    """File name → content."""
    functions: dict[str, FunctionFile] = {}
    modules: dict[str, bytes] = {}
    """Modules of a starter that is a folder: path → content."""
    support: dict[str, bytes] = {}
    """Stand-ins: path → content."""

    @classmethod
    def pack(cls, assignment: Assignment) -> Self:
        """Read the assignment's files."""
        name = assignment.spec.starter
        starter = assignment.folder / name if name else None
        return cls(
            spec=msgspec.structs.replace(assignment.spec, late=None),
            forward=assignment.forward,
            starter=starter.read_bytes() if starter is not None and starter.is_file() else None,
            data={path.name: path.read_bytes() for path in assignment.data},
            functions=assignment.functions,
            modules=_modules(starter) if starter is not None and starter.is_dir() else {},
            support={
                path.relative_to(assignment.folder / SUPPORT).as_posix(): path.read_bytes()
                for path in assignment.support
            },
        )

    def unpack(self, folder: Path) -> Assignment:
        """Write the files into `folder`, which is empty; wherever they came from, not beyond it."""
        data = tuple(_written(folder / "data", name, text) for name, text in self.data.items())
        if self.starter is not None:
            _written(folder, _STARTER, self.starter)
        for name, content in self.modules.items():
            _written(folder / _MODULES, name, content)
        support = [_written(folder / SUPPORT, name, c) for name, c in self.support.items()]
        starter = _STARTER if self.starter else _MODULES if self.modules else None
        return Assignment(
            folder=folder,
            spec=msgspec.structs.replace(self.spec, starter=starter),
            forward=self.forward,
            data=data,
            functions=self.functions,
            support=tuple(support),
        )


def _modules(starter: Path) -> dict[str, bytes]:
    return {p.relative_to(starter).as_posix(): p.read_bytes() for p in starter.rglob("*.py")}


class SubmissionParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A submission with the content of its candidates.

    Dask pickles it: names of files need not be text that could be encoded otherwise.
    """

    submission: Submission
    contents: tuple[bytes, ...]
    beside: tuple[bytes, ...] = ()

    @classmethod
    def pack(cls, submission: Submission) -> Self:
        """Read as much as grading reads; InfrastructureError where a file cannot be read."""
        count = 1 if submission.problem is not None else MAX_CANDIDATES
        origins = submission.origins or (submission.origin,) * len(submission.candidates)
        wanted = zip(submission.candidates[:count], origins, strict=False)
        return cls(
            submission=submission,
            contents=tuple(content_of(path, origin) for path, origin in wanted),
            beside=tuple(content_of(each.path, each.name) for each in submission.beside),
        )

    def unpack(self, folder: Path) -> Submission:
        """Write the files into `folder`, each in a folder of its own, since names may be equal.

        Candidates without content are only named, as `grader.exercises.script.candidate` does.
        """
        places = [folder / str(i) / p.name for i, p in enumerate(self.submission.candidates)]
        for place, content in zip(places, self.contents, strict=False):
            _written(place.parent, place.name, content)
        beside = [
            Beside(each.name, _written(folder / f"beside-{i}", each.path.name, content))
            for i, (each, content) in enumerate(
                zip(self.submission.beside, self.beside, strict=True)
            )
        ]
        return msgspec.structs.replace(
            self.submission, candidates=tuple(places), beside=tuple(beside)
        )


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
