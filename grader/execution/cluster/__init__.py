"""Grading on a Dask cluster: one task a submission, bytes in and a plain record out.

     this process                    scheduler           each Dask worker process
    ┌────────────────────────┐                          ┌──────────────────────────────────┐
    │ grade_on()             │  the assignment, once ─► │ BenchPlugin, one Bench: a thread │
    │  SubmissionParcel ─────┼──── a task each ───────► │  that holds a GradingSession          │
    │  Answer ◄──────────────┼──── bytes (msgpack) ──── │   └─ sandbox: fork server        │
    │  reports, gradebook    │                          │       ══ boundary ══  STUDENT    │
    └────────────────────────┘                          └──────────────────────────────────┘

Between client, scheduler and workers Dask uses pickle: they trust each other, and all belong
to the instructor. What a student's run says is read on the worker as it is here, as numbers,
and student code never runs in the worker's own process.
"""

from grader.execution.cluster.grading import ClusterWork, grade_on

__all__ = ["ClusterWork", "grade_on"]
