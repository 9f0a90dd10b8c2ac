"""Find and check an assignment; every mistake names the file, the key and the remedy."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from grader.assignment.forward import ForwardScript, indexed, parse_forward
from grader.assignment.functions import FunctionFile, read_functions
from grader.assignment.spec import (
    Calling,
    Exercise,
    Gradescope,
    Input,
    Late,
    Loops,
    Rates,
    Requirements,
    Spec,
    Tolerance,
)
from grader.errors import AssignmentError, UsageError
from grader.protocol import Limits
from grader.protocol.gradient import gradient_name, tensor_name

MANIFEST = "assignment.toml"
SUPPORT = "support"
TABLES: dict[str, type[msgspec.Struct]] = {
    "inputs": Input,
    "exercises": Exercise,
    "tolerance": Tolerance,
    "rates": Rates,
    "functions": Calling,
    "loops": Loops,
    "limits": Limits,
    "environment": Requirements,
    "gradescope": Gradescope,
    "late": Late,
}


class Assignment(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A checked assignment: its manifest, its forward script and where its files are."""

    folder: Path
    spec: Spec
    forward: ForwardScript
    data: tuple[Path, ...]
    """Data files that students open by name."""
    functions: dict[str, FunctionFile] = {}
    """Exercise of functions → its roles."""
    support: tuple[Path, ...] = ()
    """Stand-ins for helper modules, below `support/`, laid beside a submission."""

    @property
    def name(self) -> str:
        return self.spec.name

    def of_kind(self, kind: str) -> Assignment:
        """The same with the exercises of one kind alone."""
        kept = [each for each in self.spec.exercises if each.kind == kind]
        if len(kept) == len(self.spec.exercises):
            return self
        spec = msgspec.structs.replace(self.spec, exercises=kept)
        return msgspec.structs.replace(self, spec=spec)

    @cached_property
    def scripted(self) -> bool:
        """Whether there is an exercise of scripts, and so a network to speak of."""
        return any(each.kind == "script" for each in self.spec.exercises)

    @cached_property
    def engines(self) -> list[bool]:
        """Which runs there are: with an engine that derives gradients, without."""
        numpy = self.spec.functions.engine == "numpy"
        without = {each.kind == "functions" and numpy for each in self.spec.exercises}
        return sorted(not each for each in without)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """All targets of all exercises, each once, in their order."""
        return tuple(
            dict.fromkeys(name for exercise in self.spec.exercises for name in exercise.targets)
        )

    @cached_property
    def returned(self) -> tuple[str, ...]:
        """Gradients in the order in which a function returns them as a tuple: the first
        exercise's.
        """
        return tuple(map(gradient_name, self.spec.exercises[0].targets))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Inputs with a gradient."""
        return tuple(name for name, leaf in self.spec.inputs.items() if leaf.kind == "parameter")

    @cached_property
    def gradient_names(self) -> dict[str, str]:
        """Student's variable → canonical d-name, aliases included; forward tensors that are
        no target count too, since students pass gradients through them.
        """
        tensors = (*self.forward.tensors, *self.parameters)
        names = {gradient_name(name): gradient_name(name) for name in tensors}
        return _numbered(names) | _inverted(self.spec.gradient_aliases)

    @cached_property
    def input_names(self) -> dict[str, str]:
        """Student's variable → canonical input."""
        aliases = {name: leaf.aliases for name, leaf in self.spec.inputs.items()}
        return {name: name for name in aliases} | _inverted(aliases)

    @cached_property
    def tensor_names(self) -> dict[str, str]:
        """Student's variable → canonical forward tensor."""
        names = {name: name for name in self.forward.tensors}
        return _numbered(names) | _inverted(self.spec.tensor_aliases)

    @cached_property
    def max_score(self) -> float:
        """Points of all targets of all exercises."""
        return sum(
            self.points(exercise, name)
            for exercise in self.spec.exercises
            for name in exercise.targets
        )

    @cached_property
    def digest(self) -> str:
        """Hash of everything that can change a mark as graded; lateness comes after it."""
        return self._digest(self.spec)

    @cached_property
    def run_digest(self) -> str:
        """The same without points: they multiply what a run has shown, and ask for no other."""
        worth_one = [
            msgspec.structs.replace(exercise, points=1.0, points_of={})
            for exercise in self.spec.exercises
        ]
        return self._digest(msgspec.structs.replace(self.spec, exercises=worth_one))

    def _digest(self, spec: Spec) -> str:
        marked = msgspec.structs.replace(
            spec, late=None, gradescope=Gradescope(), environment=Requirements()
        )
        parts = [msgspec.json.encode(marked), self.forward.source.encode()]
        parts += [path.read_bytes() for path in (*self.data, *self.support)]
        parts += [str(path.relative_to(self.folder)).encode() for path in self.support]
        parts += [each.source.encode() for each in self.functions.values()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def points(self, exercise: Exercise, target: str) -> float:
        """Points that `target` is worth in `exercise`."""
        return exercise.points_of.get(target, exercise.points)


def _numbered(names: dict[str, str]) -> dict[str, str]:
    """The same, and `h_2` for `h[2]`."""
    parts = ((name, indexed(name)) for name in names)
    return names | {f"{part[0]}_{part[1]}": names[name] for name, part in parts if part}


def mentioned(spec: Spec) -> frozenset[str]:
    """Tensors that an assignment speaks of, its loss among them."""
    found = {spec.loss, *spec.tensor_aliases}
    found |= {tensor_name(name) for name in spec.gradient_aliases}
    for exercise in spec.exercises:
        found |= {*exercise.targets, *exercise.upstream}
        found |= {name for names in exercise.upstream.values() for name in names}
    return frozenset(found)


def _inverted(aliases: dict[str, list[str]]) -> dict[str, str]:
    return {alias: name for name, others in aliases.items() for alias in others}


def assignment_folders() -> Iterator[Path]:
    """Where assignments are looked up by name, nearest first."""
    if extra := os.environ.get("GRADER_ASSIGNMENTS"):
        yield Path(extra)
    here, package = Path.cwd(), Path(__file__).resolve().parents[1]
    for folder in (here, *here.parents, package.parent):
        yield folder / "assignments"
    yield package / "bundled"  # put there when the package is built, see setup.py


def known_assignments() -> dict[str, Path]:
    """Name → folder of every assignment that can be named."""
    found: dict[str, Path] = {}
    for folder in assignment_folders():
        for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
            found.setdefault(manifest.parent.name, manifest.parent)
    return found


def find_assignment(name: str) -> Path:
    """Folder of an assignment given by name or by path; UsageError if there is none."""
    if (Path(name) / MANIFEST).is_file():
        return Path(name)
    known = known_assignments()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    raise UsageError(
        f"assignment {name!r} was not found: it is neither a folder with {MANIFEST} nor "
        f"a folder below assignments/ ({hint})"
    )


def load_assignment(folder: Path, *, data: Path | None = None) -> Assignment:
    """Load and check an assignment.

    `data`: a folder whose files take the place of the assignment's data files of the
    same name. Raises AssignmentError.
    """
    manifest = folder / MANIFEST
    spec = _read_spec(manifest)
    forward = _forward(manifest, spec)
    _check(manifest, spec, forward)
    files = tuple(_data_file(manifest, folder / name, data) for name in spec.data)
    functions = {
        each.id: read_functions(folder, each, engine=spec.functions.engine == "torch")
        for each in spec.exercises
        if each.kind == "functions"
    }
    support = (folder.resolve() / SUPPORT).rglob("*") if functions else ()
    return Assignment(
        folder=folder.resolve(),
        spec=spec,
        forward=forward,
        data=files,
        functions=functions,
        support=tuple(sorted(filter(_is_support, support))),
    )


def _is_support(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"


def _forward(manifest: Path, spec: Spec) -> ForwardScript:
    """The forward script; an empty one where no exercise asks for it."""
    if not any(exercise.kind == "script" for exercise in spec.exercises):
        return ForwardScript(path="", source="", steps=())
    if not spec.inputs:
        raise AssignmentError(
            f"{manifest}: inputs: there are none: name the leaves of {spec.forward}"
        )
    path = manifest.parent / spec.forward
    return parse_forward(path, inputs=frozenset(spec.inputs), loss=spec.loss)


def _read_spec(manifest: Path) -> Spec:
    try:
        raw = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise AssignmentError(f"{manifest}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{manifest}: is not valid TOML: {error}") from error
    try:
        return msgspec.convert(raw, Spec)
    except msgspec.ValidationError as error:
        raise AssignmentError(f"{manifest}: {_explained(str(error))}") from error


def _explained(message: str) -> str:
    """Msgspec's message with the path of the key as TOML writes it, and a near miss."""
    text, _, where = message.partition(" - at `$")
    path = where.rstrip("`").lstrip(".") or "top level"
    unknown = re.search(r"unknown field `(.*)`", text)
    if not unknown:
        return f"{path}: {text[0].lower()}{text[1:]}"
    table = TABLES.get(re.split(r"[.\[]", path)[0], Spec)
    known = list(table.__struct_fields__)
    near = difflib.get_close_matches(unknown[1], known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
    return f"{path}: unknown key `{unknown[1]}` ({hint})"


def _check(manifest: Path, spec: Spec, forward: ForwardScript) -> None:
    """Whatever a type cannot say: names that must exist elsewhere."""
    parameters = {name for name, leaf in spec.inputs.items() if leaf.kind == "parameter"}
    known = parameters | set(forward.tensors) | forward.local
    bound = {name for name in mentioned(spec) if forward.binds(name)}

    def need(path: str, name: str, among: set[str]) -> None:
        if name not in among | (bound if known <= among else set()):
            near = difflib.get_close_matches(name, among, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(among))}"
            raise AssignmentError(f"{manifest}: {path}: `{name}` does not exist ({hint})")

    for i, exercise in enumerate(spec.exercises):
        if exercise.kind == "script" and exercise.file is not None:
            raise AssignmentError(
                f'{manifest}: exercises[{i}].file: is for exercises with kind = "functions" only'
            )
        for name in exercise.targets:
            if exercise.kind == "script":
                need(f"exercises[{i}].targets", name, known)
            if exercise.targets.count(name) > 1:
                raise AssignmentError(f"{manifest}: exercises[{i}].targets: `{name}` stands twice")
        for name in exercise.points_of:
            need(f"exercises[{i}].points_of", name, set(exercise.targets))
        for name, upstream in exercise.upstream.items():
            need(f"exercises[{i}].upstream", name, set(exercise.targets))
            for other in upstream:
                need(f"exercises[{i}].upstream.{name}", other, known)
    for name in spec.gradient_aliases:
        need("gradient_aliases", name, {gradient_name(x) for x in known | bound})
    for name in spec.tensor_aliases:
        need("tensor_aliases", name, set(forward.tensors) | forward.local | bound)
    for name, leaf in spec.inputs.items():
        if leaf.size_of is not None:
            need(f"inputs.{name}.size_of", leaf.size_of, set(spec.inputs))
    ids = [exercise.id for exercise in spec.exercises]
    for name in ids:
        if ids.count(name) > 1:
            raise AssignmentError(f"{manifest}: exercises: two have the id `{name}`")


def _data_file(manifest: Path, path: Path, substitute: Path | None) -> Path:
    if substitute is not None and (substitute / path.name).is_file():
        return (substitute / path.name).resolve()
    if not path.is_file():
        raise AssignmentError(
            f"{manifest}: data: there is no file {path}: add it or remove the key"
        )
    return path.resolve()
