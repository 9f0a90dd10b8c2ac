"""An assignment's files made of a file that somebody has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.assignment import load_assignment
from grader.authoring.draft import DraftAssignment
from grader.authoring.fault import DraftError
from grader.authoring.manifest import manifest, script
from grader.authoring.pages import solution
from grader.errors import AssignmentError
from grader.notebook.starter import strip_answers
from grader.protocol.gradient import gradient_name
from grader.reference.examination import TIED, Fault, ForwardExamination


class WrittenAssignment(msgspec.Struct, frozen=True):
    """What was made."""

    targets: Sequence[str]
    left_out: Sequence[str]
    """What was found and cannot be asked for, with the reason."""
    files: Sequence[Path]


def written(draft: DraftAssignment, name: str, folder: Path, answers: Path) -> WrittenAssignment:
    """Write assignment.toml, forward.py, starter and solution.

    folder: of the assignment; answers: of its solution. Neither may exist. Raises DraftError.
    """
    title = name.replace("_", " ").replace("-", " ").capitalize()
    folder.mkdir(parents=True)
    (folder / "forward.py").write_text(script(title, draft), encoding="utf-8")
    targets, left_out = _targets(draft, name, title, folder)
    notebook = solution(title, draft, targets)
    answers.mkdir(parents=True, exist_ok=True)
    texts = {
        folder / "assignment.toml": manifest(name, title, draft, targets, "starter.ipynb"),
        answers / "solution.ipynb": notebook,
        folder / "starter.ipynb": _json(strip_answers(json.loads(notebook))),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return WrittenAssignment(targets, left_out, [folder / "forward.py", *texts])


def _targets(
    draft: DraftAssignment, name: str, title: str, folder: Path
) -> tuple[list[str], list[str]]:
    """What can be asked for: all that is on the way to the loss, from the loss back."""
    parameters = [n for n, leaf in draft.inputs.items() if leaf.kind == "parameter"]
    path = folder / "assignment.toml"
    path.write_text(manifest(name, title, draft, parameters, None), encoding="utf-8")
    examination = _examination(folder)
    found = examination.surveyed.forward
    wanted = list(draft.targets)
    if not wanted:
        left = {n: len(found.consumers(n)) for n in parameters}
        for step in reversed(found.steps):
            wanted += [step.name] if step.name != draft.loss else []
            for each in parameters:
                left[each] -= each in step.reads
                wanted += [each] if not left[each] and each not in wanted else []
    known = {*examination.script.tensors, *draft.inputs}
    clashing = [each for each in wanted if gradient_name(each) in known]
    kept, left_out = settled(
        draft, [each for each in wanted if each not in clashing], name, title, folder
    )
    return kept, [_CLASH.format(gradient_name(each), each) for each in clashing] + left_out


_CLASH = (
    "`{}` is something else in the network, so the gradient of `{}` is not asked for: give that "
    "another name"
)


def settled(
    draft: DraftAssignment, wanted: Sequence[str], name: str, title: str, folder: Path
) -> tuple[list[str], list[str]]:
    """Of what is wanted what can be asked for, and why the rest cannot. forward.py is there."""
    kept, left_out = list(wanted), []
    path = folder / "assignment.toml"
    path.write_text(manifest(name, title, draft, kept, None), encoding="utf-8")
    while faults := _faults(folder):
        spoilt = [n for n in kept if f"`{n}`" in faults[0].what]
        if not spoilt or len(kept) == 1:
            raise DraftError(f"{faults[0]}")
        left_out.append(faults[0].what)
        kept.remove(spoilt[-1])
        path.write_text(manifest(name, title, draft, kept, None), encoding="utf-8")
    tied = _examination(folder).tied
    if not tied or len(tied) == len(kept):
        return kept, left_out
    sure = [n for n in kept if n not in tied]
    path.write_text(manifest(name, title, draft, sure, None), encoding="utf-8")
    return sure, left_out + [TIED.format(n) for n in tied]


def _faults(folder: Path) -> Sequence[Fault]:
    try:
        return ForwardExamination(load_assignment(folder)).faults
    except AssignmentError as error:
        raise DraftError(str(error)) from error


def _examination(folder: Path) -> ForwardExamination:
    try:
        examination = ForwardExamination(load_assignment(folder))
    except AssignmentError as error:
        raise DraftError(str(error)) from error
    if examination.faults:
        raise DraftError(str(examination.faults[0]))
    return examination


def _json(notebook: object) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
