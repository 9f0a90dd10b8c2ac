"""Exercises of functions: one run a file, whose functions the harness calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from grader.assignment import Assignment
from grader.diagnosis.codes import diagnosis
from grader.exercises.functions import alone
from grader.exercises.functions.former import former_of, told
from grader.exercises.functions.handed_in import (
    AnswerFile,
    Arrangement,
    Candidates,
    file_name,
    unread,
)
from grader.exercises.functions.judging import Judged, attempts, judged
from grader.exercises.functions.notes import by_own, forwards, numerical
from grader.exercises.functions.oracle import FunctionOracle, Roles
from grader.exercises.functions.origin import OWN, called, origin
from grader.exercises.functions.reasons import FunctionReasons
from grader.exercises.functions.request import Asked, Questions
from grader.exercises.functions.returned import Answered, answered
from grader.exercises.functions.search import BEGINNING, EditSearch
from grader.exercises.script.candidate import unusable
from grader.marking.answers import Answers, NotRun
from grader.marking.attempt import Attempt
from grader.marking.points import Judgement
from grader.notebook import Unreadable
from grader.protocol.calls import Former, Role
from grader.records.comparison import Comparison
from grader.records.scorecard import CellResult, Source
from grader.sandbox import RunOutcome, Sandbox
from grader.submission import Submission


class Functions:
    """Functions and layers that the harness calls with arguments and cotangents of its own."""

    def __init__(self, assignment: Assignment, sandbox: Sandbox, data: Path) -> None:
        self.assignment = assignment
        self.sandbox = sandbox
        self.data = data
        self.layout = Arrangement(assignment)

    @cached_property
    def roles(self) -> dict[str, Roles]:
        """Exercise → the instructor's functions. Raises AssignmentError."""
        return {name: Roles(file) for name, file in self.assignment.functions.items()}

    def answers(self, submission: Submission) -> list[Answers | NotRun]:
        """Run each file that defines what an exercise calls."""
        if submission.problem is not None:
            choice = unusable(submission, submission.problem)
            assert isinstance(choice.study, Unreadable)
            return [NotRun(source=choice.source, reason=choice.study.reason, notes=choice.notes)]
        files = Candidates(submission, self.assignment, self.layout)
        if not files.answers:
            return [self._nothing(submission, files)]
        notes = [*submission.notes, *unread(files)]
        return [self._of(each, files, notes) for each in files.answers]

    def _nothing(self, submission: Submission, files: Candidates) -> NotRun:
        """No file defines anything that is called."""
        names = [each.id for each in self.assignment.spec.exercises]
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        exercises = self.assignment.spec.exercises
        broken = (reason for each in exercises if (reason := files.unreadable(each)))
        reason = next(unread(files), None) or next(
            broken, f"nothing defines {', '.join(names[:4])}{more}"
        )
        source = next(
            (source for source, _ in files.problems),
            Source(path=submission.origin, sha256="", format="unknown"),
        )
        return NotRun(source=source, reason=reason, notes=submission.notes)

    def _of(self, handed: AnswerFile, files: Candidates, notes: Sequence[str]) -> Answers:
        salt = handed.source.sha256
        oracles = [
            FunctionOracle(self.assignment, each, self.roles[each.id], salt)
            for each in handed.exercises
        ]
        outcome, found = self._called(handed, oracles)
        results = [judged(oracle, found, self.assignment) for oracle in oracles]
        self._otherwise(results, handed)
        results = [self._as_then(each, handed) for each in results]
        self._originate(results, handed)
        self._look_again(results, handed)
        return Answers(
            source=handed.source,
            outcome=outcome,
            attempts=list(self._attempts(results, handed)),
            unanswered=dict(self._unanswered(handed, files)),
            explained=self._reasons(results, handed, found.cells).explained,
            notes=[
                *notes,
                *forwards(results),
                *told(results, file_name(handed.source.path)),
                *found.notes,
            ],
            integrity=[*found.integrity, *numerical(results), *by_own(results)],
            cells=[_with_problem(each, handed) for each in found.cells],
            lacking=(),
        )

    def _reasons(
        self, results: Sequence[Judged], handed: AnswerFile, cells: Sequence[CellResult]
    ) -> FunctionReasons:
        search = None
        if sum(each.seconds for each in cells) < BEGINNING:
            search = EditSearch(
                handed, self.assignment, lambda asked: self._asked(handed, asked)[1]
            )
        return FunctionReasons(results, self.assignment.spec.tolerance, search)

    def _called(
        self, handed: AnswerFile, oracles: Sequence[FunctionOracle]
    ) -> tuple[RunOutcome, Answered]:
        questions = Questions(self.assignment)
        for oracle in oracles:
            own = "own_forward" in oracle.file.roles
            questions.add(oracle, ("student", "own_forward") if own else ("student",), oracle.cases)
        return self._asked(handed, questions)

    def _asked(
        self, handed: AnswerFile, questions: Questions, former: Former = ""
    ) -> tuple[RunOutcome, Answered]:
        request, blob = questions.request(handed, str(self.data), former)
        asked: list[list[Asked]] = questions.asked
        with self.sandbox.open(request, blob) as session:
            outcome = session.outcome
        return outcome, answered(outcome.events, asked)

    def _otherwise(self, results: Sequence[Judged], handed: AnswerFile) -> None:
        """What is not right as the course calls it may be so as its author calls it: with the
        cache of their own forward function.
        """
        questions = Questions(self.assignment)
        wrong = [each for each in results if each.wrong and "otherwise" in each.oracle.file.roles]
        for each in wrong:
            questions.add(each.oracle, ("otherwise",), each.oracle.cases)
        if wrong:
            _, again = self._asked(handed, questions)
            for each in wrong:
                each.take(again.of(each.exercise.id, "otherwise"), self.assignment.spec.tolerance)

    def _as_then(self, each: Judged, handed: AnswerFile) -> Judged:
        """What fails today for being old is run as it was understood when it was written."""
        former = former_of(each, handed.file) if each.wrong else ""
        if not former:
            return each
        questions, oracle = Questions(self.assignment), each.oracle
        known: list[Role] = ["student", "own_forward", "otherwise"]
        roles = [role for role in known if role in oracle.file.roles]
        questions.add(oracle, roles, oracle.cases)
        _, answered = self._asked(handed, questions, former)
        again = judged(oracle, answered, self.assignment)
        if again.wrong and "otherwise" in roles:
            outcomes = answered.of(each.exercise.id, "otherwise")
            again.take(outcomes, self.assignment.spec.tolerance)
        again.former = former
        if again.failing == each.failing and not former_of(again, handed.file):
            return again  # what fails now is no matter of age: this is to be told
        return again if again.failing < each.failing else each

    def _originate(self, results: Sequence[Judged], handed: AnswerFile) -> None:
        """Who derived them, where an engine could have."""
        if self.assignment.spec.functions.engine == "torch":
            for each in results:
                runs = max((outcome.returned.engine for outcome in each.outcomes), default=0)
                each.origin = origin(handed.file, each.exercise.id, runs)

    def _look_again(self, results: Sequence[Judged], handed: AnswerFile) -> None:
        """Whose fault wrong gradients are: another function's, or the forward function's."""
        wrong = [each for each in results if each.wrong or each.origin.engine]
        by_name = {each.exercise.id: each for each in results}
        for each in wrong:
            names = called(handed.file, each.exercise.id)
            replaced = alone.replaced(each, self.assignment, names)
            if not replaced.exercises:
                continue
            _, again = self._asked(handed, replaced, each.former)
            each.alone = alone.right_alone(each, again, self.assignment)
            lent = names & alone.references(each.oracle, self.assignment).keys()
            answers = again.of(each.exercise.id, "student")
            each.lent(lent, answers, self.assignment.spec.tolerance)
            if each.alone:
                each.origin = OWN  # by whatever way the others find theirs
            faulty = [n for n in sorted(names) if n in by_name and by_name[n].wrong]
            helpers = [n for n in sorted(names) if n in each.oracle.file.helpers]
            each.blamed = next(iter([*faulty, *helpers]), None)
        for former in dict.fromkeys(each.former for each in wrong):
            alike = [each for each in wrong if each.former == former]
            differences = alone.differences(alike, self.assignment)
            if differences.exercises:
                _, again = self._asked(handed, differences, former)
                for each in alike:
                    each.own = alone.right_for_own(each, again, self.assignment) - each.alone

    def _attempts(self, results: Sequence[Judged], handed: AnswerFile) -> Iterator[Attempt]:
        first = 0
        for result in results:
            yield from attempts(result, handed, first)
            first += len(result.exercise.targets)

    def _unanswered(
        self, handed: AnswerFile, files: Candidates
    ) -> Iterator[tuple[tuple[str, str], Judgement]]:
        """What is to be said of exercises that this file does not answer."""
        here = {each.id for each in handed.exercises}
        for exercise in self.assignment.spec.exercises:
            if exercise.id in here:
                continue
            nothing = diagnosis(
                "unfinished",
                f"{files.unreadable(exercise) or f'nothing defines `{exercise.id}`'}.",
                "Was the file with this function handed in, and is its name the asked one?",
            )
            for target in exercise.targets:
                yield (
                    (exercise.id, target),
                    Judgement(
                        target=target,
                        comparison=Comparison(verdict="missing"),
                        diagnosis=nothing,
                    ),
                )


def _with_problem(cell: CellResult, handed: AnswerFile) -> CellResult:
    """A cell of which a line was left out, because it is no Python, says so."""
    problem = handed.file.problems.get(cell.index)
    if problem is None or cell.error is not None:
        return cell
    text = f"line {problem.line}: {problem.message}: the rest of the cell was run"
    return replace(cell, status="error", error=text)
