"""The gradebook: a database of what a class handed in, earned, and was decided.

SQLite beside the reports, or PostgreSQL by URL; its tables are described in docs/gradebook.md.
Nothing here knows torch.
"""

from grader.gradebook.book import Gradebook
from grader.gradebook.content import rules_of
from grader.gradebook.database import GradebookError
from grader.gradebook.opening import open_gradebook
from grader.gradebook.publish import Published, publish
from grader.gradebook.roster import Roster, read_roster
from grader.gradebook.run import GradingRun
from grader.gradebook.submitted import Times, times_of

__all__ = [
    "Gradebook",
    "GradebookError",
    "GradingRun",
    "Published",
    "Roster",
    "Times",
    "open_gradebook",
    "publish",
    "read_roster",
    "rules_of",
    "times_of",
]
