"""The untrusted side: an interpreter that runs students' code, started by name.

Of the package it imports `grader.protocol.messages`, `grader.protocol.determinism` and itself, nothing else; nobody
imports it. `server` forks, `keeper` minds one run from outside, `child` is the run.
"""
