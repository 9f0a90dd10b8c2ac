"""`python -m grader.mutants --out DIR`: write all mutants and rewrites as notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from grader import pins

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--assignment", default="backprop_ninja", show_default=True, metavar="NAME|DIR")
@click.option("--solution", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def main(out: Path, assignment: str, solution: Path | None) -> None:
    """Write a folder of notebooks and `manifest.json`, which says what is known of each."""
    pins.apply()
    from grader.assignment import find_assignment, load_assignment
    from grader.mutants import Mutant, Tally, mutants, rewrites

    loaded = load_assignment(find_assignment(assignment))
    path = solution or SOLUTIONS / loaded.name / "solution.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tallies = {"mutants": Tally(), "rewrites": Tally()}
    out.mkdir(parents=True, exist_ok=True)

    def written(made: Iterable[Mutant]) -> list[dict[str, object]]:
        rows = []
        for mutant in made:
            file = out / f"{mutant.id}.ipynb"
            file.write_text(json.dumps(mutant.notebook, ensure_ascii=False), encoding="utf-8")
            row = msgspec.to_builtins(mutant)
            rows.append({key: value for key, value in row.items() if key != "notebook"})
        return rows

    manifest = {
        "assignment": loaded.name,
        "mutants": written(mutants(notebook, loaded, tallies["mutants"])),
        "rewrites": written(rewrites(notebook, loaded, tallies["rewrites"])),
        "tried": {name: tally.as_dict() for name, tally in tallies.items()},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    click.echo(
        f"{len(manifest['mutants'])} mutants and {len(manifest['rewrites'])} rewrites in {out}"
    )


if __name__ == "__main__":
    main()
