"""Exercises of scripts: gradients under names at the top of a notebook or module."""
