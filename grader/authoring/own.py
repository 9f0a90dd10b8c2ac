"""A notebook as its own assignment: its forward lines are the script, its leaves the inputs.

For a learner without a course: values, steps and reasons, and no points.
"""

from __future__ import annotations

from pathlib import Path

from grader.assignment import Assignment, load_assignment
from grader.authoring.apart import draft_of
from grader.authoring.fault import DraftError
from grader.authoring.manifest import EXERCISE, manifest, script
from grader.authoring.writing import settled

TITLE = "Your own network"
TAKEN = (
    "no assignment fits, so your own network was taken as right: what your forward pass computes "
    "was compared with nothing"
)


def own_assignment(path: Path, folder: Path) -> tuple[Assignment, list[str]]:
    """The assignment that a notebook is of itself, written into `folder`, which is empty, and why
    gradients are left out of it.

    The notebook is run up to its loss. Raises DraftError where it has no network of its own, or no
    gradient of it.
    """
    draft = draft_of(path)
    if not draft.targets:
        raise DraftError("no variable is called like a gradient of its network, as `dh` for `h`")
    (folder / "forward.py").write_text(script(TITLE, draft), encoding="utf-8")
    targets, left_out = settled(draft, draft.targets, "own_network", TITLE, folder)
    text = manifest("own_network", TITLE, draft, targets, None)
    worthless = text.replace("points = 1.0", "points = 0.0").replace(EXERCISE, "Gradients")
    (folder / "assignment.toml").write_text(worthless, encoding="utf-8")
    return load_assignment(folder), left_out
