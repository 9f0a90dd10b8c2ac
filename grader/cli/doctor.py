"""`grader doctor`: what this machine keeps student code from, tried just now."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table

from grader.doctor import examine, remedies
from grader.doctor.finding import Finding
from grader.errors import UnsafeError, UsageError
from grader.sandbox import open_sandbox

_WORDS = {"enforced": "[green]enforced[/]", "partial": "[yellow]partial[/]", "none": "[red]none[/]"}


def run() -> int:
    """Exit status: 0 if all that is claimed withstood the attempts upon it, else 1."""
    if sys.platform != "linux":
        raise UsageError(
            f"nothing keeps student code in on {sys.platform}: grade other people's work on "
            "Linux (a container will do), your own with `grader check`"
        )
    with open_sandbox() as sandbox:
        try:
            examination = examine(sandbox)
        except UnsafeError as error:
            click.echo(f"grader: {error}")
            return 1
    console = Console()
    console.print(_table(examination.findings))
    console.print(f"how: {examination.isolation.backend}", highlight=False)
    for remedy in remedies(examination.isolation):
        console.print(f"{remedy.layer}: {remedy.reason}\n  {remedy.advice}", highlight=False)
    return 0 if all(finding.true for finding in examination.findings) else 1


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table("protection", "level", "tried just now", box=None, pad_edge=False)
    for finding in findings:
        held = sum(attempt.held for attempt in finding.attempts)
        text = f"{held} of {len(finding.attempts)} attempts kept off"
        if finding.got_through:
            text += "; got through: " + ", ".join(finding.got_through)
        level = _WORDS[finding.claimed] if finding.true else "[red]claimed, but not held[/]"
        table.add_row(finding.name, level, text)
    return table
