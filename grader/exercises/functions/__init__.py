"""Exercises of functions: the harness calls what a student wrote, with arguments of its own."""
