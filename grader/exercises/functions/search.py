"""The general search for the reason of a wrong gradient: edits of the student's own source, tried
behind the walls. The one that makes everything right, on cases that nobody has seen before too, is
the mistake. It changes no mark, and the student reads what is wrong in which line, not the edit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import torch

from grader.assignment import Assignment
from grader.diagnosis.codes import diagnosis
from grader.exercises.functions.alone import references
from grader.exercises.functions.editing import EditedSources, Trying
from grader.exercises.functions.handed_in import AnswerFile
from grader.exercises.functions.judging import Judged
from grader.exercises.functions.lines import at
from grader.exercises.functions.oracle import Probe
from grader.exercises.functions.request import Conditions, Questions, Trial
from grader.exercises.functions.returned import Answered, Outcome
from grader.exercises.functions.values import valued
from grader.protocol import Editable
from grader.records.scorecard import Diagnosis

BUDGET, LEAST, PATIENCE, ALTOGETHER = 1.5, 0.2, 0.1, 3.0
"""CPU seconds of one search, at least of what confirms it, of one call of an edited function, and
of all searches of a submission.
"""
BEGINNING = 1.0
"""Seconds that a file's definitions may take: they run anew for each question."""
ROUNDS = (500, 1000, 1500)
"""Edits of each round; the next one is for those gradients that none of these makes right."""
BEST, MAX_CONFIRMED = 16, 40
"""Edits of a target that are tried on all cases, and of all targets."""
Ask = Callable[[Questions], Answered]


class EditSearch:
    """Searches for the reasons of one file."""

    def __init__(self, handed: AnswerFile, assignment: Assignment, ask: Ask) -> None:
        self._handed = handed
        self._assignment = assignment
        self._ask = ask
        self._known: dict[str, dict[str, Trying]] = {}
        self._left = ALTOGETHER

    def reason(self, result: Judged, target: str) -> Diagnosis | None:
        """The mistake of one wrong gradient, if a single edit mends it."""
        name = result.exercise.id
        if name not in self._known:
            self._known[name] = self._search(result)
        found = self._known[name].get(target)
        return self._told(found) if found is not None else None

    def _search(self, result: Judged) -> dict[str, Trying]:
        search = OneSearch(self._handed, self._assignment, self._ask, result, self._left)
        found = search.found()
        self._left = search.left - search.budget + self._left
        return found

    def _told(self, found: Trying) -> Diagnosis:
        words = found.proposal.words
        module = self._handed.file.notebook.module
        where = f"line {found.line}" + ("" if module else f" of cell {found.cell}")
        again = ", and so again further down" if len(found.proposal.changes) > 1 else ""
        line = at(self._handed.file, found.cell, found.line)
        return diagnosis(
            words.code,
            f"In {where}, {words.told}{again}.",
            words.look_at,
            line=found.line,
            cell=None if module else found.cell,
            there=line.text.strip() if line else None,
        )


class OneSearch:
    """The search for one exercise."""

    def __init__(
        self,
        handed: AnswerFile,
        assignment: Assignment,
        ask: Ask,
        result: Judged,
        allowed: float,
    ) -> None:
        """allowed: CPU seconds."""
        self._assignment = assignment
        self._ask = ask
        self._result = result
        self._wrong = [t for t in result.wrong if t not in result.alone | result.own]
        self._sources = EditedSources(handed, assignment, result.oracle)
        self.budget = self.left = min(BUDGET, allowed)

    def found(self) -> dict[str, Trying]:
        """Target → the edit that makes it right."""
        case = self._telling()
        if case is None or not self._sources.functions or self.left <= 0:
            return {}
        self._look(case)
        every = self._sources.proposed(self._wrong)
        found: dict[str, Trying] = {}
        for many in ROUNDS:
            unknown = [target for target in self._wrong if target not in found]
            batch = list(itertools.islice(every, many))
            if batch and unknown and self.left > 0:
                found |= self._confirmed(self._fitting(batch, case, unknown))
        return found

    def _telling(self) -> Probe | None:
        """The case in which most of what is wrong shows, the smallest of equals; none where a call
        takes too long for many of them.
        """
        outcomes = self._result.outcomes
        quick = [each for each in outcomes if each.returned.seconds < PATIENCE]
        ranked = sorted(quick, key=lambda o: (self._wrong_in(o), -_size(o.asked.case)))
        return ranked[-1].asked.case if ranked else None

    def _wrong_in(self, outcome: Outcome) -> int:
        return sum(not self._is_right(outcome, target) for target in self._wrong)

    def _look(self, case: Probe) -> None:
        """At the variables of the functions."""
        editable = self._sources.plain()
        trials = [Trial(case=case, watched=number) for number in range(len(editable))]
        self._sources.look(self._asked(trials, editable, []))

    def _asked(
        self, trials: Sequence[Trial], editable: list[Editable], targets: Sequence[str]
    ) -> list[Outcome]:
        known = references(self._result.oracle, self._assignment)
        conditions = Conditions(
            role=self._result.outcomes[0].asked.role,
            editable=editable,
            targets=list(targets),
            references={n: s for n, s in known.items() if n in self._sources.reached},
            budget=max(self.left, LEAST),
            patience=PATIENCE,
        )
        questions = Questions(self._assignment)
        questions.try_edits(self._result.oracle, trials, conditions)
        outcomes = self._ask(questions).outcomes
        self.left -= sum(each.returned.seconds for each in outcomes)
        return outcomes

    def _tried(
        self, batch: Sequence[Trying], cases: Sequence[Probe], targets: Sequence[str]
    ) -> list[tuple[Trying, list[Outcome]]]:
        """Every edit with what came of it in these cases."""
        if not batch:
            return []
        editable, edits = self._sources.edited(batch)
        trials = [Trial(case=case, edits=[edit]) for edit in edits for case in cases]
        outcomes = iter(self._asked(trials, editable, targets))
        return [(each, list(itertools.islice(outcomes, len(cases)))) for each in batch]

    def _fitting(
        self, batch: Sequence[Trying], case: Probe, targets: Sequence[str]
    ) -> dict[str, list[Trying]]:
        """Target → edits that make it right in one case, first those that mend most."""
        fits: dict[str, list[tuple[int, int, Trying]]] = {}
        for position, (each, (outcome,)) in enumerate(self._tried(batch, [case], targets)):
            near = [target for target in targets if self._may_be(outcome, target)]
            mended = [target for target in near if self._is_right(outcome, target)]
            for target in mended:
                fits.setdefault(target, []).append((-len(mended), position, each))
        return {
            target: [each for *_, each in sorted(found, key=lambda each: each[:2])]
            for target, found in fits.items()
        }

    def _confirmed(self, fits: Mapping[str, list[Trying]]) -> dict[str, Trying]:
        """Those that are right in all cases, and in others that were not drawn before; first what
        leaves right what was.
        """
        best = [each for found in fits.values() for each in found[:BEST]]
        candidates = list({id(each): each for each in best}.values())[:MAX_CONFIRMED]
        oracle, targets = self._result.oracle, self._result.exercise.targets
        cases = [*oracle.cases, *oracle.drawn_anew("search").cases]
        right = {
            id(each): {t for t in targets if all(self._is_right(o, t) for o in outcomes)}
            for each, outcomes in self._tried(candidates, cases, targets)
        }
        sound = set(targets) - set(self._wrong)
        chosen = {}
        for target, found in fits.items():
            proved = [each for each in found if target in right.get(id(each), ())]
            if proved:
                chosen[target] = min(proved, key=lambda each: len(sound - right[id(each)]))
        return chosen

    def _is_right(self, outcome: Outcome, target: str) -> bool:
        tolerance = self._assignment.spec.tolerance
        return valued(outcome, target, self._result.variant, tolerance).comparison.right

    def _may_be(self, outcome: Outcome, target: str) -> bool:
        """A quick look, for most edits help nothing."""
        value = outcome.returned.values.get(target)
        numbers = outcome.numbers.get(value.key or "") if value is not None else None
        if outcome.raised or numbers is None or not numbers.numel():
            return False
        readings = outcome.asked.case.truth(self._result.variant).gradients[target]
        return any(_near(numbers, each) for each in readings)


def _near(numbers: torch.Tensor, expected: torch.Tensor) -> bool:
    if numbers.numel() != expected.numel():
        return False
    off = numbers.reshape(-1).to(torch.float64) - expected.reshape(-1)
    return float(off.abs().max()) <= 1e-2 * float(expected.abs().max()) + 1e-9


def _size(case: Probe) -> int:
    return sum(leaf.numel() for leaf in case.truth(0).leaves.values())
