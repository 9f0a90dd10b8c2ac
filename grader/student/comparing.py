"""`cmp` in words: the course's line, and below it what is known about a wrong value."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

import torch

from grader.assignment import Tolerance
from grader.marking.comparison import close, compare
from grader.printable import printable
from grader.protocol import Value
from grader.protocol.gradient import gradient_name
from grader.records.comparison import Comparison
from grader.student.assignments import recognise
from grader.student.namespace_check import GradientCheck, NamespaceCheck, grad_of
from grader.student.steps import VAGUE
from grader.student.undisturbed import undisturbed
from grader.student.value import TENSORS, look

LIMIT = 50_000_000
"""Elements that are compared."""
WIDTH, LABEL = 100, 15


def compared(name: str, mine: object, tensor: object, names: Mapping[str, object]) -> list[str]:
    """The lines that `cmp(name, mine, tensor)` prints.

    mine: the student's gradient; tensor: the one whose `.grad` it should be; names: the
    caller's namespace, for the hint.
    """
    with undisturbed():
        described, numbers = look(mine, limit=LIMIT)
        problem = _problem(name, described, numbers) or _no_gradient(name, tensor)
        if problem is not None or not isinstance(tensor, torch.Tensor):
            return [_line(name, str(problem))]
        _, gradient = look(grad_of(tensor), limit=LIMIT)
        if numbers is None or gradient is None:
            return [_line(name, "its `.grad` cannot be compared")]
        result = compare(described, numbers, gradient, Tolerance())
        lines = [_line(name, _figures(result, numbers, gradient))]
        if not result.right:
            lines += _hint(name, mine, tensor, gradient, names)
        return lines


def _problem(name: str, value: Value, numbers: torch.Tensor | None) -> str | None:
    """Why the student's value cannot be compared with anything."""
    if value.kind == "none":
        return f"not there yet: `d{name}` is None"
    if numbers is None:
        return f"not a tensor of numbers: `d{name}` is {value.note or value.kind}"
    return None


def _no_gradient(name: str, tensor: object) -> str | None:
    """Why there is nothing to compare with."""
    if type(tensor) not in TENSORS or not isinstance(tensor, torch.Tensor):
        return f"nothing to compare with: `{name}` is {_kind(tensor)}, not a tensor"
    if grad_of(tensor) is not None:
        return None
    if tensor.is_leaf and not tensor.requires_grad:
        return f"nothing to compare with: `{name}` has no gradient (requires_grad is False)"
    if tensor.is_leaf or tensor.retains_grad:
        return f"nothing to compare with: `{name}.grad` is None, run `loss.backward()` first"
    return (
        f"nothing to compare with: `{name}.grad` is not kept, call `{name}.retain_grad()` "
        "before `loss.backward()`"
    )


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__qualname__[:60]


def _figures(result: Comparison, numbers: torch.Tensor, gradient: torch.Tensor) -> str:
    """The three figures of the course's helper, computed as it does, and what else to know."""
    if result.verdict == "wrong_shape":
        return f"wrong {result.note}"
    numbers = numbers.reshape(gradient.shape)
    if numbers.dtype is torch.bool:
        numbers = numbers.to(gradient.dtype)  # torch does not subtract truth values
    exact = bool(torch.all(numbers == gradient))
    approximate = torch.allclose(numbers.to(gradient.dtype), gradient)
    difference = (numbers - gradient).abs() if numbers.numel() else torch.zeros(1)
    text = (
        f"exact: {exact!s:5s} | approximate: {approximate!s:5s} | "
        f"maxdiff: {difference.max().item()}"
    )
    said = result.note
    if result.right and not approximate:
        said = "right: the difference is rounding"
    elif not result.right and approximate:
        said = "wrong all the same: the gradient itself is that small"
    return f"{text} | {said}" if said else text


def _hint(
    name: str,
    mine: object,
    tensor: torch.Tensor,
    gradient: torch.Tensor,
    names: Mapping[str, object],
) -> Iterator[str]:
    """Why the value is wrong, where the assignment is known and its network is this one."""
    known = recognise(names)
    if known is None:
        return
    examination = NamespaceCheck(known, names)
    target = examination.namespace.target_of(name, tensor)
    network = examination.network
    if target is None or network is None or examination.obstacle is not None:
        return
    wanted = network.gradients.get(target)
    tolerance = known.assignment.spec.tolerance
    if wanted is None or wanted.shape != gradient.shape:
        return
    if not bool(close(gradient, wanted, tolerance).all()):
        return  # autograd's own answer belongs to another forward pass
    finding = examination.judge(target, examination.namespace.hold(gradient_name(target), mine))
    for text in explained(finding):
        yield from textwrap.wrap(
            printable(text),
            WIDTH,
            initial_indent=" " * LABEL + " | ",
            subsequent_indent=" " * LABEL + " |   ",
        )


def explained(finding: GradientCheck) -> Iterator[str]:
    """What to say of a wrong value, one sentence each."""
    if finding.cause is not None:
        yield f"follows from `{finding.cause}`, which is wrong; this step itself looks right"
    elif finding.diagnosis is not None and finding.diagnosis.code not in VAGUE:
        yield f"why: {finding.diagnosis.why}"
        yield f"look at: {finding.diagnosis.look_at}"


def _line(name: str, text: str) -> str:
    return f"{printable(name, limit=80):{LABEL}s} | {printable(text)}"
