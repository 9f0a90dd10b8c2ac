"""Functions of a module understood by calling them: shapes, gradients, a definition in PyTorch."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from msgspec.structs import replace

from grader.authoring.functions.calls import Call, described, flat, resized, run_module, tried
from grader.authoring.functions.draft import CallArgument, FunctionDraft, ModuleDraft
from grader.authoring.functions.pairs import Pair, pairs, parsed, unpaired
from grader.authoring.functions.translate import kinked, translated

CLOSE = 1e-6
STEP = 1e-5
OTHER = (7, 6, 2, 4, 3, 5, 8, 9)
"""Sizes in which shapes are tried once more."""


def understood(path: Path) -> ModuleDraft:
    """What a module's pairs of functions are. Raises DraftError where it has none."""
    tree = parsed(path.read_text(encoding="utf-8"))
    found = pairs(tree)
    names, calls, raised = run_module(tree, path, {pair.forward.name for pair in found})
    engine = "torch" if _imported(tree, "torch") else "numpy"
    helpers = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    functions = [
        Understanding(pair, names, calls.get(pair.forward.name), engine, helpers).draft(
            _imported(tree, "numpy") if engine == "numpy" else []
        )
        for pair in found
    ]
    alone = [
        f"no exercise was made of `{name}`: it has no forward function of that name beside it"
        for name in unpaired(tree, found)
    ]
    return ModuleDraft(engine=engine, functions=functions, notes=[*raised, *alone])


def _imported(tree: ast.Module, module: str) -> list[str]:
    """Names under which a module is imported."""
    aliases = (a for n in tree.body if isinstance(n, ast.Import) for a in n.names)
    return [a.asname or a.name for a in aliases if a.name == module]


class Understanding:
    """One pair, called."""

    def __init__(
        self,
        pair: Pair,
        names: Mapping[str, Any],
        call: Call | None,
        engine: str,
        helpers: Mapping[str, ast.FunctionDef],
    ) -> None:
        self.pair = pair
        self.names = names
        self.seen = call
        self.torch = engine == "torch"
        self.helpers = helpers
        self.notes: list[str] = []

    def draft(self, numpy: list[str]) -> FunctionDraft:
        """All that can be found out."""
        call, source = self._call()
        pair = self.pair
        basis = FunctionDraft(
            stem=pair.stem,
            title=pair.title,
            forward=pair.forward.name,
            backward=pair.backward.name,
            arguments=[CallArgument(name=name, kind="unknown") for name in pair.arguments],
            kinked=kinked(pair.forward, self.helpers),
            shapes_from="",
            notes=self.notes,
        )
        if call is None:
            self.notes.append("no call of it is in the file, and no shapes that were tried fit it")
            names = [_target(name, pair.arguments) for name in pair.returned]
            return replace(basis, gradients=names)
        free = self._fits_resized(call, OTHER)
        return replace(
            basis,
            arguments=[_argument(name, value) for name, value in call.items()],
            shapes_from=source,
            free=free,
            one=free and self._fits_resized(call, (1, *OTHER)) and self._alive(call),
            cached=self._is_cached(call),
            gradients=self._named(call, self._gradients(call)),
            single=not isinstance(self._back(call), tuple | list),
            oracle=self._oracle(call, numpy),
        )

    # ---- how it is called -----------------------------------------------------------------------

    def _call(self) -> tuple[Call | None, str]:
        if self.seen is not None and self._fits(self.seen):
            return self.seen, "its call"
        function = self.names.get(self.pair.forward.name)
        if function is None:
            return None, ""
        told = described(function, self.pair.arguments)
        if told is not None and self._fits(told):
            return told, "its docstring"
        found = tried(self.pair.arguments, self._derives)
        return found, "trial" if found is not None else ""

    def _fits(self, call: Call) -> bool:
        """Whether both functions run on it, and gradients have the shapes of arguments."""
        try:
            shapes = [value.shape for value in call.values() if isinstance(value, np.ndarray)]
            return all(each.shape in shapes for each in self._gradients(call))
        except Exception:  # noqa: BLE001 - a shape that does not fit may raise anything
            return False

    def _fits_resized(self, call: Call, sizes: tuple[int, ...]) -> bool:
        if any(
            isinstance(v, np.ndarray) and (v.ndim > 2 or v.dtype.kind != "f") for v in call.values()
        ):
            return False
        new = dict(zip(dict.fromkeys(flat(call)), sizes, strict=False))
        return len(new) == len(set(flat(call))) and self._fits(resized(call, new))

    def _alive(self, call: Call) -> bool:
        """Whether a batch of one has gradients: a norm over the batch has none."""
        new = dict(zip(dict.fromkeys(flat(call)), (1, *OTHER), strict=False))
        return all(bool(np.abs(each).max() > CLOSE) for each in self._gradients(resized(call, new)))

    def _derives(self, call: Call) -> bool:
        """Whether the gradients are those of the forward function, by differences: no shapes but
        the right ones do that.
        """
        if not self._fits(call):
            return False
        value, gradients = self._value(call), self._gradients(call)
        if not value.ndim or len(gradients) != len(call):
            return False
        for (name, argument), gradient in zip(call.items(), gradients, strict=True):
            if gradient.shape != argument.shape:
                return False
            way = np.random.default_rng(1).standard_normal(argument.shape)
            ends = [self._value({**call, name: argument + sign * STEP * way}) for sign in (1, -1)]
            slope = float(((ends[0] - ends[1]) * _cotangent(value)).sum()) / (2 * STEP)
            if abs(slope - float((gradient * way).sum())) > 1e-4 * max(1.0, abs(slope)):
                return False
        return True

    # ---- calling --------------------------------------------------------------------------------

    def _given(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return torch.from_numpy(value.copy()) if self.torch else value.copy()
        return value

    def _forward(self, call: Call) -> Any:
        function: Callable[..., Any] = self.names[self.pair.forward.name]
        with np.errstate(all="ignore"):
            return function(**{name: self._given(value) for name, value in call.items()})

    def _is_cached(self, call: Call) -> bool:
        result = self._forward(call)
        return isinstance(result, tuple) and len(result) == 2

    def _value(self, call: Call) -> Any:
        result = self._forward(call)
        return _numpy(result[0] if isinstance(result, tuple) else result)

    def _back(self, call: Call) -> Any:
        result = self._forward(call)
        value = result[0] if isinstance(result, tuple) else result
        given = self._given(_cotangent(_numpy(value)))
        function: Callable[..., Any] = self.names[self.pair.backward.name]
        with np.errstate(all="ignore"):
            if isinstance(result, tuple) and len(result) == 2:
                return function(given, result[1])
            return function(given, *(self._given(each) for each in call.values()))

    def _gradients(self, call: Call) -> list[Any]:
        found = self._back(call)
        return [_numpy(each) for each in (found if isinstance(found, tuple | list) else [found])]

    # ---- what comes of it -----------------------------------------------------------------------

    def _named(self, call: Call, gradients: list[Any]) -> list[str]:
        """Which argument each gradient is of: by its name, else by its place or the only shape."""
        arrays = {n: v.shape for n, v in call.items() if isinstance(v, np.ndarray)}
        named = [_target(name, list(arrays)) for name in self.pair.returned]
        if len(named) != len(gradients) or "" in named:
            named = list(arrays)[: len(gradients)] if len(arrays) >= len(gradients) else []
        if [each.shape for each in gradients] == [arrays.get(name) for name in named]:
            return named
        self.notes.append("which gradient is which argument's could not be told")
        return [""] * len(gradients)

    def _oracle(self, call: Call, numpy: list[str]) -> str:
        text = translated(self.pair.forward, self.helpers, numpy)
        why = "its definition is not the same in PyTorch"
        with suppress(Exception):
            scope: dict[str, Any] = {"torch": torch}
            exec("import torch.nn.functional as F\n" + text, scope)  # noqa: S102 - the instructor's own
            given = {
                n: torch.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v
                for n, v in call.items()
            }
            real = {
                n: v.requires_grad_()
                for n, v in given.items()
                if isinstance(v, torch.Tensor) and v.is_floating_point()
            }
            value = scope["forward"](**given)
            if not _close(_numpy(value), self._value(call)):
                self.notes.append(why)
                return ""
            self._hold(call, value, real)
            return text
        self.notes.append(why)
        return ""

    def _hold(self, call: Call, value: torch.Tensor, real: Mapping[str, torch.Tensor]) -> None:
        """Say where the file's own gradients are not autograd's."""
        total = (value * torch.from_numpy(_cotangent(_numpy(value)))).sum()
        truth = dict(
            zip(
                real,
                torch.autograd.grad(total, list(real.values()), allow_unused=True),
                strict=True,
            )
        )
        gradients = self._gradients(call)
        for name, mine in zip(self._named(call, gradients), gradients, strict=True):
            right = truth.get(name)
            if right is not None and not _close(mine, _numpy(right)):
                self.notes.append(f"its d{name} is not the gradient that autograd finds")


def _target(name: str, arguments: list[str]) -> str:
    """`dx` and `grad_x` are the gradient of `x`."""
    for start in ("d", "grad_", "d_"):
        if name.startswith(start) and name.removeprefix(start) in arguments:
            return name.removeprefix(start)
    return ""


def _argument(name: str, value: Any) -> CallArgument:
    if not isinstance(value, np.ndarray):
        return CallArgument(name=name, kind="value", literal=repr(value))
    if value.dtype.kind == "f":
        return CallArgument(name=name, kind="array", shape=list(value.shape))
    high = int(value.max()) + 1 if value.size else 1
    return CallArgument(name=name, kind="index", shape=list(value.shape), high=high)


def _cotangent(value: Any) -> Any:
    return np.random.default_rng(7).standard_normal(np.shape(value))


def _numpy(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().double().numpy()
    return np.asarray(value, dtype=np.float64)


def _close(one: Any, other: Any) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=CLOSE, atol=CLOSE))
