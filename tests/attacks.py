"""The attacks of tests/submissions/attacks: read, put into a notebook, described.

An attack is a folder with two files. `attack.py` is a notebook in percent format whose cells
titled `setup`, `forward` and `backward` are empty: an honest student's stand there; `zeros` is a
stub for all gradients.
`expected.toml` is an `Expected`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from conftest import BACKWARD, FORWARD, SETUP

FOLDER = Path(__file__).parent / "submissions" / "attacks"
TABLE = Path(__file__).parents[1] / "docs" / "attacks.md"
HALVES = BACKWARD.partition("dh = ")
GRADIENTS = re.findall(r"^d(\w+) = ", BACKWARD, flags=re.MULTILINE)
HONEST = {
    "setup": SETUP,
    "forward": FORWARD,
    "backward": BACKWARD,
    "backward, first half": HALVES[0],
    "zeros": "\n".join(f"d{name} = torch.zeros_like({name})" for name in GRADIENTS),
    "backward, second half": HALVES[1] + HALVES[2],
}
GROUPS = {
    "read": "Reading what is none of its business",
    "write": "Writing and changing the machine",
    "forge": "Forging results",
    "hunt": "Hunting for the harness",
    "patch": "Patching what the harness uses",
    "copy": "Copying autograd unseen",
    "room": "Deceiving the clean room",
    "value": "Odd values as gradients",
    "end": "Ending or never ending",
    "bomb": "Exhausting the machine",
    "process": "Processes, signals, system calls",
    "cost": "Costing the grader time and memory",
    "honest": "No attacks: honest work that looks like one",
}


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an attack must come to."""

    group: str
    tried: str
    """What the attack does, for the table."""
    stopped: str
    """What keeps it from getting anywhere, for the table."""
    outcome: Literal["as if absent", "zero", "half", "note", "ungraded", "honest"]
    """as if absent: marked as the honest cells alone; zero: what it touches earns nothing,
    and the reason is said; half: right on these data alone, worth half by the assignment's rate;
    note: points, and an integrity note for a person; ungraded; honest: the points that it is
    worth, and not a word beside."""
    score: float = 0.0
    """Where the outcome is `zero`, `half`, `note` or `honest`."""
    earned: float = 0.0
    """What its own cells earn without a note: by formulas or zeros that are right, or by half."""
    run: str = "completed"
    reason: str = ""
    """Pattern in the scorecard's reason."""
    errors: list[str] = []
    """Pattern of each attack cell's error, "" for none; cells not listed do not matter."""
    says: list[str] = []
    """Patterns in what the attack's cells print: proof that it tried."""
    integrity: list[str] = []
    """Codes of the integrity notes, each once."""
    verdicts: dict[str, str] = {}
    """Gradient → its verdict in the first exercise."""
    limits: dict[str, Any] = {}
    neighbour: bool = False
    """Whether an honest submission is graded beside it."""
    needs: str = ""
    """A layer without which this must not be run: it would take the machine down."""
    xfail: str = ""
    """An open hole, and what would close it."""


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """One folder."""

    name: str
    cells: list[tuple[str, str]]
    """Title and source."""
    expected: Expected

    def notebook(self, places: Mapping[str, str]) -> list[str]:
        """Sources of all cells; `places` fills in what `@NAME@` stands for."""
        return [_filled(source, places) for _, source in self.cells]

    @property
    def skeleton(self) -> tuple[str, ...]:
        """The honest cells alone."""
        return tuple(source for title, source in self.cells if title in HONEST)

    @property
    def hostile(self) -> list[int]:
        """Indices of the attack's own cells."""
        return [i for i, (title, _) in enumerate(self.cells) if title not in HONEST]


def all_attacks() -> list[Attack]:
    """Every attack, by name."""
    return [_read(folder) for folder in sorted(FOLDER.iterdir()) if folder.is_dir()]


def _read(folder: Path) -> Attack:
    expected = msgspec.toml.decode((folder / "expected.toml").read_bytes(), type=Expected)
    _, *parts = re.split(r"^# %% *(.*)$", (folder / "attack.py").read_text(), flags=re.MULTILINE)
    titles, sources = parts[::2], parts[1::2]
    cells = [
        (title, HONEST.get(title, source.strip()))
        for title, source in zip(titles, sources, strict=True)
    ]
    return Attack(name=folder.name, cells=cells, expected=expected)


def _filled(source: str, places: Mapping[str, str]) -> str:
    for name, text in places.items():
        source = source.replace(f"@{name}@", text)
    return source


def table(attacks: list[Attack]) -> str:
    """All attacks as Markdown, a table for each group."""
    parts = []
    for group, title in GROUPS.items():
        rows = [f"## {title}\n", "| attack | how it is tried | outcome | what stops it |"]
        rows.append("| --- | --- | --- | --- |")
        for attack in attacks:
            expected = attack.expected
            if expected.group == group:
                cells = (f"`{attack.name}`", expected.tried, expected.outcome, expected.stopped)
                rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


HEAD = """# Attacks

Hostile notebooks, each graded by the tests in the real sandbox (`tests/submissions/attacks`, a
folder each with the code and the scorecard that must come of it). *As if absent*: the marks are
those of the honest cells around it. *Zero*: what it touches earns nothing, and the scorecard says
why. *Half*: it is right on these data alone, and earns half. *Note*: it earns points, and an
integrity note asks the instructor to look. None gets full marks for a gradient that it did not
derive without a note, changes another submission's marks, the machine or its reports.
*Honest*: no attack at all; it gets what it is worth, and not a word beside.

"""

if __name__ == "__main__":
    TABLE.write_text(HEAD + table(all_attacks()))
