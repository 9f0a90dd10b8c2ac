"""What the trusted side and a worker say to each other, as records.

What comes *from* a worker is untrusted input: no more is believed of it than that it was said.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from grader.protocol.calls import Calls


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all records that travel."""


# ---- to the worker ---------------------------------------------------------------------------

Op = Literal["pass", "forward", "settle", "fresh", "leave", "limit", "watch"]


class Hook(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One call of the harness, inserted beside a statement of the student's code."""

    path: list[tuple[str, int]]
    """From the cell's module node to the statement: [("body", 3), ("orelse", 0)]."""
    op: Op
    id: int
    """Lifetime (settle, fresh) or loop (leave, watch)."""
    names: list[str] = []
    """Student's variables that the call is handed, or the expression that it is to look at."""
    value: int = 0
    """limit: the greatest value of a loop parameter; leave: iterations; watch: hundredths of a
    cell's CPU time."""


class CellCode(msgspec.Struct, frozen=True, kw_only=True):
    """One cell as Python source without magics, same number of lines as the student's."""

    index: int
    source: str
    hooks: list[Hook] = []
    skip: str | None = None
    """Not run, and why (a syntax error's message)."""


Seconds = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1, le=1 << 40)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one run may use."""

    cell_seconds: Seconds = 30.0
    """CPU seconds of one cell."""
    total_seconds: Seconds = 120.0
    """CPU seconds of the whole run; wall time is cut at twice this."""
    memory_mb: AtLeastOne = 2048
    """Private memory of the run's whole process tree."""
    output_kb: Amount = 256
    """Printed text that is kept."""
    scratch_mb: Amount = 64
    """Files written into the private scratch folder."""
    processes: AtLeastOne = 64
    tensor_elements: AtLeastOne = 4_000_000
    """A d-name with more elements is described, not transported."""
    results_mb: AtLeastOne = 96
    """Of all that is looked at; a value beyond it is described, not transported."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Statements of the clean room's language that together decide a value."""

    number: int
    steps: list[tuple[str, dict[str, str]]]
    """Source, and the name under which it reads → slot that is read."""
    shared: bool = False
    """Depends on no gradient: evaluated once a network."""
    outside: str | None = None
    """Why it cannot be followed, and has no steps to speak of."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Values to be computed under some bindings. A slot is `<recipe>:<name>`."""

    network: int
    """Evaluations of one network agree in everything that is shared."""
    bind: dict[str, str]
    """Slot → blob key of the value that it gets without being computed."""
    wanted: list[str]
    """Slots; a value is computed though it is bound, for others read the binding."""
    decided: bool = False
    """Conditions on tensors are decided by the values at hand."""


class Room(Message, tag="room", frozen=True, kw_only=True):
    """What the clean room is to compute. Blob: the bindings' values."""

    recipes: list[Recipe]
    evaluations: list[Evaluation]
    numbers: dict[str, int | float] = {}
    """Slot → number that the ordinary run held."""
    arrays: list[str] = []
    """Blob keys of values that are numpy arrays to the student's code."""


class RunRequest(Message, tag="run", frozen=True, kw_only=True):
    """One submission to run from the top."""

    cells: list[CellCode]
    gradients: dict[str, str]
    """Student's variable → canonical d-name, aliases included: what to look for."""
    inputs: dict[str, str]
    """Student's variable → canonical input."""
    forward: dict[str, str]
    """Student's variable → canonical forward tensor."""
    limits: Limits
    data: str
    """Folder with the assignment's data files, as the worker sees it."""
    seed: int = 1337
    loss: str = "loss"
    """Canonical name of the loss: a forward pass is complete when it is assigned."""
    parameters: list[str] = []
    """Canonical inputs that have a gradient."""
    captures: list[str] = []
    """Other variables whose values slices begin with."""
    entry: str | None = None
    """Function to call if nothing settled while the cells ran."""
    returns: list[str] = []
    """Canonical d-names in the order of a returned tuple."""
    required: list[list[str]] = []
    """Of each of these groups of layers one must stand, or nothing is run."""
    outputs: bool = False
    """Keep what cells print and show, for the rendered notebook."""
    files: dict[str, bytes] = {}
    """Path in the working folder → content: what was handed in beside the notebook."""
    scripts: dict[str, str] = {}
    """The same of notebooks, as plain Python, for `%run`."""
    shared: int = 0
    """Leading cells that the starter has too: they may have run before, in a template."""
    script: str | None = None
    """Name of the file, where it is one that `python file.py` runs."""
    room: Room | None = None
    """Be the clean room: there are no cells, and nothing of the student's but these recipes."""
    calls: Calls | None = None
    """The cells hold definitions, and these are the calls of them."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a fork server is told of a run besides its request, which goes to the run alone."""

    modules: list[str]
    """Words of its import lines."""
    keys: list[str]
    """Digests of how it begins: with all of its shared cells last, before that with fewer."""


# ---- from the worker -------------------------------------------------------------------------

ValueKind = Literal["tensor", "array", "scalar", "none", "other"]


TOO_LARGE = "too large"
"""Why a tensor has no data: it has more elements than is transported."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What stood under a name; `tensor`, `array` and `scalar` have data in the blob at `key`."""

    kind: ValueKind
    key: str | None = None
    dtype: str | None = None
    shape: list[int] | None = None
    note: str | None = None
    """Why there is no data: a type's name, "sparse", "too large"."""


class Started(Message, tag="started", frozen=True, kw_only=True):
    """First frame: the child is confined and about to run student code."""

    isolation: dict[str, str]
    """Layer → "ok" or why it is missing."""
    environment: dict[str, str]
    refused: bool = False
    """Nothing is run: the layers that the request requires do not stand."""
    shared: int = 0
    """Leading cells that a template had run before; what they showed follows all the same."""


class InputsSeen(Message, tag="inputs", frozen=True, kw_only=True):
    """What stood under the names of inputs when a forward pass began, and under those that slices
    begin with; blob keys = the student's variables.
    """

    pass_id: int
    cell: int
    arrays: list[str] = []
    """Those that are numpy arrays."""
    numbers: dict[str, int | float] = {}
    """Those that are plain numbers."""


class ForwardSeen(Message, tag="forward", frozen=True, kw_only=True):
    """Forward tensors of a pass as the student computed them, blob keys = canonical names."""

    pass_id: int
    cell: int


class Settled(Message, tag="settled", frozen=True, kw_only=True):
    """A d-name's value at the end of a lifetime's visible writes."""

    lifetime: int
    occurrence: int
    """0 for the first time, counting on in loops; the first two and the last are sent."""
    pass_id: int
    value: Value


class Seen(Message, tag="seen", frozen=True, kw_only=True):
    """A d-name that was changed or created without a visible write: found after a cell,
    before its next fresh assignment, or in what the entry function returned.
    """

    name: str
    """Canonical d-name."""
    found_as: str
    lifetime: int | None
    """The lifetime that it belonged to, None if it has none."""
    where: Literal["cell", "fresh", "returned"]
    cell: int
    pass_id: int
    value: Value


class CellDone(Message, tag="cell", frozen=True, kw_only=True):
    index: int
    status: Literal["ok", "error", "skipped"]
    error: str | None = None
    line: int | None = None
    seconds: float = 0.0
    output: str = ""
    shown: str | None = None
    """repr of the last expression, if outputs are kept."""
    soft_errors: list[str] = []
    """Bare expressions that raised without ending the cell."""
    notes: list[str] = []
    """Data files substituted, shell lines ignored."""


class Computed(Message, tag="computed", frozen=True, kw_only=True):
    """One evaluation of the clean room; blob keys are slots."""

    evaluation: int
    values: dict[str, Value]
    failures: dict[str, str]
    """Slot → why it has no value."""


class Returned(Message, tag="returned", frozen=True, kw_only=True):
    """What came of one call of an exercise's functions; blob keys are those of its values."""

    exercise: int
    call: int
    values: dict[str, Value] = {}
    """Target, or key of the forward value → what was returned for it."""
    error: str | None = None
    """Type and message of what was raised."""
    kind: Literal["returned", "raised", "harness", "stopped"] = "returned"
    """harness: raised by the harness's own line, which could not use what it got; stopped: it
    took too long, or ended its process: there are no calls after this one."""
    line: int | None = None
    """The innermost line of the student's file, or of the harness's where that raised."""
    cell: int | None = None
    engine: int = 0
    """How often the autograd engine ran meanwhile."""
    forwards: int = 0
    """How often the functions of the forward pass were called meanwhile."""
    seconds: float = 0.0


class Done(Message, tag="done", frozen=True, kw_only=True):
    """Last frame of a run that came to its end by itself."""


Event: TypeAlias = (
    Started | InputsSeen | ForwardSeen | Settled | Seen | CellDone | Computed | Returned | Done
)
