"""Hypothesis strategies for what students hand in and for what runs of their code send back."""
