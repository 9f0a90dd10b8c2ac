"""Gradients that nobody derived: copied from autograd, or pasted as numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec
import torch

from grader.analysis.text import Text
from grader.proof.bench import Bench
from grader.proof.scope import is_start
from grader.proof.steps import Edit, Solution, SolutionStep

FEW = 300
"""Elements up to which a student might paste the numbers."""
ZERO = 1e-6
"""Greatest element of a gradient that is zero but for rounding."""

ENGINE = """\
def engine(root):
    order, seen = [], set()

    def visit(node):
        if node is not None and node not in seen:
            seen.add(node)
            for child, _ in node.next_functions:
                visit(child)
            order.append(node)

    visit(root.grad_fn)
    total = {root.grad_fn: torch.ones_like(root)}
    for node in reversed(order):
        if not node.next_functions:
            continue
        unused = [None] * (len(node._input_metadata) - 1)
        outputs = node(total[node], *unused)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        for (child, index), part in zip(node.next_functions, outputs):
            if child is not None:
                part = part.sum_to_size(child._input_metadata[index].shape)
                total[child] = total[child] + part if child in total else part
    return total


def node_of(tensor):
    return tensor.grad_fn or tensor.view_as(tensor).grad_fn.next_functions[0][0]


total = engine(LOSS)
"""
THREAD = """\
import threading

found = {}


def work(names):
    tensors = [globals()[name] for name in names]
    found.update(zip(names, torch.autograd.grad(LOSS, tensors, retain_graph=True)))


thread = threading.Thread(target=work, args=(NAMES,))
thread.start()
thread.join()
"""
LOOP = """\
for name in NAMES:
    globals()["d" + name] = globals()[name].grad
"""


class AutogradSpelling(msgspec.Struct, frozen=True):
    """One way to take gradients from autograd."""

    each: str
    """What takes the place of a step; d and x are filled in."""
    first: str = ""
    """What stands before the first; NAMES and LOSS are filled in."""
    graph: bool = False
    """Needs the graph that `loss.backward()` frees unless told otherwise."""


ENGINE_GRAD = "{d} = torch.autograd.grad({source}, {x}{given}, retain_graph=True)[0]"
SPELLINGS = {
    "grad": AutogradSpelling("{d} = {x}.grad"),
    "clone": AutogradSpelling("{d} = {x}.grad.clone()"),
    "numpy": AutogradSpelling("{d} = torch.from_numpy({x}.grad.numpy().copy())"),
    "globals": AutogradSpelling("", LOOP),
    "autograd": AutogradSpelling(ENGINE_GRAD, graph=True),
    "grad-fn": AutogradSpelling("{d} = total[node_of({x})]", ENGINE, graph=True),
    "thread": AutogradSpelling('{d} = found["{x}"]', THREAD, graph=True),
}


def pasted(bench: Bench) -> Iterator[tuple[str, list[Edit], str]]:
    """The right numbers as a literal, and a stub of zeros: kind, edits, note."""
    step = bench.step
    if _in_loop(bench):
        return
    true = bench.stage.forward.gradients(bench.stage.forward.leaves(bench.names))[step.target]
    if is_zero(true):
        return  # zeros are right there, by whatever means
    stub = f"torch.zeros_like({step.target})"
    literal = [f"torch.tensor({true.tolist()})"] if true.numel() <= FEW else []
    for value in (*literal, stub):
        sources = _instead(step, f"{step.name} = {value}")
        if bench.relation(sources) == "different" and not bench.fits_forward(sources):
            yield "pasted", step.edits(sources), value[:40]


def copied_steps(bench: Bench) -> Iterator[tuple[str, list[Edit], str]]:
    """One step taken from autograd, by `.grad` and in one other spelling."""
    if _in_loop(bench):
        return
    solution, step = bench.stage.solution, bench.step
    others = ["clone", "numpy", "globals", "autograd"]
    for name in ("grad", others[solution.steps.index(step) % len(others)]):
        spelling = SPELLINGS[name]
        new = _filled(spelling.first, solution, [step]) + _each(spelling, solution, step)
        graph = _kept_graph(solution) if spelling.graph else []
        yield "copied", [*graph, *step.edits(_instead(step, new))], name


def copied_throughout(solution: Solution, exercise: str) -> Iterator[tuple[str, dict[int, str]]]:
    """Every step of an exercise taken from autograd: name and changed cells, by spelling."""
    steps = solution.of_exercise(exercise)
    for name, spelling in SPELLINGS.items():
        edits = _kept_graph(solution) if spelling.graph else []
        for number, step in enumerate(steps):
            before = _filled(spelling.first, solution, steps) if number == 0 else ""
            edits += step.edits(_instead(step, before + _each(spelling, solution, step)))
        yield name, solution.edited(edits)


def hoisted(bench: Bench) -> Iterator[tuple[str, list[Edit], str]]:
    """A start with zeros that was put before the training loop instead of into it."""
    first = bench.step.statements[0]
    (start,) = first.text.tree.body
    if first.column == 0 or not (isinstance(start, ast.Assign) and is_start(start.value)):
        return
    text = Text(bench.stage.solution.sources[first.cell])
    for block in text.tree.body:
        begin, end = text.span(block)
        if begin <= first.start < end:
            new = first.text.source + "\n"
            yield "hoisted_start", [(first.cell, begin, begin, new), first.edit("")], new.strip()


def _each(spelling: AutogradSpelling, solution: Solution, step: SolutionStep) -> str:
    """The step in this spelling.

    For `autograd.grad` the source is the only consumer, which all paths pass, or the loss.
    """
    forward, loss = solution.assignment.forward, solution.assignment.spec.loss
    consumers = sorted(forward.consumers(step.target))
    chained = len(consumers) == 1 and consumers[0] != loss
    return spelling.each.format(
        d=step.name,
        x=step.target,
        source=consumers[0] if chained else loss,
        given=f", d{consumers[0]}" if chained else "",
    )


def _filled(first: str, solution: Solution, steps: list[SolutionStep]) -> str:
    names = repr([step.target for step in steps])
    return first.replace("NAMES", names).replace("LOSS", solution.assignment.spec.loss)


def _instead(step: SolutionStep, new: str) -> tuple[str, ...]:
    return (new, *("" for _ in step.statements[1:]))


def _in_loop(bench: Bench) -> bool:
    return bench.step.statements[0].column > 0


def _kept_graph(solution: Solution) -> list[Edit]:
    """`loss.backward()` → `loss.backward(retain_graph=True)`."""
    for cell, source in solution.sources.items():
        text = Text(source)
        for node in ast.walk(text.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "backward"
                and not node.keywords
            ):
                _, end = text.span(node)
                return [(cell, end - 1, end - 1, "retain_graph=True")]
    return []


def is_zero(gradient: torch.Tensor) -> bool:
    """Whether a gradient is zero but for rounding."""
    return float(gradient.abs().max()) < ZERO
