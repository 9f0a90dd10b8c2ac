"""The untrusted side: an interpreter that runs students' code, started by name.

Of the package it imports `grader.protocol` and itself, nothing else; nobody imports it.
`server` forks, `run_monitor` minds one run from outside, `child` is the run.
"""
