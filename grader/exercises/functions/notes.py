"""What is to be said of all functions of one file at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.exercises.functions.judging import Judged
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import IntegrityNote


def forwards(results: Sequence[Judged]) -> Iterator[str]:
    """Forward functions that compute something else, each named once."""
    for result in results:
        if result.deviates:
            keys = ", ".join(f"`{key}`" for key in result.deviates if key)
            what = f"{keys} of " if keys else ""
            yield (
                f"{result.exercise.title.partition(':')[0]}: your forward pass computes {what}"
                "something else than the assignment's; the gradients are judged all the same"
            )


def by_own(results: Sequence[Judged]) -> Iterator[IntegrityNote]:
    """One note on gradients that are right for another forward function than the assignment's."""
    found = [each for each in results if each.own]
    if found:
        names = "; ".join(
            f"{each.exercise.id}: {', '.join(map(gradient_name, sorted(each.own)))}"
            for each in found
        )
        yield IntegrityNote(
            code="own_forward",
            exercise=found[0].exercise.id,
            text=f"{names}: wrong, but right for the forward function that was handed in, which "
            "computes something else than the assignment's",
        )


def numerical(results: Sequence[Judged]) -> Iterator[IntegrityNote]:
    """One note on backward functions that call the forward pass again and again."""
    found = [each for each in results if each.numerical]
    if found:
        names = ", ".join(each.exercise.id for each in found)
        yield IntegrityNote(
            code="numerical",
            exercise=found[0].exercise.id,
            text=f"{names}: calls the forward pass many times, so the gradient is found by "
            "differences, not derived",
        )
