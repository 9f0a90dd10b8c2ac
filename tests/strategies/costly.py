"""Submissions that cost the grader much: large networks, many attempts, many wrong lines, long code."""

from __future__ import annotations

import re
from typing import NamedTuple

from conftest import BACKWARD, FORWARD, SETUP, notebook
from hypothesis import strategies as st

LINES = [line for line in BACKWARD.splitlines() if re.match(r"d\w+ \+?= ", line)]
MISTAKES = (
    lambda value: f"-({value})",
    lambda value: f"({value}) * 1.7",
    lambda value: f"({value}) ** 2",
    lambda value: f"({value}) * h.mean()",
    lambda value: f"({value}).flip(0)",
    lambda value: f"({value}).roll(1, -1) + 1e-3 * loss.detach()",
    lambda value: f"torch.randn(({value}).shape)",
    lambda value: f"(lambda x: x - x.mean())({value})",
)


class Costly(NamedTuple):
    """How a costly notebook is made."""

    batch: int
    hidden: int
    attempts: int
    """Cells that derive everything anew."""
    passes: int
    """Forward passes before each of them."""
    wrong: tuple[tuple[int, int], ...]
    """Line → which mistake is made in it."""
    longer: int
    """Terms that are added to each line and cancel out."""
    helpers: int
    """Functions through which each value goes."""
    own_names: bool

    def content(self) -> bytes:
        """The notebook."""
        setup = SETUP.replace("n = 32", f"n = {self.batch}").replace("64", str(self.hidden))
        helpers = "".join(
            f"def f{k}(x):\n    y = x + 0\n    return {f'f{k - 1}(y)' if k else 'y'}\n"
            for k in range(self.helpers)
        )
        cells = [setup, helpers or "pass"]
        for attempt in range(self.attempts):
            cells += [FORWARD] * self.passes
            cells.append(self._backward(attempt))
        return notebook(*cells)

    def _backward(self, attempt: int) -> str:
        text = BACKWARD
        for place, (line, mistake) in enumerate(self.wrong):
            head, sign, value = LINES[line].partition("= ")
            if (attempt + place) % 3 == 0:
                text = text.replace(LINES[line], head + sign + MISTAKES[mistake](value))
        if self.longer or self.helpers:
            text = re.sub(r"^(d\w+ \+?= )(.*)$", self._lengthened, text, flags=re.MULTILINE)
        return re.sub(r"\bd(?=\w)", "g_", text) if self.own_names else text

    def _lengthened(self, line: re.Match[str]) -> str:
        value = f"f{self.helpers - 1}({line[2]})" if self.helpers else line[2]
        return line[1] + value + "".join(f" + {k} - {k}" for k in range(self.longer))


costly = st.builds(
    Costly,
    batch=st.sampled_from([2, 32, 256, 1024, 2048]),
    hidden=st.sampled_from([1, 64, 200, 512]),
    attempts=st.integers(1, 40),
    passes=st.integers(0, 3),
    wrong=st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, len(MISTAKES) - 1)),
        max_size=26,
        unique_by=lambda each: each[0],
    ).map(tuple),
    longer=st.sampled_from([0, 0, 10, 200]),
    helpers=st.sampled_from([0, 0, 3, 40]),
    own_names=st.booleans(),
)
