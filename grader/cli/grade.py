"""`grader grade`: find submissions, grade what is new, write reports, say what came out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader.assignment import Assignment, check_environment, find_assignment, load_assignment
from grader.cli.interruption import INTERRUPTED, interruptible
from grader.cli.progress import progress, warn
from grader.errors import ClusterError, UsageError
from grader.execution.imports import large_imports
from grader.execution.session import GradingSession
from grader.records.result import Result
from grader.report import Reports
from grader.report.causes import waits_for_a_person
from grader.report.files import GRADEBOOK
from grader.submission import Submission, discover
from grader.submission.naming import fold, safe_id
from grader.temporary_folder import workspace

if TYPE_CHECKING:
    from grader.gradebook import GradingRun, Roster, Times


class GradeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was told, beside the paths."""

    assignment: str | None
    out: Path
    data: Path | None
    jobs: int | None
    cluster: str | None
    """Address of a Dask scheduler, to grade there."""
    style: str
    with_notebook: bool
    sandbox: bool
    """Refuse to run anything where this machine cannot keep it in."""
    gradebook: str | None
    roster: Path | None
    submitted_at: str | None
    submitted_from: str | None
    regrade: bool
    unjudged_fails: bool = True
    """Exit status 1 where a person has to look."""
    id: str | None = None
    """What the only student is to be called."""
    only: tuple[str, ...] = ()
    """Ids of those that are to be graded now."""


def run(paths: Sequence[Path], options: GradeOptions) -> int:
    """Exit status of the command."""
    if options.cluster is not None and options.jobs is not None:
        raise UsageError("--jobs is for this machine; on a --cluster the number of workers decides")
    with ExitStack() as stack:
        found = discover(paths, stack.enter_context(workspace()) / "unpacked")
        for problem in found.problems:
            warn(problem)
        if not found.submissions:
            raise UsageError("nothing to grade: no notebook or module was found")
        assignment = _assignment(options, found.submissions)
        check_environment(assignment)
        _writable(options.out)
        session = stack.enter_context(_session(assignment, options))
        if _all_will_be_graded(options):
            session.open()  # it imports torch while the database is imported here
        with large_imports():
            from grader.cli.table import Printout
            from grader.gradebook import GradingRun, rules_of

        reports = Reports(options.out)
        rules = rules_of(assignment, with_notebook=options.with_notebook)
        target = options.gradebook or options.out
        roster = _roster(options.roster)
        reports.tidy()
        book = stack.enter_context(closing(GradingRun(target, assignment, rules, reports, warn)))
        submissions = _asked_for(
            book.recognised(_named(found.submissions, options), roster), options
        )
        if roster is not None:
            _tell(roster, submissions)
        times = _times(options, assignment, submissions, roster)
        todo = book.plan(submissions, roster, times, regrade=options.regrade)
        if options.cluster is None:
            marks = _here(todo, session, options)
        else:
            marks = _on_cluster(todo, assignment, book, options)
        tally = _grade(marks, len(todo), book)
        published = book.publish()
        reports.tidy()
    printout = Printout(
        ids=[each.id for each in submissions],
        graded=tally.graded,
        ungraded=tally.ungraded,
        remarked=len(book.remarked),
        moved=book.moved,
        unjudged=tally.unjudged,
        published=published,
    )
    (printout.json if options.style == "json" else printout.table)(reports)
    unused = options.roster is not None and roster is None
    failed = book.failed or unused or (tally.unjudged and options.unjudged_fails)
    return _status(tally, left=len(todo) - tally.graded - tally.ungraded, failed=bool(failed))


def _status(tally: Tally, *, left: int, failed: bool) -> int:
    """Exit status, after a word on what is left."""
    if tally.interrupted:
        warn(f"interrupted, {left} are left: the same command goes on from here")
        return INTERRUPTED
    if tally.lost is not None:
        warn(f"{tally.lost}; {left} are left: the same command goes on from here")
    return 1 if tally.lost is not None or tally.ungraded or failed else 0


class Tally(msgspec.Struct):
    """How far grading came."""

    graded: int = 0
    ungraded: int = 0
    unjudged: int = 0
    """Of the graded: those at which a person has to look."""
    interrupted: bool = False
    lost: str | None = None
    """Why a cluster grades no more."""


Stream = Generator[Result, None, None]


def _grade(marks: Stream, number: int, book: GradingRun) -> Tally:
    """Grade until all are graded or somebody interrupts."""
    tally = Tally()
    if number:
        with interruptible(), closing(marks):
            try:
                _enter(marks, number, book, tally)
            except KeyboardInterrupt:
                tally.interrupted = True
            except ClusterError as error:
                tally.lost = str(error)
    return tally


def _enter(marks: Stream, number: int, book: GradingRun, tally: Tally) -> None:
    """Enter every scorecard as it comes."""
    with progress(number) as advance:
        for marked in marks:
            book.store(marked.card, marked.notebook)
            if marked.card.status == "ungraded":
                tally.ungraded += 1
            else:
                tally.graded += 1
                tally.unjudged += waits_for_a_person(marked.card)
            advance(marked.card)


def _session(assignment: Assignment, options: GradeOptions) -> GradingSession:
    return GradingSession(
        assignment,
        required=options.sandbox,
        reports=Reports(options.out),
        outputs=options.with_notebook,
    )


def _here(todo: Sequence[Submission], session: GradingSession, options: GradeOptions) -> Stream:
    """Marks from this machine's processes."""
    with session:
        # The worker starts now, if it has not, and imports torch while this process does.
        session.open()
        with large_imports():
            from grader.execution.batch import grade_all

        yield from grade_all(session, todo, jobs=options.jobs or os.cpu_count() or 1)


def _on_cluster(
    todo: Sequence[Submission], assignment: Assignment, book: GradingRun, options: GradeOptions
) -> Stream:
    """Marks from the workers of a Dask cluster."""
    from grader.execution.cluster import ClusterWork, grade_on

    assert options.cluster is not None
    work = ClusterWork(
        assignment=assignment,
        reports=book.reports,
        required=options.sandbox,
        with_notebook=options.with_notebook,
    )
    yield from grade_on(options.cluster, work, todo, warn=warn)


def _assignment(options: GradeOptions, submissions: Sequence[Submission]) -> Assignment:
    if options.assignment is not None:
        return load_assignment(find_assignment(options.assignment), data=options.data)
    from grader.cli.detect import detect_assignment

    return load_assignment(detect_assignment(submissions), data=options.data)


def _named(submissions: Sequence[Submission], options: GradeOptions) -> Sequence[Submission]:
    """By --id, the one submission's id."""
    if options.id is None:
        return submissions
    if len(submissions) != 1:
        found = ", ".join(each.id for each in submissions[:5])
        raise UsageError(f"--id is for one submission, and there are {len(submissions)}: {found}")
    return [msgspec.structs.replace(submissions[0], id=safe_id(options.id))]


def _asked_for(submissions: Sequence[Submission], options: GradeOptions) -> Sequence[Submission]:
    """By --only, some of the submissions."""
    wanted = {fold(name) for name in options.only}
    unknown = wanted - {fold(each.id) for each in submissions}
    if unknown:
        there = ", ".join(each.id for each in submissions[:10])
        raise UsageError(f"--only: nobody is called {', '.join(sorted(unknown))} (there: {there})")
    return [each for each in submissions if not wanted or fold(each.id) in wanted]


def _roster(path: Path | None) -> Roster | None:
    """The class list; None where there is none to use."""
    if path is None:
        return None
    from grader.gradebook import read_roster

    try:
        return read_roster(path)
    except UsageError as error:
        warn(f"{error}. Grading goes on without a roster")
        return None


def _tell(roster: Roster, submissions: Sequence[Submission]) -> None:
    """The faults of the class list, and who is not on it."""
    for problem in (*roster.problems, *roster.unknown([each.id for each in submissions])):
        warn(problem)


def _times(
    options: GradeOptions,
    assignment: Assignment,
    submissions: Sequence[Submission],
    roster: Roster | None,
) -> Times:
    from grader.gradebook import times_of

    late = assignment.spec.late
    times = times_of(
        submissions,
        at=options.submitted_at,
        from_git=options.submitted_from == "git",
        roster=roster,
        zone=late.due.tzinfo if late else None,
    )
    for problem in times.problems:
        warn(problem)
    return times


def _all_will_be_graded(options: GradeOptions) -> bool:
    """Whether this machine will have something to run, as far as that is known without a
    database: every command but the second into one folder.
    """
    if options.cluster is not None:
        return False
    if options.regrade:
        return True
    return options.gradebook is None and not (options.out / GRADEBOOK).exists()


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written to ({error.strerror}): choose another folder with --out"
        ) from error
