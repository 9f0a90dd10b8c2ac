"""Where the harness is called during a run: hooks beside the student's statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from grader.analysis.lifetime import Lifetime, Program, Site
from grader.analysis.statements import key_of, root_of
from grader.protocol import Hook, Op


def hooks_of(program: Program, *, steps: int) -> dict[int, list[Hook]]:
    """Hooks of a run, by cell.

    `steps`: greatest number of iterations of a training loop, and greatest value of a
    loop parameter.
    """
    hooks: defaultdict[int, list[Hook]] = defaultdict(list)

    def add(site: Site, op: Op, number: int = 0, names: Iterable[str] = (), value: int = 0) -> None:
        path = list(site.path)
        hooks[site.cell].append(Hook(path=path, op=op, id=number, names=list(names), value=value))

    for forward in program.forwards:
        if forward.root:
            add(forward.site, "pass", names=forward.names)
        add(forward.site, "forward", names=forward.names)
    for life in program.lifetimes:
        if life.sure:
            add(life.writes[0], "fresh", life.id, [life.name])
    for life in program.lifetimes:
        if life.settle is not None:
            add(life.settle, "settle", life.id, [life.name, _looked_up(life)])
    for index, loop in enumerate(program.loops):
        add(loop, "leave", index, value=steps)
    for index, (loop, share) in enumerate(program.watched):
        add(loop, "watch", index, value=share)
    for site, name in program.limits:
        add(site, "limit", names=[name], value=steps)
    return dict(hooks)


def _looked_up(life: Lifetime) -> str:
    """What shows a lifetime's value. A dictionary is asked so that it gets no new keys by it."""
    if not life.made:
        return life.text
    return f"{root_of(life.name)}.get({key_of(life.name)!r})"
