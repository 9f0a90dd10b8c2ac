"""Everything that is graded in a proof: the whole of it, or a sample for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.assignment import Assignment
from grader.proof.breaking import mutants
from grader.proof.copies import copies
from grader.proof.crossing import burdened, honest
from grader.proof.mutant import Family, Mutant, MutantTally
from grader.proof.rewriting import rewrites
from grader.proof.temporaries import temporaries

SAMPLE: dict[Family, int] = {
    "mutant": 20,
    "rewrite": 8,
    "honest": 20,
    "burdened": 14,
    "temporary": 5,
    "copy": 9,
}
"""How many of each are in the sample."""


def everything(
    notebook: dict[str, Any], assignment: Assignment, tally: MutantTally
) -> list[Mutant]:
    """All mutants, rewrites, temporaries and copies, and both with habits around them."""
    broken = list(mutants(notebook, assignment, tally))
    right = list(rewrites(notebook, assignment, tally))
    return [
        *broken,
        *right,
        *temporaries(notebook, assignment),
        *copies(notebook, assignment),
        *honest(notebook, right, assignment),
        *burdened(broken, assignment),
    ]


def sampled(made: Sequence[Mutant]) -> list[Mutant]:
    """Some of each family, from one end of it to the other; always the same."""
    found = []
    for family, wanted in SAMPLE.items():
        members = [mutant for mutant in made if mutant.family == family]
        step = max(len(members) / wanted, 1)
        found += [members[int(k * step)] for k in range(min(wanted, len(members)))]
    return found
