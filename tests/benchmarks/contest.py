"""The grader and its peers on the same notebooks, in turn, with two jobs and with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from command import Command
from peers import Peer
from sizes import Sizes
from timing import Times

Record = dict[str, Any]


class Contest:
    """Whole commands, everything included: reports, gradebook, audit, feedback."""

    def __init__(self, ours: Command, peers: Sequence[Peer], scratch: Path, sizes: Sizes) -> None:
        self.ours, self.peers, self.sizes = ours, peers, sizes
        self._folders = (scratch / f"contest-{number}" for number in count())

    def run(self, classes: Mapping[str, Sequence[Path]]) -> list[Record]:
        """Seconds per submission, a record for each class and number of jobs."""
        records = []
        for name, notebooks in classes.items():
            for jobs, rounds in ((2, self.sizes.rounds), (1, 1)):
                records.append(self._record(name, notebooks, jobs, rounds))
        self._agree()
        return records

    def _record(self, name: str, notebooks: Sequence[Path], jobs: int, rounds: int) -> Record:
        sample = notebooks[:: max(len(notebooks) // self.sizes.peers, 1)][: self.sizes.peers]
        if jobs == 1:
            sample = sample[: max(len(sample) // 2, 1)]
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            folder = notebooks[0].parent
            mine = self.ours.seconds(folder, jobs=jobs) / len(notebooks)
            seconds.setdefault("grader", []).append(mine)
            for peer in self.peers:
                theirs = peer.grade(sample, next(self._folders), jobs) / len(sample)
                seconds.setdefault(peer.name, []).append(theirs)
        each = {tool: Times(tuple(times)).record() for tool, times in seconds.items()}
        for tool, times in each.items():
            print(f"  {name}, {jobs} jobs: {tool:10} {times['median']:8.3f} s each", flush=True)
        return {
            "class": name,
            "submissions": len(notebooks),
            "sample": len(sample),
            "jobs": jobs,
            "each": each,
        }

    def _agree(self) -> None:
        """Peers that graded the same tests gave the same points, or one did not work."""
        scores = [peer.scores for peer in self.peers if peer.scores]
        if any(other != scores[0] for other in scores):
            raise RuntimeError(f"the peers' points differ: {scores}")
