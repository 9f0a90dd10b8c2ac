"""Kinds of exercise: how gradients come out of a submission."""
