"""From scorecard records to files that people and programs read.

Nothing here knows torch, and Jinja2 and nbconvert are only imported by the call that
needs them: importing this package is cheap.
"""

from grader.report.class_page import render_class
from grader.report.class_row import ClassRow, Entry
from grader.report.files import GRADEBOOK, Reports
from grader.report.notebook import render_notebook
from grader.report.overview import Overview
from grader.report.schema import Results, scorecard_schema
from grader.report.scorecard import render_scorecard
from grader.report.terminal import print_card
from grader.report.values import values_html, values_text
from grader.report.visible_text import storable

__all__ = [
    "GRADEBOOK",
    "ClassRow",
    "Entry",
    "Overview",
    "Reports",
    "Results",
    "print_card",
    "render_class",
    "render_notebook",
    "render_scorecard",
    "scorecard_schema",
    "storable",
    "values_html",
    "values_text",
]
