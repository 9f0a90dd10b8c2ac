"""Notebooks, scripts and modules as cells of plain Python; nothing here runs student code."""

from grader.notebook.cell import Cell, Notebook, Unreadable
from grader.notebook.read import read_notebook
from grader.notebook.source import python_source
from grader.notebook.syntax import SyntaxProblem

__all__ = ["Cell", "Notebook", "SyntaxProblem", "Unreadable", "python_source", "read_notebook"]
