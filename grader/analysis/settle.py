"""Where a lifetime is settled: right after its last visible write, in the block of all of them."""

from __future__ import annotations

from grader.analysis.lifetime import Lifetime, Path, Site


def settle_of(life: Lifetime) -> Site:
    """The statement after which the lifetime is settled.

    It holds the last write, in the innermost block that contains all writes; that
    block is the notebook itself where the writes stand in several cells.
    """
    last = life.writes[-1]
    depth = 1
    if all(site.cell == last.cell for site in life.writes):
        depth = min(_common(site.path, last.path) for site in life.writes)
    path = last.path[:depth]
    return Site(cell=last.cell, path=path, line=last.line, end_line=last.end_line)


def _common(path: Path, last: Path) -> int:
    """How much of `last` leads to the statement, within the common block, that holds it."""
    if path == last:
        return len(last)
    shared = 0
    for a, b in zip(path, last, strict=False):
        if a != b:
            break
        shared += 1
    # One more step picks the statement in that block, unless the paths part between two
    # branches of one statement (if/else), which then is the statement itself.
    same_block = shared < min(len(path), len(last)) and path[shared][0] == last[shared][0] in {
        "body",
        "orelse",
        "finalbody",
    }
    return shared + 1 if same_block else max(shared, 1)
