"""The oracle: PyTorch autograd on the assignment's forward script."""

from grader.reference.oracle import Network, Oracle, Unjudgeable

__all__ = ["Network", "Oracle", "Unjudgeable"]
