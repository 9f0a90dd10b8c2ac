"""Functions of a module understood by calling them: shapes, gradients, a definition in PyTorch."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from msgspec.structs import replace

from grader.authoring.functions.calls import Call, array, flat, real, resized, run_module, tried
from grader.authoring.functions.differing import bound, difference, raised
from grader.authoring.functions.draft import CallArgument, FunctionDraft, ModuleDraft
from grader.authoring.functions.pairs import Pair, pairs, parsed, unpaired
from grader.authoring.functions.shapes import letters, shapes_of, sized
from grader.authoring.functions.translate import kinked, translated, used

FILE = "<PyTorch>"
CLOSE = 1e-6
STEP = 1e-5
FIRST = (5, 4, 3, 9, 10, 11, 12, 13)
"""Sizes of what a docstring names."""
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
        self.shapes: dict[str, list[list[str]]] = {}
        """Of the arrays, as the docstring names them; empty where they are not those."""
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
        free = self._fits_resized(call, OTHER) and (not self.shapes or bool(letters(self.shapes)))
        return replace(
            basis,
            arguments=[_argument(n, value, self.shapes.get(n, [])) for n, value in call.items()],
            shapes_from=source,
            free=free,
            letters=letters(self.shapes) if free else [],
            one=free and self._fits_resized(call, (1, *OTHER)) and self._alive(call),
            cached=self._is_cached(call),
            gradients=self._named(call, self._gradients(call)),
            single=not isinstance(self._back(call), tuple | list),
            oracle=self._oracle(call, numpy),
        )

    # ---- how it is called -----------------------------------------------------------------------

    def _call(self) -> tuple[Call | None, str]:
        seen = self.seen if self.seen is not None and self._fits(self.seen) else None
        function = self.names.get(self.pair.forward.name)
        if function is None:
            return None, ""
        told = self._described(inspect.getdoc(function) or "", seen)
        if told is not None:
            return told, "its call and its docstring" if seen else "its docstring"
        if seen is not None:
            return seen, "its call"
        found = tried(self.pair.arguments, self._derives)
        return found, "trial" if found is not None else ""

    def _described(self, text: str, seen: Call | None) -> Call | None:
        """Arguments as a docstring has them; what is no array as in a call. Other sizes tell
        whether the docstring means what it says.
        """
        shapes = shapes_of(text, self.pair.arguments if seen is None else seen)
        arrays = self.pair.arguments
        if seen is not None:
            arrays = [name for name, value in seen.items() if isinstance(value, np.ndarray)]
            if not all(real(seen[name]) for name in arrays) or not letters(shapes):
                return None
        if not arrays or any(name not in shapes for name in arrays):
            return None
        self.shapes = {name: shapes[name] for name in arrays}
        call = self._sized(seen or dict.fromkeys(arrays), FIRST)
        if call is not None and self._fits(call) and (not seen or self._fits_resized(call, OTHER)):
            return call
        self.shapes = {}
        return None

    def _fits(self, call: Call) -> bool:
        """Whether both functions run on it, and gradients have the shapes of arguments."""
        try:
            shapes = [value.shape for value in call.values() if isinstance(value, np.ndarray)]
            return all(each.shape in shapes for each in self._gradients(call))
        except Exception:  # noqa: BLE001 - a shape that does not fit may raise anything
            return False

    def _sized(self, call: Call, sizes: tuple[int, ...]) -> Call | None:
        """The same call in other sizes; None where it has no others."""
        if self.shapes:
            free = letters(self.shapes)
            known = dict(zip(free, sizes, strict=False))
            if len(known) < len(free):
                return None
            return {
                name: array(sized(self.shapes[name], known), i) if name in self.shapes else value
                for i, (name, value) in enumerate(call.items())
            }
        if any(isinstance(v, np.ndarray) and (v.ndim > 2 or not real(v)) for v in call.values()):
            return None
        new = dict(zip(dict.fromkeys(flat(call)), sizes, strict=False))
        return resized(call, new) if len(new) == len(set(flat(call))) else None

    def _fits_resized(self, call: Call, sizes: tuple[int, ...]) -> bool:
        other = self._sized(call, sizes)
        return other is not None and self._fits(other)

    def _alive(self, call: Call) -> bool:
        """Whether a batch of one has gradients: a norm over the batch has none."""
        one = self._sized(call, (1, *OTHER))
        return one is not None and all(
            bool(np.abs(each).max() > CLOSE) for each in self._gradients(one)
        )

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
        """The definition in PyTorch, if it gives the same; else a note says where it does not."""
        why = ""
        for numbers in (False, True):
            node = translated(self.pair.forward, self.helpers, numpy, numbers=numbers)
            why = self._differs(node, call)
            if not why:
                return ast.unparse(node)
        self.notes.append(f"its definition is not the same in PyTorch: {why}")
        return ""

    def _differs(self, node: ast.FunctionDef, call: Call) -> str:
        """Where a definition gives something else than the file's own; empty if it does not."""
        scope: dict[str, Any] = {"torch": torch, "F": torch.nn.functional}
        try:
            exec(compile(ast.Module([node], []), FILE, "exec"), scope)  # noqa: S102 - the instructor's own
        except (SyntaxError, ValueError) as error:
            return str(error)
        given = {
            n: torch.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v
            for n, v in call.items()
        }
        leaves = {
            n: v.requires_grad_()
            for n, v in given.items()
            if isinstance(v, torch.Tensor) and v.is_floating_point()
        }
        nodes = [
            self.pair.forward,
            *(self.helpers[n] for n in used(self.pair.forward, self.helpers)),
        ]
        values, failed = bound(lambda: scope["forward"](**given), scope["forward"].__code__)
        if failed is not None:
            return raised(failed, FILE, nodes)
        own: Callable[..., Any] = self.names[self.pair.forward.name]
        mine, _ = bound(lambda: self._forward(call), inspect.unwrap(own).__code__)
        value = next((each for (_, name), each in values.items() if not name), None)
        if not isinstance(value, torch.Tensor):
            return "it returns no tensor"
        if not _close(_numpy(value), self._value(call)):
            return difference(mine, values, nodes) or "it gives other numbers"
        self._hold(call, value, leaves)
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


def _argument(name: str, value: Any, sizes: list[list[str]]) -> CallArgument:
    if not isinstance(value, np.ndarray):
        return CallArgument(name=name, kind="value", literal=repr(value))
    if value.dtype.kind == "f":
        told = [" * ".join(size) for size in sizes]
        return CallArgument(name=name, kind="array", shape=list(value.shape), sizes=told)
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
