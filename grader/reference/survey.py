"""What a run of the forward script shows: its tensors with a gradient, and how they hang together.

A name that is bound to several tensors, as in a loop, says nothing of itself: a student's variable
of that name may be any of them. It is a tensor of the network only where the assignment speaks of
it, and is then the last; `h[2]` is the third.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
import torch

from grader.assignment import Assignment
from grader.assignment.forward import ForwardScript, ForwardStep
from grader.assignment.loader import mentioned
from grader.reference.oracle import Oracle
from grader.reference.script import Edge, ForwardRun

Values = Mapping[str, torch.Tensor]


def surveyed(assignment: Assignment, oracle: Oracle, run: ForwardRun) -> Assignment:
    """The assignment with what a run at drawn inputs has shown of its forward script."""
    names = list(_tensors(assignment, run))
    steps = _steps(names, oracle, run)
    script: ForwardScript = msgspec.structs.replace(assignment.forward, steps=steps, seen=True)
    return msgspec.structs.replace(assignment, forward=script)


def _tensors(assignment: Assignment, run: ForwardRun) -> Iterator[str]:
    """Names that stand for one tensor with a gradient, in order, the loss last."""
    spoken_of = mentioned(assignment.spec)
    own = assignment.forward.tensors
    extra = sorted(spoken_of - set(own) - set(assignment.spec.inputs))
    for name in [*own[:-1], *extra, own[-1]]:
        if run.has(name) and (name in spoken_of or not run.repeated(name)):
            yield name


def _steps(names: list[str], oracle: Oracle, run: ForwardRun) -> tuple[ForwardStep, ...]:
    """Each tensor with the nearest others, and the inputs, that it is computed from."""
    places: dict[Edge, str] = {}
    alias: dict[str, str] = {}
    for name in [*oracle.assignment.parameters, *names]:
        first = places.setdefault(run.edge(name), name)
        if first != name:
            alias[name] = first  # the very tensor under another name
    moved = _moved(oracle, run, names)
    steps = []
    for name in names:
        reached = run.reached(name, places)
        reads = {alias[name]} if name in alias else {places[e] for e in reached & places.keys()}
        steps.append(ForwardStep(name, frozenset(reads) | moved[name]))
    return tuple(steps)


def _moved(oracle: Oracle, run: ForwardRun, names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Tensor → inputs without a gradient that it rests on: those whose change changes it."""
    found: dict[str, set[str]] = {name: set() for name in names}
    loss = oracle.assignment.spec.loss
    others = oracle.example(seed=1)
    for each, leaf in oracle.assignment.spec.inputs.items():
        if leaf.kind == "parameter":
            continue
        changed = dict(run.inputs)
        changed[each] = others[each] if leaf.kind != "constant" else run.inputs[each] + 1
        try:
            again = oracle.run(changed)
        except Exception:  # noqa: BLE001 - a size that does not fit the others: all may rest on it
            found[loss].add(each)
            continue
        for name, inputs in found.items():
            value = again.value(name)
            if not (isinstance(value, torch.Tensor) and torch.equal(value, run.tensor(name))):
                inputs.add(each)
    return {name: frozenset(inputs) for name, inputs in found.items()}
