"""What in a student's code no audit can see through: noted for a person, never held against it.

`engine`: differentiates in ways in which the audit cannot perturb it. `hidden`: reaches what a
notebook has no business with (the harness, descriptors, other processes), or runs code that
cannot be read here. `numbers`: holds what may have been computed elsewhere. Names are looked
for wherever they stand: attributes, imports, text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from typing import Literal
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace

Code = Literal["engine", "hidden", "numbers"]
MANY_NUMBERS = 20
LONG_NUMBER = 4
"""Digits: a table of characters has many numbers, but short ones."""
LONG_TEXT = 1000

ENGINE = frozenset(
    {"CompilationUnit", "disable_saved_tensors_hooks", "dual_level", "enter_dual_level"}
    | {"forward_ad", "get_gradient_edge", "gradcheck", "jacfwd", "jacrev", "jvp", "make_dual"}
    | {"run_backward", "saved_tensors_hooks", "unpack_dual", "no_dispatch", "aten", "prims"}
    | {"_EngineBase", "_ImperativeEngine", "_disable_current_modes", "_engine", "_execution_engine"}
    | {"_make_dual", "_node", "_pop_mode", "_pop_mode_temporarily", "_unpack_dual", "_decomp"}
    | {"TensorBase", "_TensorBase", "_C"}
)
FORWARD_MODE = frozenset({"hessian", "jacobian", "linearize"})
"""Of a module; as variables and in texts they are words of the trade."""
_DERIVATIVE = re.compile(r"\w+_backward(_data)?")
HIDDEN = frozenset(
    {"__builtins__", "__closure__", "__code__", "__dict__", "__getattribute__", "__globals__"}
    | {"__loader__", "__self__", "__spec__", "__subclasses__", "cell_contents"}
    | {"_getframe", "ag_frame", "cr_frame", "currentframe", "f_back", "f_builtins", "f_globals"}
    | {"f_locals", "gi_frame", "tb_frame", "get_objects", "get_referents", "get_referrers"}
    | {"addaudithook", "setprofile", "settrace", "meta_path", "path_hooks", "__build_class__"}
    | {"attrgetter", "methodcaller", "_exit", "closerange", "dup", "dup2", "execl", "execle"}
    | {"execlp", "execv", "execve", "execvp", "execvpe", "fdopen", "fork", "forkpty", "fromfd"}
    | {"kill", "killpg", "memfd_create", "pidfd_open", "popen", "posix_spawn", "posix_spawnp"}
    | {"register_at_fork", "sendfile", "sendmsg", "setpriority", "setrlimit", "spawnv", "spawnve"}
    | {"FileIO", "FunctionType", "CodeType", "TorchDispatchMode", "TorchFunctionMode"}
    | {"__torch_dispatch__", "__torch_function__", "as_strided", "from_file", "memmap"}
    | {"share_memory", "share_memory_"}
)
MODULES = frozenset(
    {"_ctypes", "_posixsubprocess", "builtins", "cffi", "code", "codeop", "cloudpickle", "ctypes"}
    | {"dill", "faulthandler", "fcntl", "gc", "grader", "imp", "importlib", "inspect", "joblib"}
    | {"marshal", "mmap", "msgspec", "multiprocessing", "numba", "pickle", "pkgutil", "posix"}
    | {"pty", "resource", "runpy", "safetensors", "select", "shelve", "signal", "socket"}
    | {"subprocess", "zipimport"}
)
REACHED = MODULES - {"code", "resource", "select", "signal", "inspect", "pickle", "socket"}
"""Modules whose names say what they are as attributes of others too: `torch.ctypes`."""
OF_OS = frozenset({"abort", "close", "open", "pipe", "read", "system", "write", "writev"})
OF_SYS = frozenset({"modules", "monitoring"})
MADE_UP = frozenset({"exec", "eval", "compile", "__import__"})
BY_NAME = frozenset({"getattr", "setattr", "delattr"})
READ_AS_CALLS = MADE_UP | BY_NAME | {"vars"}
UNSAFE = frozenset({"allow_pickle", "weights_only"})
"""Keywords by which a file may hold code."""


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """A place for a person to look at."""

    code: Code
    name: str
    cell: int
    line: int


def suspicions(cell: int, tree: ast.Module) -> list[Suspicion]:
    """All that is suspicious in one cell, from the outer nodes to the inner ones."""
    known = _known.get(tree)
    if known is None:
        known = _known[tree] = tuple(_suspicions(tree))
    return [replace(each, cell=cell) for each in known]


_known: WeakKeyDictionary[ast.Module, tuple[Suspicion, ...]] = WeakKeyDictionary()
"""Of a class, most cells are the starter's, and equal cells have one tree."""


def _suspicions(tree: ast.Module) -> Iterator[Suspicion]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        found: list[tuple[Code, str]] = [
            (code, name) for name in _names(node) if (code := _code(name, node)) is not None
        ]
        hidden = _hidden(node, called)
        if hidden is not None:
            found.append(("hidden", hidden))
        if (pasted := _pasted(node)) is not None:
            found.append(("numbers", pasted))
        for code, name in found:
            yield Suspicion(code=code, name=name, cell=0, line=getattr(node, "lineno", 1))


def _code(name: str, node: ast.AST) -> Code | None:
    """What a name means where it stands; a variable or function of one's own may be called
    anything, for what it stands for is named where it comes from.
    """
    own = isinstance(node, ast.Name | ast.FunctionDef | ast.AsyncFunctionDef)
    if name in ENGINE or (not own and _DERIVATIVE.fullmatch(name)):
        return "engine"
    if name in FORWARD_MODE and isinstance(node, ast.Attribute | ast.alias):
        return "engine"
    return "hidden" if name in HIDDEN else None


def _names(node: ast.AST) -> Iterator[str]:
    """Names that a node itself says."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.MatchClass):
        yield from node.kwd_attrs
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value  # getattr(x, "…"), globals()["…"]
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
    elif isinstance(node, ast.ImportFrom):
        yield from (node.module or "").split(".")


def _hidden(node: ast.AST, called: Container[int]) -> str | None:
    """What a node does that says nothing of what it does."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _imported(node)
    if isinstance(node, ast.Attribute):
        return _attribute(node)
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Name) and node.id in READ_AS_CALLS and id(node) not in called:
        return node.id  # handed on: map(eval, …)
    return None


def _pasted(node: ast.AST) -> str | None:
    """Numbers that a statement holds instead of computing them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        dense = len(node.value) >= LONG_TEXT and len(node.value.split()) == 1
        return f"a text of {len(node.value)} signs" if dense else None
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Return):
        return None
    numbers = [
        part
        for part in ast.walk(node)
        if isinstance(part, ast.Constant)
        and isinstance(part.value, int | float)
        and len(repr(part.value).strip("0.")) >= LONG_NUMBER
    ]
    return f"{len(numbers)} numbers" if len(numbers) >= MANY_NUMBERS else None


def _imported(node: ast.Import | ast.ImportFrom) -> str | None:
    source = getattr(node, "module", None) or ""
    for alias in node.names:
        path = f"{source}.{alias.name}" if source else alias.name
        parts = path.split(".")
        if parts[0] in MODULES or REACHED & {*parts}:
            return path
        if alias.asname and alias.name in {"os", "sys"}:
            return f"{alias.name} as {alias.asname}"
        if (source == "os" and alias.name in OF_OS | {"*"}) or (
            source == "sys" and alias.name in OF_SYS | {"*"}
        ):
            return path
    return None


def _attribute(node: ast.Attribute) -> str | None:
    if node.attr in REACHED:
        return node.attr
    base = node.value
    owner = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    if (owner == "os" and node.attr in OF_OS) or (owner == "sys" and node.attr in OF_SYS):
        return f"{owner}.{node.attr}"
    return None


def _call(node: ast.Call) -> str | None:
    for keyword in node.keywords:
        value = getattr(keyword.value, "value", None)
        if keyword.arg in UNSAFE and value is not (keyword.arg == "weights_only"):
            return keyword.arg
    if not isinstance(node.func, ast.Name):
        return None
    name, arguments = node.func.id, node.args
    if name in MADE_UP or (name == "vars" and arguments):
        return name
    if name in BY_NAME and len(arguments) > 1 and not isinstance(arguments[1], ast.Constant):
        return name
    if name == "super" and arguments and getattr(arguments[0], "attr", "") == "Tensor":
        return name
    number = getattr(arguments[0], "value", None) if arguments else None
    return name if name == "open" and isinstance(number, int) else None
