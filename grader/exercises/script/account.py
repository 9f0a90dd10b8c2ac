"""What is said of a run as a whole: its forward passes, and how each cell ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from grader.analysis.study import Study
from grader.cleanroom.inspection import Inspection
from grader.marking.forward_pass import JudgedPass
from grader.marking.observation import Observed, Trace
from grader.notebook import SyntaxProblem
from grader.records.scorecard import CellResult, CellStatus
from grader.sandbox import RunOutcome


def slips(inspection: Inspection) -> list[str]:
    """Slips of the forward pass, each named once with its line, and what it leaves out."""
    return list(dict.fromkeys([*_left_out(inspection), *_named_slips(inspection)]))


def _left_out(inspection: Inspection) -> Iterator[str]:
    for name, number in inspection.wirings.without.neutral.items():
        yield (
            f"your network does without `{name}`: each gradient is judged with "
            f"{'ones' if number else 'zeros'} in its place"
        )


def _named_slips(inspection: Inspection) -> Iterator[str]:
    for slips in inspection.slips.values():
        for slip in slips:
            where = ""
            if slip.site is not None:
                module = inspection.study.notebook.module
                where = f" (line {slip.site.line}{'' if module else f' of cell {slip.site.cell}'})"
            text = (
                f"your forward pass computes `{slip.name}`{where} otherwise than the assignment's"
            )
            if slip.factor is not None:
                text += f": it is {slip.factor:.3g} times that"
            yield f"{text}; each gradient is judged by itself all the same"


def obstacles(inspection: Inspection, passes: Mapping[int, JudgedPass]) -> list[str]:
    """Why forward passes are none of the assignment's network, each reason once.

    Of passes in which a gradient was derived, if there is any: the network is run on the whole
    data set, too, or on one example, to see what it has learnt.
    """
    deriving = {each.pass_id for each in inspection.seen.observed if _derives(inspection, each)}
    reasons = (passes[number].reason for number in sorted(deriving & passes.keys() or passes))
    return list(dict.fromkeys(reason for reason in reasons if reason is not None))


def _derives(inspection: Inspection, seen: Observed) -> bool:
    return not seen.end and seen.lifetime in inspection.targets


def cells(study: Study, outcome: RunOutcome, seen: Trace) -> Iterator[CellResult]:
    """Every code cell: as it ran, as it could not be read, or why it was not reached."""
    done = {cell.index: cell for cell in seen.cells}
    stopped = outcome.status not in {"completed", "exited"}
    for index, source in study.sources.items():
        problem = study.left_out.get(index)
        if index in done and problem is not None and done[index].error is None:
            text = f"line {problem.line}: {problem.message}: the rest of the cell was run"
            yield replace(done[index], status="error", error=text)
        elif index in done:
            yield done[index]
        elif isinstance(source, SyntaxProblem):
            yield CellResult(
                index=index, status="error", error=f"line {source.line}: {source.message}"
            )
        elif stopped:
            status: CellStatus = "timed_out" if outcome.status == "timed_out" else "error"
            yield CellResult(index=index, status=status, error=outcome.reason)
            stopped = False
        else:
            yield CellResult(index=index, status="skipped")
