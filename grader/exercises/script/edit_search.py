"""The reason of a wrong step that its numbers do not tell: edits of the student's own lines, tried
in the clean room. The one that makes the step right on every fresh network is the mistake. It
changes no mark, and the student reads what is wrong in which line, not the edit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import torch

from grader.analysis.edited import EditedSlices
from grader.analysis.effort import TooIntricateError
from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.cleanroom.inspection import Inspection
from grader.cleanroom.readings import Evidence, agrees
from grader.cleanroom.room import CleanRoom, Computed, Question
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.edits import Proposal
from grader.errors import InfrastructureError
from grader.exercises.script.passages import Passage, passages_of
from grader.records.scorecard import Diagnosis

BATCH, ROUNDS = 60, 4
"""Edits that are tried at once, and times that this is done for one gradient."""
ALTOGETHER = 400
"""Edits that are tried for one submission."""
SECONDS = 2.0
"""CPU time of all that is tried for one gradient."""
MAX_PROPOSALS = 2_000
"""Edits of one passage that are thought of."""
MAX_BESIDE, MAX_FITTING = 6, 4
"""Other wrong gradients that an edit may mend as well, and edits for which that is asked."""
MAX_ELEMENTS = 60_000
"""Of a network in which edits are tried: a step of the lecture's takes a third of a millisecond."""


class LineEdit(NamedTuple):
    """An edit of one passage."""

    passage: Passage
    proposal: Proposal


class LineSearch:
    """Searches for the mistakes of one submission."""

    def __init__(self, inspection: Inspection, room: CleanRoom) -> None:
        """room: one that the inspection has asked; a new one of its kind is opened here."""
        self._inspection = inspection
        self._asked = room
        self._left = ALTOGETHER
        self._helped: list[LineEdit] = []
        """Edits that were the mistake of one gradient: often they are another's, too."""

    def reason(self, life: Lifetime, evidence: Evidence) -> Diagnosis | None:
        """The mistake of a wrong step, if a single edit mends it."""
        small = evidence.draws and evidence.draws[0].elements <= MAX_ELEMENTS
        if not small or self._left <= 0:
            return None
        try:
            with self._asked.another(SECONDS) as room:
                found = self._searched(life, room)
                if room.failed is not None:
                    self._left = 0  # one edit that does not end is enough
        except (TooIntricateError, RecursionError, InfrastructureError):
            return None
        if found is None:
            return None
        if found not in self._helped:
            self._helped.append(found)
        return _told(found)

    def _searched(self, life: Lifetime, room: CleanRoom) -> LineEdit | None:
        """Of the first edits that make the step right on every network that which mends most."""
        inspection = self._inspection
        mine = Tried(inspection, room, life)
        for edit in self._helped:
            if mine.mends(edit):
                return edit
        others = [Tried(inspection, room, each) for each in self._wrong_beside(life)]
        every = self._edits(passages_of(inspection, life, mine.way))
        for _ in range(ROUNDS):
            batch = list(itertools.islice(every, BATCH))
            fitting = [each for each in mine.mended(batch, 0) if mine.mends(each)]
            if fitting:
                some = fitting[:MAX_FITTING]
                return max(some, key=lambda edit: sum(bool(o.mended([edit], 0)) for o in others))
            if not batch or room.failed is not None:
                return None
        return None

    def _wrong_beside(self, life: Lifetime) -> list[Lifetime]:
        """Other wrong gradients of the same exercise on the same network."""
        inspection = self._inspection
        return [
            other
            for other in inspection.lives
            if other is not life
            and other.exercise == life.exercise
            and inspection.wiring.get(other.id) == inspection.wiring[life.id]
            and (finding := inspection.findings.get(other.id)) is not None
            and finding.step == "wrong"
            and finding.evidence is not None
        ][:MAX_BESIDE]

    def _edits(self, passages: Sequence[Passage]) -> Iterator[LineEdit]:
        """The likely ones first, as many as are left."""
        made = [
            (proposal.rank + passage.distance, LineEdit(passage, proposal))
            for passage in passages
            for proposal in itertools.islice(passage.proposals(), MAX_PROPOSALS)
        ]
        for _, each in sorted(made, key=lambda each: each[0]):
            if self._left <= 0:
                return
            self._left -= 1
            yield each


class Tried:
    """One wrong gradient, as edits change it."""

    def __init__(self, inspection: Inspection, room: CleanRoom, life: Lifetime) -> None:
        self._inspection = inspection
        self._room = room
        self._own = inspection.study.definitions[life.id]
        self._evidence: Evidence = inspection.findings[life.id].evidence
        self.way, self._bound = inspection.as_tried(life)

    def mends(self, edit: LineEdit) -> bool:
        """Whether an edit makes the step right on every network."""
        return all(self.mended([edit], number) for number in range(len(self._evidence.draws)))

    def mended(self, batch: Sequence[LineEdit], number: int) -> list[LineEdit]:
        """Those edits that make the step right on one network."""
        slices = [(edit, self._edited(edit)) for edit in batch]
        asked = [(edit, new) for edit, new in slices if new is not None]
        bound = self._bound[number]
        answers = (
            self._room.ask([Question(f"edited {number}", bound, [new]) for _, new in asked])
            if asked
            else []
        )
        return [
            edit
            for (edit, new), answer in zip(asked, answers, strict=True)
            if self._is_right(answer.get(new), number)
        ]

    def _edited(self, edit: LineEdit) -> Definition | None:
        changed = edit.passage.changed(edit.proposal)
        if changed is None:
            return None
        new = EditedSlices(self._inspection.study.slicer, changed, self.way).of(self._own)
        return None if new == self._own else new

    def _is_right(self, value: Computed | None, number: int) -> bool:
        if not isinstance(value, torch.Tensor):
            return False
        return agrees(value, self._expected(number), self._evidence.tolerance, noise=True)

    @cache  # noqa: B019 - it is gone with the search
    def _expected(self, number: int) -> torch.Tensor:
        """What the step should give on one network."""
        evidence = self._evidence
        return evidence.draws[number].expected(evidence.target, evidence.given[number])


def _told(edit: LineEdit) -> Diagnosis:
    words, passage = edit.proposal.words, edit.passage
    line = passage.line(edit.proposal)
    where = f"line {line}" + ("" if passage.module else f" of cell {passage.cell}")
    again = ", and so again further down" if len(edit.proposal.changes) > 1 else ""
    return diagnosis(
        words.code,
        f"In {where}, {words.told}{again}.",
        words.look_at,
        line=line,
        cell=None if passage.module else passage.cell,
        there=passage.text(line),
    )
