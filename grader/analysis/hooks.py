"""Where the harness is called during a run: hooks beside the student's statements."""

from __future__ import annotations

from collections import defaultdict

from grader.analysis.lifetime import Program, Site
from grader.wire import Hook


def ordinary_hooks(program: Program, *, steps: int) -> dict[int, list[Hook]]:
    """Hooks of an ordinary run, by cell.

    `steps`: greatest number of iterations of a training loop, and greatest value of a
    loop parameter.
    """
    hooks: defaultdict[int, list[Hook]] = defaultdict(list)

    def add(site: Site, hook: Hook) -> None:
        hooks[site.cell].append(hook)

    for forward in program.forwards:
        path = list(forward.site.path)
        if forward.root:
            add(forward.site, Hook(path=path, op="pass", id=0, names=list(forward.names)))
        add(forward.site, Hook(path=path, op="forward", id=0, names=list(forward.names)))
    for life in program.lifetimes:
        first = life.writes[0]
        add(first, Hook(path=list(first.path), op="fresh", id=life.id, names=[life.name]))
        if life.settle is not None:
            path = list(life.settle.path)
            add(life.settle, Hook(path=path, op="settle", id=life.id, names=[life.name]))
    for index, loop in enumerate(program.loops):
        add(loop, Hook(path=list(loop.path), op="leave", id=index, value=steps))
    for site, name in program.limits:
        add(site, Hook(path=list(site.path), op="limit", id=0, names=[name], value=steps))
    return dict(hooks)
