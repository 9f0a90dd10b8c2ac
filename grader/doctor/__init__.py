"""What this machine enforces, found out by trying."""

from grader.doctor.examination import examine
from grader.doctor.finding import Attempted, Finding, Remedy, remedies

__all__ = ["Attempted", "Finding", "Remedy", "examine", "remedies"]
