"""What the grader raises, and for whom.

    GraderError             one line for a person, with what to do
     ├─ UsageError          the command was called wrongly                  (exit 2)
     ├─ AssignmentError     the instructor's assignment is at fault         (exit 2)
     ├─ UnsafeError         this machine can wall off neither files nor network (exit 2)
     └─ InfrastructureError the machine could not do its part: `ungraded`   (exit 1)
         └─ ClusterError    nothing comes from the cluster any more

Nothing that a student can cause is an exception beyond the module that meets it:
a broken notebook is a value (`grader.notebook.Unreadable`), a crash of student
code is a `RunOutcome`.
"""

from __future__ import annotations


class GraderError(Exception):
    """Base of everything the grader raises on purpose."""


class UsageError(GraderError):
    """A path, option or combination of options that cannot work."""


class AssignmentError(GraderError):
    """The assignment's files are missing or contradictory; names file and key."""


class InfrastructureError(GraderError):
    """The machine failed, not the student: the submission stays `ungraded`."""


class ClusterError(InfrastructureError):
    """The cluster is out of reach: what it has not graded yet can be graded by the same command."""


class UnsafeError(GraderError):
    """Student code cannot be kept in on this machine, and nobody said that this is all right."""
