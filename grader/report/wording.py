"""The record's codes in plain words, each with a symbol and a tone.

A tone decides the colour, and never carries meaning alone: every place that uses
one also shows the symbol's shape and the words.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.records.comparison import RIGHT, Verdict
from grader.records.scorecard import Basis, CellStatus, Protection, RunStatus, TargetScore

Tone = Literal["right", "carried", "doubt", "wrong", "missing", "unjudged"]


class Word(NamedTuple):
    label: str
    icon: str
    """Name of the symbol in `icons.html.j2`."""
    tone: Tone
    meaning: str
    """One sentence for the student."""


VERDICTS: dict[Verdict, Word] = {
    "exact": Word(
        "Right, exact", "check", "right", "Bit for bit the gradient that autograd finds."
    ),
    "close": Word("Right", "near", "right", "Equal to autograd's gradient within the tolerance."),
    "mismatch": Word("Wrong value", "cross", "wrong", "Its values are not those of the gradient."),
    "wrong_shape": Word(
        "Wrong shape", "frame", "wrong", "A gradient has the shape of its tensor; this one has not."
    ),
    "wrong_type": Word("Wrong type", "cross", "wrong", "This is not a tensor of numbers."),
    "non_finite": Word("NaN or Inf", "infinity", "wrong", "It holds values that are not finite."),
    "missing": Word("Missing", "ring", "missing", "No value of this name was found."),
    "unjudged": Word(
        "Not judged", "question", "unjudged", "The grader could not tell; a person has to look."
    ),
}

BASES: dict[Basis, str] = {
    "value": "",
    "follow_through": "The step itself is right; what flowed into it is not (follow-through).",
    "own_forward": "Wrong, but right for this submission's own forward function, which is another.",
    "coincidence": "The value is right, but not the step that made it: it would fail elsewhere.",
    "copied": "This value comes out of autograd; it was not derived by hand.",
    "unproven": "The value is right; its lines cannot be followed, so the value alone decided.",
    "none": "",
}

FOLLOWS_ALONE = (
    "The value is what follows from the wrong one that flowed in; its lines cannot be followed, so "
    "the value alone decided."
)
NEVER_RAN = (
    "The step itself is right: it was tried on its own, since the run did not get as far as its "
    "value."
)
"""follow_through for a step that has no value: nothing wrong need have flowed in."""

SLIPPED = (
    "Right but for a line of the forward pass that is not the assignment's, and only because some "
    "gradient is zero: the step would fail elsewhere."
)
"""coincidence where the value is not the assignment's."""

# Phrases that follow "the submission".
RUNS: dict[RunStatus, str] = {
    "completed": "ran to its end",
    "timed_out": "stopped at the time limit",
    "out_of_memory": "stopped at the memory limit",
    "killed": "was killed",
    "exited": "ended its own process",
    "protocol_error": "sent garbled results",
    "not_run": "was not run",
}

CELLS: dict[CellStatus, str] = {
    "ok": "ran through",
    "error": "raised an error",
    "timed_out": "stopped at the time limit",
    "skipped": "was not run",
}

PROTECTIONS: dict[Protection, str] = {
    "enforced": "enforced",
    "partial": "in part",
    "none": "not enforced",
}

LEVELS: dict[Protection, str] = {
    "enforced": "isolated",
    "partial": "partly isolated",
    "none": "no isolation",
}

TONES: dict[Tone, str] = {
    "right": "right",
    "carried": "right step, wrong input",
    "doubt": "in doubt",
    "wrong": "wrong",
    "missing": "missing",
    "unjudged": "not judged",
}


def verdict_of(target: TargetScore) -> Word:
    """What to call a target once its basis is taken into account."""
    word = VERDICTS[target.verdict]
    match target.basis:
        case "copied":
            return Word("Copied from autograd", "flag", "doubt", BASES["copied"])
        case "coincidence":
            return Word("Right by coincidence", "near", "doubt", explanation_of(target))
        case "follow_through":
            label = f"{word.label}, right step"
            return Word(label, "carry", "carried", BASES["follow_through"])
        case "own_forward":
            label = f"{word.label}, right for another forward"
            return Word(label, "carry", "carried", BASES["own_forward"])
        case _:
            return word


def explanation_of(target: TargetScore) -> str:
    """One sentence below the row, where the verdict alone does not say enough."""
    if target.basis == "follow_through" and target.verdict == "missing":
        return NEVER_RAN
    if target.basis == "follow_through" and target.unproven:
        return FOLLOWS_ALONE
    if target.basis == "coincidence" and target.verdict not in RIGHT:
        return SLIPPED
    if target.basis in ("follow_through", "own_forward", "coincidence", "copied", "unproven"):
        return BASES[target.basis]
    if target.verdict == "missing":
        return ""
    if target.verdict in RIGHT:
        return "" if target.basis == "value" else "No points were given for it."
    if target.verdict == "unjudged":
        return f"{VERDICTS['unjudged'].meaning} It is not counted as wrong."
    return f"{VERDICTS[target.verdict].meaning} No points."
