"""The README's table of figures: `python tests/benchmarks/table.py [RESULTS.JSON]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "reports" / "bench" / "results.json"
CLASSES = {
    "kept": "class of {} that kept the starter's set-up",
    "unrelated": "class of {} that shares nothing with the starter",
}


def table(results: dict[str, Any]) -> str:
    """Markdown; ratios are of medians."""
    lines = [
        _machine(results),
        "",
        *_contest(results["contest"]),
        "",
        "| | | |",
        "| --- | --- | --- |",
    ]
    lines += [_row(*row) for row in _rows(results)]
    return "\n".join(lines)


def _machine(results: dict[str, Any]) -> str:
    one = results["machine"]
    return (
        f"{one['processor']}, {one['cores']} cores, {one['memory_gb']} GB, {one['system']},"
        f" Python {one['python']}, torch {one['torch']}; {results['made'][:10]}."
    )


def _contest(contest: dict[str, Any]) -> list[str]:
    tools = [f"{name} {version}" for name, version in contest["versions"].items()]
    heads = ["seconds per submission", "jobs", "grader", *tools]
    lines = [_row(*heads), _row("---", *["---:"] * (len(heads) - 1))]
    for record in contest["records"]:
        mine = record["each"]["grader"]["median"]
        cells = []
        for tool in contest["versions"]:
            theirs = record["each"][tool]
            cells.append(f"{_seconds(theirs)}, {theirs['median'] / mine:.0f} ×")
        name = CLASSES[record["class"]].format(record["submissions"])
        lines.append(_row(name, record["jobs"], _seconds(record["each"]["grader"]), *cells))
    return lines


def _rows(results: dict[str, Any]) -> list[tuple[str, str, str]]:
    cold, floor, room = results["cold"], results["floor"], results["cleanroom"]
    jobs, cluster, memory = results["jobs"], results["cluster"], results["memory"]
    modules = results["modules"]
    rows = [
        (
            "one cold notebook, against starting Python, importing torch and running its cells",
            f"{_seconds(cold['grader'])} s against {_seconds(cold['bare'])} s",
            f"{cold['ratio']:.2f} ×",
        ),
        (
            "a submission, against two forks that run only the student's own cells",
            f"{_ms(floor['grader'])} against {_ms(floor['floor'])}",
            f"{floor['ratio']:.2f} ×",
        ),
        (
            "what the clean room adds to a submission that shares nothing",
            f"{_ms(room['cleanroom'])} to {_ms(room['rest'])}",
            f"{room['cleanroom']['median'] / room['rest']['median'] * 100:.0f} %",
        ),
        (
            f"class of {jobs['submissions']}, two jobs against one",
            f"{jobs['two']:.1f} s against {jobs['one']:.1f} s",
            f"{jobs['ratio']:.2f} ×",
        ),
        (
            f"class of {cluster['submissions']}, two Dask workers against two local jobs: each",
            f"{_ms(cluster['dask'])} against {_ms(cluster['local'])}",
            f"{cluster['ratio']:.2f} ×",
        ),
        (
            f"class of {modules['submissions']} modules, one job (two); a numerical check in Jupyter",
            f"{_ms(modules['one'])} ({_ms(modules['two'])}) against {_seconds(modules['check'])} s",
            f"{modules['check']['median'] / modules['one']['median']:.1f} ×",
        ),
        (
            "memory of a run's process: with its share of its template's (PSS), of its own",
            f"{_mb(memory, 'shared')}; {_mb(memory, 'own')}",
            "",
        ),
    ]
    first = results["growth"][0]
    for one in results["growth"]:
        change = one["each"] / first["each"] - 1
        rows.append(
            (
                f"class of {one['submissions']:,}: each after the start; peak memory; run again",
                f"{one['each'] * 1000:.0f} ms; {one['peak_mb']:.0f} MB; {one['again']:.1f} s",
                f"{change * 100:+.0f} %" if one is not first else "",
            )
        )
    return rows


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _seconds(times: dict[str, float]) -> str:
    """Median, and least to greatest where there are several runs."""
    digits = 3 if times["median"] < 1 else 2 if times["median"] < 3 else 1
    median = f"{times['median']:.{digits}f}"
    if times["runs"] == 1:
        return median
    return f"{median} ({times['min']:.{digits}f}–{times['max']:.{digits}f})"


def _mb(memory: dict[str, float], kind: str) -> str:
    return f"{memory[f'{kind}_median_mb']:.0f} MB (at most {memory[f'{kind}_most_mb']:.0f})"


def _ms(times: dict[str, float]) -> str:
    return f"{times['median'] * 1000:.0f} ms ({times['min'] * 1000:.0f}–{times['max'] * 1000:.0f})"


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    print(table(json.loads(file.read_text(encoding="utf-8"))))
