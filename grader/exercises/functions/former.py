"""What does not run today, and did where it was written: Python 2, and NumPy before 2.4."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from grader.exercises.functions.definitions import Read
from grader.exercises.functions.judging import Judged
from grader.exercises.functions.sentences import NO_WHOLE, OLD
from grader.protocol.calls import Former

_ONE_NUMBER = re.compile(
    "setting an array element with a sequence|only 0-dimensional arrays can be converted"
)
_INDEX = re.compile(r"only integers, slices|integer indices|can't multiply sequence by non-int")
_OLD_NAME = re.compile(rf"NameError: name '(?:{'|'.join(OLD)})' is not defined")
METHODS = frozenset({"iteritems", "itervalues", "iterkeys", "has_key"})
"""Of dicts, in Python 2."""
_OLD_METHOD = re.compile(rf"'dict' object has no attribute '(?:{'|'.join(METHODS)})'")
_PYTHON_2 = re.compile(r"Missing parentheses in call to|TabError")


def former_of(each: Judged, file: Read) -> Former:
    """As what an exercise's functions are to be run once more; "" for what stands as it is."""
    errors = [outcome.returned.error or "" for outcome in each.outcomes if outcome.raised]
    if written_for_python_2(file) and any(_of_python_2(error) for error in errors):
        return "python2"
    return "numpy" if any(_ONE_NUMBER.search(error) for error in errors) else ""


def told(results: Sequence[Judged], name: str) -> Iterator[str]:
    """One sentence for each way in which functions were run that do not run today."""
    ways = {
        "python2": f"{name} is written for Python 2, and these were run as it would there",
        "numpy": "an array of one number in the place of a number, as NumPy allowed before 2.4",
    }
    for former, text in ways.items():
        found = [each.exercise.id for each in results if each.former == former]
        if found:
            yield f"{text}: {', '.join(found)}"


def _of_python_2(error: str) -> bool:
    return any(p.search(error) for p in (_OLD_NAME, _OLD_METHOD, NO_WHOLE, _INDEX, _ONE_NUMBER))


def written_for_python_2(file: Read) -> bool:
    """It prints as Python 2 does or reads names that only this has, and nothing that only 3 has."""
    nodes = [node for tree in file.trees.values() for node in ast.walk(tree)]
    if any(map(_only_3, nodes)):
        return False
    if any(_PYTHON_2.search(problem.message) for problem in file.problems.values()):
        return True
    if any(isinstance(n, ast.Attribute) and n.attr in METHODS for n in nodes):
        return True
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {a.asname or a.name for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names}
    return any(name in read - bound for name in OLD)


def _only_3(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return bool(node.args.kwonlyargs or node.returns)
    return isinstance(
        node, ast.MatMult | ast.JoinedStr | ast.AnnAssign | ast.Nonlocal | ast.AsyncFunctionDef
    )
