"""`python -m grader.proof`: make all mutants, grade them, and say how the grader did."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click
import msgspec

from grader.errors import GraderError
from grader.protocol import determinism
from grader.temporary_folder import workspace


@click.command()
@click.option("--assignment", default="backprop_ninja", show_default=True, metavar="NAME|DIR")
@click.option("--solution", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Figures as JSON.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep notebooks.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--every", type=click.IntRange(min=1), default=1, help="Only each so many-th.")
@click.option("--sample", is_flag=True, help="Only the sample that the tests grade.")
def main(
    assignment: str,
    solution: Path | None,
    out: Path | None,
    keep: Path | None,
    jobs: int,
    every: int,
    sample: bool,
) -> None:
    """Exit status 1 if any figure that must be 0 is not: a right answer marked wrong or noted, a
    wrong step called right or left free, a copy with full marks that nobody is told of.
    """
    determinism.apply()
    from grader.proof.functions.proof import is_of_functions, prove_functions
    from grader.proof.proof import prove

    with workspace() as folder:
        try:
            make = prove_functions if is_of_functions(assignment) else prove
            proof = make(assignment, solution, folder, jobs=jobs, every=every, sample=sample)
        except GraderError as error:
            click.echo(f"grader: {error}", err=True)
            sys.exit(2)
        if keep is not None:
            shutil.copytree(folder / "notebooks", keep, dirs_exist_ok=True)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(msgspec.to_builtins(proof), indent=1) + "\n", encoding="utf-8")
    click.echo(proof.text())
    sys.exit(1 if proof.summary.broken_promises else 0)


if __name__ == "__main__":
    main()
