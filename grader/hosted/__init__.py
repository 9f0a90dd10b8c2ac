"""Grading one submission where it was handed in: Classroom 50, GitHub Actions, Gradescope.

A bundle's script starts one of the modules here. They share a rule: what the machine failed
to do ends with a non-zero status and writes no result, for an absent result can be made up
for and a zero is believed.
"""
