"""Class folders of every layout, mixed: what each student handed in, as paths."""

from __future__ import annotations

import shutil
from pathlib import Path

from hypothesis import strategies as st

from grader.submission import Discovery, discover

LOGINS = st.sampled_from(
    ["ada", "ben", "cy", "dmitri", "eve", "Ada", "jo-ann", "adoe3", "x1", "李"]
)
NAMES = st.sampled_from(["Ada Doe", "Ben Roe", "José Poe", "Ann-Lee O'Neill", "Wu Li", "Ada doe"])
NUMBERS = st.integers(100, 130)
FILES = st.sampled_from(["hw1.ipynb", "hw.ipynb", "x.ipynb", "draft final.ipynb", "a.ipynb"])
CLOCKS = st.sampled_from(["2026-10-01-12-00-00", "2026-10-02-09-30-00", "2026-11-02-09-30-01"])
_FORMS = [
    "{login}.ipynb",
    "{login}/{file}",
    "{login}/sub/{file}",
    "{name}/{file}",
    "{name}_{number}_assignsubmission_file_/{file}",
    "Participant_{number}_assignsubmission_file_{file}",
    "{login}_{number}_67890_{file}",
    "{login}_LATE_{number}_67890_{file}",
    "HW1_{login}_attempt_{clock}_{file}",
    "{number}-67890 - {name} - Oct 3, 2026 915 AM/{file}",
    "{number}-67890 - {name} - Oct 1, 2026 1200 PM/{file}",
    "submission_{number}000/{file}",
    "submitted/{login}/hw1/{file}",
    "Submitted files/{name}/HW1/Version 1/{file}",
    "Submitted files/{name}/HW1/Version 2/{file}",
    "Doe, {login}({login}{number})/Submission attachment(s)/{file}",
    "Doe_Ada_{login}_{number}/{file}",
    "{login}@example.edu/{clock}/{file}",
    "{login}+hw1+2026-10-02 09:30:00 UTC/{file}",
    "hw1-{login}/{file}",
    "hw1-submissions/hw1-{login}/{file}",
    "{name} - {file}",
    "source/hw1/{file}",
    "{login}/{file}.txt",
]


@st.composite
def hand_ins(draw) -> str:
    """The path of one notebook."""
    form = draw(st.sampled_from(_FORMS))
    return form.format(
        login=draw(LOGINS),
        name=draw(NAMES),
        number=draw(NUMBERS),
        file=draw(FILES),
        clock=draw(CLOCKS),
    )


classes = st.lists(hand_ins(), min_size=1, max_size=12, unique_by=str.casefold)
"""Paths of all notebooks of a class."""


def check_class(paths: list[str], workspace: Path) -> None:
    """Every notebook is one student's or in one line; ids do not depend on who else is there."""
    root = workspace / "klass"
    try:
        whole = _found(root, paths, workspace)
        ids = _owners(whole, root, paths)
        for gone in paths[:3]:
            shutil.rmtree(root)
            rest = [path for path in paths if path != gone]
            fewer = _owners(_found(root, rest, workspace), root, rest)
            for path, owner in fewer.items():
                assert owner == ids[path], (gone, path, owner, ids[path])
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _found(root: Path, paths: list[str], workspace: Path) -> Discovery:
    root.mkdir(parents=True, exist_ok=True)
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text('{"cells": [], "nbformat": 4}')
    return discover([root], workspace / "unpacked")


def _owners(found: Discovery, root: Path, paths: list[str]) -> dict[str, str]:
    """Path → folded id of the student whose file it is, an earlier attempt's too; "" by a line."""
    owners: dict[str, str] = {}
    for path in paths:
        origin = str(root / path)
        graded = [each.id for each in found.submissions if origin in each.origins]
        earlier = [e.id for e in found.submissions if any(origin in note for note in e.notes)]
        lines = [line for line in found.problems if line.startswith(f"{origin}: stands in source/")]
        told = graded or earlier[:1] or [""] * len(lines)
        assert len(told) == 1, (path, graded, earlier, lines)
        owners[path] = told[0].casefold()
    assert len({each.id.casefold() for each in found.submissions}) == len(found.submissions)
    return owners
