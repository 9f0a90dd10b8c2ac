"""What `assignment.toml` may say: one definition gives validation and documentation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from grader.protocol import Limits
from grader.protocol.messages import Seconds

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""Of something that is whole at 1. Bounds also refuse TOML's `nan` and `inf`."""
MAX_POINTS = 1_000_000
Points = Annotated[float, msgspec.Meta(ge=0, le=MAX_POINTS)]
Number = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
Size = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A leaf of the forward script, and how to draw an example of it."""

    kind: Literal["parameter", "data", "index", "constant"]
    """parameter: a float tensor with a gradient; data: a float tensor without one, taken as it
    is; index: integers; constant: a Python number."""
    shape: list[Size] = []
    scale: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 1.0
    """Standard deviation of an example parameter, or example data."""
    mean: Number = 0.0
    range: Annotated[list[Number | int], msgspec.Meta(max_length=2)] = []
    """data: examples are drawn from between these two, whole numbers where both are whole."""
    low: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    high: Size = 2
    """Example indices are drawn from low … high − 1."""
    value: Number | int | None = None
    """constant: its value in examples."""
    size_of: str | None = None
    """constant: where the student has no such variable, the first dimension of this input."""
    aliases: list[str] = []
    """Other names that students give it."""


class Exercise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of targets that is marked together."""

    id: Name
    """functions: the name of the function, or `Class.method`."""
    title: str
    targets: Annotated[list[str], msgspec.Meta(min_length=1)]
    """Forward tensors or inputs, as named in the forward script, or by the exercise's file."""
    kind: Literal["script", "functions"] = "script"
    """script: gradients under names at the top of a notebook; functions: the harness calls them."""
    file: str | None = None
    """functions: the file of its roles, relative to the assignment; `exercises/<id>.py`."""
    points: Points = 1.0
    """Points of each target."""
    points_of: dict[str, Points] = {}
    """Exceptions to `points`."""
    markers: list[str] = []
    """A heading or comment line that begins so opens the exercise."""
    upstream: dict[str, list[str]] = {}
    """Target → the upstream that tells this exercise from others."""
    training: bool = False
    """The loop that updates the parameters belongs to this exercise."""


class Tolerance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """|d − g| ≤ rtol·|g| + atol_rel·max|g| + atol decides a value; ≤ step·max|g| a step."""

    rtol: Share = 1e-4
    atol_rel: Share = 1e-5
    atol: Share = 1e-7
    step: Share = 1e-4


class Rates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of a target's points that is earned where the value alone does not decide."""

    follow_through: Share = 1.0
    coincidence: Share = 0.5
    copied: Share = 0.0
    own_forward: Share = 0.5
    """functions: wrong, but right for the student's own forward, which is another one."""
    unproven: Share = 1.0
    """The value is right, and its lines cannot be followed; an exam may set 0."""


class Calling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the functions of exercises of functions are called."""

    engine: Literal["numpy", "torch"] = "numpy"
    """numpy: arrays, and nothing that derives gradients by itself can be imported."""
    cases: Annotated[int, msgspec.Meta(ge=1, le=50)] = 3
    """Draws of the arguments of each exercise."""
    seconds: Seconds = 5.0
    """CPU seconds of one call."""


class Loops(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long training may go on; the first and the last iteration are checked."""

    parameters: list[str] = []
    """Variables that set the number of iterations: greater values are lowered to `steps`."""
    steps: Size = 10


Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]


class Gradescope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How results are shown on Gradescope; no mark depends on it."""

    visibility: Visibility = "visible"
    """When students see points and hints."""
    stdout_visibility: Visibility = "hidden"
    """When they see what the grader printed."""
    output_format: Literal["html", "text"] = "html"
    leaderboard: bool = False


class Late(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What handing in late costs. It is taken off the score, so it never needs a regrade."""

    due: Annotated[datetime, msgspec.Meta(tz=True)]
    """With its time zone: 2026-11-20T23:59:00+01:00."""
    per_day: Share = 0.1
    """Share of the score that each day begun costs."""
    grace_minutes: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0.0
    """Within these nobody is late; later than that, days count from `due`."""
    floor: Share = 0.0
    """Share of the score that is kept however late it is."""
    max_days: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """Later than so many days only the floor is kept."""


class Requirements(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a course's notebooks find where they run."""

    packages: list[str] = []
    """Names as they are imported or installed; grading does not begin without them."""


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `assignment.toml`."""

    name: Name
    title: str
    exercises: Annotated[list[Exercise], msgspec.Meta(min_length=1)]
    inputs: dict[str, Input] = {}
    forward: str = "forward.py"
    starter: str | None = "starter.ipynb"
    loss: str = "loss"
    data: list[str] = []
    """Files, relative to the assignment's folder, that students open by name."""
    entry: str = "backward"
    """Function of a module that is called if importing it settles nothing."""
    gradient_aliases: dict[str, list[str]] = {}
    """Canonical d-name → other spellings."""
    tensor_aliases: dict[str, list[str]] = {}
    """Forward tensor → other spellings."""
    files: Literal["best", "last"] = "best"
    """Of several notebooks of a student: in each exercise the best counts, or only the last."""
    functions: Calling = Calling()
    loops: Loops = Loops()
    tolerance: Tolerance = Tolerance()
    rates: Rates = Rates()
    limits: Limits = Limits()
    environment: Requirements = Requirements()
    gradescope: Gradescope = Gradescope()
    late: Late | None = None
    """Without it, lateness costs nothing."""
