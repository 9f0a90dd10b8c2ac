"""A function that derives the gradients: called with forward tensors, bound by name."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grader.protocol import RunRequest
from grader.protocol.gradient import gradient_name
from grader.worker.recorder import Recorder


class NotCallable(NamedTuple):
    """Why the entry function was not called."""

    reason: str


def call_entry(
    namespace: Mapping[str, Any],
    request: RunRequest,
    values: Mapping[str, Any],
    recorder: Recorder,
) -> NotCallable | None:
    """Call the entry function and report what it returns and its locals do not show.

    values: canonical name → tensor or number. Whatever the function raises goes through.
    """
    function = namespace.get(request.entry or "")
    if not callable(function):
        return None
    arguments = _bound(function, request, values)
    if isinstance(arguments, NotCallable):
        return arguments
    recorder.announce(values)
    settled = recorder.settled
    result = function(**arguments)
    recorder.end_cell()
    if recorder.settled == settled:
        for name, value in _gradients(result, request).items():
            recorder.returned(name, value)
    return None


def _bound(
    function: Any, request: RunRequest, values: Mapping[str, Any]
) -> dict[str, Any] | NotCallable:
    arguments = {}
    keyed = _keyed(function)
    for name, parameter in inspect.signature(function).parameters.items():
        canonical = request.inputs.get(name) or request.forward.get(name) or name
        if canonical in values:
            arguments[name] = values[canonical]
        elif name in keyed:
            names = request.inputs | request.forward
            arguments[name] = dict(values) | {n: values[c] for n, c in names.items() if c in values}
        elif parameter.default is parameter.empty and parameter.kind not in {
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        }:
            return NotCallable(f"its parameter `{name}` is no tensor of the forward script")
    return arguments


def _keyed(function: Any) -> set[str]:
    """Names from which a function takes something by a key: `graph["logits"]`."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return set()
    return {
        part.value.id
        for part in ast.walk(tree)
        if isinstance(part, ast.Subscript)
        and isinstance(part.value, ast.Name)
        and isinstance(part.slice, ast.Constant)
        and isinstance(part.slice.value, str)
    }


def _gradients(result: Any, request: RunRequest) -> dict[str, Any]:
    """Returned gradients under the student's or the canonical names."""
    if isinstance(result, Mapping):
        pairs = {str(name): value for name, value in result.items()}
        return {
            name if name in request.gradients else gradient_name(name): value
            for name, value in pairs.items()
            if name in request.gradients or gradient_name(name) in request.gradients
        }
    if isinstance(result, Sequence) and len(result) == len(request.returns):
        return dict(zip(request.returns, result, strict=True))
    return {}
