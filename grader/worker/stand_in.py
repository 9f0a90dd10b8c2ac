"""In the place of a package that is not installed here: it takes what asks for nothing back.

Drawing, logging and showing go on. Whatever would need a number, an element or an iteration of
it raises the error that the import raised: no gradient ever comes out of a stand-in.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Self

MAX_TRIES = 20
"""Packages that one import may lack, directly or through the modules that it imports."""
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type)


class StandIn:
    """Every attribute, element and call of it is one, too; as a decorator it changes nothing."""

    failure: ImportError

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(self)()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        decorated = len(arguments) == 1 and not options and isinstance(arguments[0], _FUNCTIONS)
        return arguments[0] if decorated else type(self)()

    def __getitem__(self, _: Any) -> StandIn:
        return type(self)()

    def __setattr__(self, *_: Any) -> None:
        """Nothing is kept."""

    __delattr__ = __setitem__ = __delitem__ = __setattr__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What was raised within goes on."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self.failure}>"

    def __format__(self, _: str) -> str:
        return repr(self)

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        return ()  # a class derived from it is a plain one

    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> NoReturn:
        raise cls.failure


def _needed(self: StandIn, *_: Any, **__: Any) -> NoReturn:
    raise self.failure


_ASKING = (
    "iter next len contains length_hint reversed index int float complex round trunc array neg "
    "pos abs invert lt le gt ge"
)
_BINARY = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or"
for _name in (*_ASKING.split(), *_BINARY.split(), *(f"r{each}" for each in _BINARY.split())):
    setattr(StandIn, f"__{_name}__", _needed)
StandIn.__array_ufunc__ = None  # type: ignore[attr-defined]  # so numpy leaves it to the above


def is_stand_in(value: Any) -> bool:
    """Whether a value is no value, for want of a package."""
    return issubclass(type(value), StandIn)


def stand_in(failure: ImportError) -> StandIn:
    """What takes every call, and raises `failure` where more is asked of it."""
    made: type[StandIn] = type("StandIn", (StandIn,), {"failure": failure})
    return made()


def absent(
    module: str,
    names: Sequence[str] | None,
    failure: ImportError,
    note: Callable[[str], None],
    *,
    whole: bool = False,
) -> Any:
    """What an import gives whose statement has just raised: a module, or its parts in a list.

    names: what is wanted of the module; None for the module itself. whole: `import a.b as c`
    gives the last part, `import a.b` the first.
    """
    found, lacking = _imported(module, failure)
    for each in lacking or [str(failure)]:
        note(f"{each}: a stand-in that does nothing took its place")
    if names is not None:
        return [_part(found, name, failure) for name in names]
    return found if whole or found is None else sys.modules.get(module.partition(".")[0], found)


def _part(found: Any, name: str, failure: ImportError) -> Any:
    try:
        return getattr(found, name)
    except AttributeError:
        return sys.modules.get(f"{getattr(found, '__name__', '')}.{name}", stand_in(failure))


def _imported(module: str, failure: ImportError) -> tuple[Any, list[str]]:
    """The module, with stand-ins for what it lacks while it is imported; and what it lacks."""
    placed: dict[str, str] = {}
    try:
        for _ in range(MAX_TRIES):
            try:
                return importlib.import_module(module), list(dict.fromkeys(placed.values()))
            except ModuleNotFoundError as error:
                if error.name is None or error.name in sys.modules:
                    break
                sys.modules[error.name] = stand_in(error)  # type: ignore[assignment]
                placed[error.name] = f"No module named {error.name.partition('.')[0]!r}"
            except Exception:  # noqa: BLE001 - a module may fail in any way without its packages
                break
        return stand_in(failure), []
    finally:
        for name in placed:
            sys.modules.pop(name, None)
