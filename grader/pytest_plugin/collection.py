"""Which files are submissions; everything else in their folders is left alone, unread.

Whatever a student puts beside a notebook (conftest.py, __init__.py, test_*.py, text files with
doctests, pytest.ini) would run in this process: none of it is imported or obeyed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from grader.assignment import find_assignment, load_assignment
from grader.errors import GraderError
from grader.printable import printable
from grader.pytest_plugin.cards import Cards
from grader.pytest_plugin.nodes import SubmissionFile
from grader.pytest_plugin.paths import Folder, sane
from grader.report import figures
from grader.submission import Submission, discover
from grader.temporary_folder import workspace

CONFTEST = "conftest.py"


class Collection:
    """The plugin that takes over collection for one session."""

    def __init__(self, cards: Cards, paths: Sequence[Path]) -> None:
        self.cards = cards
        self.paths = paths
        self.problems: list[str] = []
        self._stack = ExitStack()
        self._files: dict[Path, Submission] = {}

    @classmethod
    def of(cls, config: pytest.Config) -> Collection:
        """For this session's assignment and arguments."""
        start = config.invocation_params.dir
        paths = list(dict.fromkeys(start / arg.split("::")[0] for arg in config.args))
        if config.inipath is not None and any(
            config.inipath.is_relative_to(path.resolve()) for path in paths if path.is_dir()
        ):
            raise pytest.UsageError(
                f"{config.inipath} stands among the submissions and may be a student's: name "
                "your own settings with -c FILE, or use -c /dev/null"
            )
        try:
            assignment = load_assignment(find_assignment(config.option.assignment))
        except GraderError as error:
            raise pytest.UsageError(printable(str(error))) from error
        return cls(Cards(assignment, required=not config.option.no_sandbox), paths)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        unpacked = self._stack.enter_context(workspace())
        try:
            found = discover([path for path in self.paths if path.exists()], unpacked)
        except GraderError as error:
            raise pytest.UsageError(printable(str(error))) from error
        self.problems += found.problems
        for submission in found.submissions:
            loose = [path for path in submission.candidates if unpacked not in path.parents]
            if loose and loose[0].name == CONFTEST:
                self.problems.append(f"{submission.origin}: settings for pytest, no submission")
            elif loose:
                self._files[loose[0].resolve()] = submission
            else:
                self.problems.append(f"{submission.origin}: in a zip: unpack it first")

    def pytest_report_header(self) -> list[str]:
        name = self.cards.assignment.name
        lines = [f"grader: {name}, {figures.count(len(self._files), 'submission')}"]
        return lines + [f"grader: left out: {printable(problem)}" for problem in self.problems]

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        yield  # what other plugins make of a student's file is dropped before it imports anything
        submission = self._files.get(file_path.resolve())
        if submission is None:
            return []
        node: SubmissionFile = SubmissionFile.from_parent(
            parent, path=file_path, **sane(parent.config, file_path)
        )
        node.submission, node.cards = submission, self.cards
        return [node]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector:
        return Folder.at(path, parent)

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        """Pytest passes over folders by name, `build` and `venv`: one may be a student's."""
        asked = config.getoption("ignore") or config.getoption("ignore_glob")
        on_the_way = any(collection_path.resolve() in path.parents for path in self._files)
        return False if on_the_way and not asked else None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The points of each submission, as far as its tests were selected."""
        scores: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for outcome in ("passed", "failed"):
            for report in terminalreporter.getreports(outcome):
                told = dict(report.user_properties)
                if report.when == "call" and "score" in told:
                    points = scores[report.nodeid.split("::")[0]]
                    points[0] += told["score"]
                    points[1] += told["max_score"]
        if scores:
            terminalreporter.section("points")
        for name, (score, most) in sorted(scores.items()):
            terminalreporter.line(f"{name}  {figures.points(score)} / {figures.points(most)}")

    def pytest_unconfigure(self) -> None:
        self.cards.close()
        self._stack.close()
