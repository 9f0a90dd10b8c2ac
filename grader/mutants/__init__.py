"""Broken students with a known mistake, and right ones that look unusual: the grader's proof."""

from grader.mutants.breaking import mutants
from grader.mutants.mutant import Mutant, Tally
from grader.mutants.rewriting import rewrites

__all__ = ["Mutant", "Tally", "mutants", "rewrites"]
