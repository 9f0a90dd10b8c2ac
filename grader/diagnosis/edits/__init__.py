"""Single edits of a student's source: the one that makes a wrong result right names the mistake.

Nothing is run here. Whoever can run a function as it would be with an edit, tries them in the
order of `proposals`, and tells the student the words of the one that helps, never the edit itself.
"""

from grader.diagnosis.edits.flow import supporting
from grader.diagnosis.edits.proposals import proposals
from grader.diagnosis.edits.scene import Proposal, Scene, Variable, is_function
from grader.diagnosis.edits.switched import Switched

__all__ = ["Proposal", "Scene", "Switched", "Variable", "is_function", "proposals", "supporting"]
