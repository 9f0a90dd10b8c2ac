"""The stage for a submission's definitions: a namespace, its files, and what notebooks expect."""

from __future__ import annotations

import builtins
import functools
import math
import os
import random
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.protocol import RunRequest
from grader.worker import beside, data, engines, programs, shell, waiting
from grader.worker.places import Places

_FORMER: dict[str, Any] = {
    "float": float,
    "int": int,
    "bool": bool,
    "object": object,
    "str": str,
    "complex": complex,
    "float_": np.float64,
    "NaN": np.nan,
    "Inf": np.inf,
    "infty": np.inf,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "alltrue": np.all,
    "sometrue": np.any,
    "row_stack": np.vstack,
    "asscalar": lambda a: a.item(),
    "in1d": lambda a, b: np.isin(a, b).ravel(),
    "trapz": np.trapezoid,
    "math": math,
}
"""What NumPy had when most courses were written."""


_RENAMED = {"reshape": ("shape", "newshape"), "unravel_index": ("shape", "dims")}
"""Function of NumPy's → a parameter of it, and what this was called."""


def prepare(request: RunRequest, package: str) -> dict[str, Any]:
    """Set the stage; no code of the student's runs yet. Gives the namespace to run it in."""
    module = types.ModuleType("__main__")
    namespace: dict[str, Any] = module.__dict__
    namespace["__builtins__"] = builtins
    if package:
        namespace["__package__"] = package
    sys.modules["__main__"] = module
    resolver = data.Resolver(request.data)
    resolver.install()
    Places(resolver).install()
    waiting.install(resolver.note)
    sys.argv = [request.script or "ipykernel_launcher.py"]
    if request.script is not None:
        namespace["__file__"] = os.path.join(os.getcwd(), request.script)  # noqa: PTH109, PTH118
    kernel = shell.install(namespace, resolver)
    kernel.scripts = request.scripts
    programs.install(kernel)
    for problem in beside.lay(request.files):
        resolver.note(problem)
    _as_it_was()
    _seed(request.seed)
    _on_processor(request, resolver)
    warnings.simplefilter("ignore")
    return namespace


def _as_it_was() -> None:
    """Names that NumPy has dropped since, and the modules by which Python 2 code ran in 3."""
    for name, value in _FORMER.items():
        vars(np).setdefault(name, value)
    for name, (now, before) in _RENAMED.items():
        vars(np)[name] = _under_both_names(getattr(np, name), now, before)
    if "past" not in sys.modules:
        made = {name: types.ModuleType(name) for name in ("past", "past.builtins", "past.utils")}
        vars(made["past"]).update(__path__=[], builtins=made["past.builtins"])
        vars(made["past.builtins"]).update(xrange=range, basestring=str, unicode=str, long=int)
        vars(made["past.utils"])["old_div"] = _old_div
        sys.modules.update(made)


def _under_both_names(function: Callable[..., Any], now: str, before: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def either(*arguments: Any, **named: Any) -> Any:
        if before in named:
            named[now] = named.pop(before)
        return function(*arguments, **named)

    return either


def _old_div(a: Any, b: Any) -> Any:
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b


def _seed(number: int) -> None:
    np.random.seed(number)  # noqa: NPY002 - the global generator is the one students use
    random.seed(number)
    if not engines.withheld():
        import torch

        from grader.worker import engine_watch

        engine_watch.watch()
        torch.manual_seed(number)
        torch.set_default_dtype(torch.float64)  # as are the arguments


def _on_processor(request: RunRequest, resolver: data.Resolver) -> None:
    """Graphics cards that code asks for by name are this processor."""
    if engines.withheld():
        return
    from grader.worker import processor

    if processor.asked_for(cell.source for cell in request.cells):
        processor.OnProcessor(resolver.note).install()
