from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect as info

from grader.assignment import find_assignment, load_assignment
from grader.assignment.loader import TABLES
from grader.assignment.spec import Spec
from grader.errors import AssignmentError, UsageError

BUNDLED = Path(__file__).parents[1] / "assignments" / "backprop_ninja"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "backprop_ninja"
    shutil.copytree(BUNDLED, folder, ignore=shutil.ignore_patterns("examples"))
    return folder


def change(folder: Path, old: str, new: str, *, file: str = "assignment.toml") -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def message_of(folder: Path) -> str:
    with pytest.raises(AssignmentError) as caught:
        load_assignment(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_bundled_assignment_has_26_targets_in_its_first_exercise() -> None:
    assignment = load_assignment(BUNDLED)
    assert len(assignment.spec.exercises[0].targets) == 26
    assert assignment.parameters == ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
    assert assignment.forward.tensors[-1] == "loss"
    assert assignment.forward.consumers("counts") == {"probs", "counts_sum"}


def test_aliases_lead_to_canonical_names() -> None:
    assignment = load_assignment(BUNDLED)
    assert assignment.gradient_names["dw1"] == "dW1"
    assert assignment.gradient_names["dW1"] == "dW1"
    assert assignment.input_names["xs"] == "Xb"


def test_an_unknown_key_is_named_with_its_path_and_a_near_miss(copy: Path) -> None:
    path = copy / "assignment.toml"
    path.write_text(path.read_text() + "\n[rates]\ncoincidenze = 1\n")
    text = message_of(copy)
    assert "assignment.toml: rates: unknown key `coincidenze` (did you mean `coincidence`?)" in text


def test_a_wrong_type_says_what_was_expected(copy: Path) -> None:
    change(copy, 'title = "', 'title = 3 # "')
    assert "title: expected `str`, got `int`" in message_of(copy)


def test_a_target_that_is_no_tensor_is_named(copy: Path) -> None:
    change(copy, '"logprobs"', '"logprob"')
    assert "`logprob` does not exist (did you mean `logprobs`?)" in message_of(copy)


def test_a_forward_script_must_assign_the_loss(copy: Path) -> None:
    (copy / "forward.py").write_text("h = 2\n")
    assert "no line assigns `loss`: end it with `loss = …`" in message_of(copy)


def test_an_input_may_not_be_assigned(copy: Path) -> None:
    (copy / "forward.py").write_text("for C in [1]:\n    loss = C\n")
    assert "forward.py:1: `C` is an input of the assignment" in message_of(copy)


def test_a_forward_script_with_a_syntax_error_is_refused_with_its_line(copy: Path) -> None:
    (copy / "forward.py").write_text("loss = = 1\n")
    assert "forward.py:1:" in message_of(copy)


def test_a_missing_data_file_is_named(copy: Path) -> None:
    (copy / "data" / "names.txt").unlink()
    assert "data: there is no file" in message_of(copy)


def test_broken_toml_is_refused(copy: Path) -> None:
    (copy / "assignment.toml").write_text("name = ")
    assert "is not valid TOML" in message_of(copy)


def test_a_folder_of_data_takes_the_place_of_the_assignments_own(copy: Path) -> None:
    other = copy.parent / "other"
    other.mkdir()
    (other / "names.txt").write_text("anna\n")
    assert load_assignment(copy, data=other).data == (other / "names.txt",)
    assert load_assignment(copy).digest != load_assignment(copy, data=other).digest


def test_an_unknown_assignment_is_a_usage_error_with_a_near_miss() -> None:
    with pytest.raises(UsageError, match="did you mean backprop_ninja"):
        find_assignment("backprop_ninj")


def test_an_assignment_is_found_by_name_and_by_folder() -> None:
    assert find_assignment("backprop_ninja").samefile(BUNDLED)
    assert find_assignment(str(BUNDLED)).samefile(BUNDLED)


def keys_with_numbers() -> Iterator[tuple[str, str]]:
    """Table and key of every number that an assignment may say."""
    for table, kind in {**TABLES, "": Spec}.items():
        for field in msgspec.structs.fields(kind):
            if any(isinstance(of, info.FloatType | info.IntType) for of in types_in(field.type)):
                yield table, field.name


def types_in(annotation: object) -> Iterator[info.Type]:
    """All types that a field's type is made of, records apart."""
    waiting = [info.type_info(annotation)]
    while waiting:
        kind = waiting.pop()
        yield kind
        for part in ("types", "item_type", "value_type"):
            inner = getattr(kind, part, ())
            waiting += inner if isinstance(inner, tuple) else [inner]


NUMBERS = list(keys_with_numbers())


@pytest.mark.parametrize(("table", "key"), NUMBERS)
@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1e300", "1e300"])
def test_every_number_of_an_assignment_has_bounds(
    copy: Path, table: str, key: str, number: str
) -> None:
    spec = tomllib.loads((copy / "assignment.toml").read_text())
    assert message_of(write(copy, spec, table, key, float(number))).count(key)


def write(folder: Path, spec: dict[str, Any], table: str, key: str, value: object) -> Path:
    """The assignment with one key changed."""
    where = {"inputs": spec["inputs"]["W1"], "exercises": spec["exercises"][0]}.get(table)
    where = spec.setdefault(table, {}) if where is None else where
    shaped = {"shape": [value], "points_of": {"h": value}}
    where[key] = shaped.get(key, value)
    if table == "late":
        where.setdefault("due", datetime(2026, 11, 20, tzinfo=UTC))
    lines = [f"{name} = {toml(part)}\n" for name, part in spec.items()]
    (folder / "assignment.toml").write_text("".join(lines), encoding="utf-8")
    return folder


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, str | bool) else repr(value)


@pytest.mark.parametrize(
    ("table", "key", "value", "says"),
    [
        ("rates", "coincidence", 5, "rates.coincidence: expected `float` <= 1.0"),
        ("rates", "copied", -0.5, "rates.copied: expected `float` >= 0.0"),
        ("exercises", "points", -1, "exercises[0].points: expected `float` >= 0.0"),
        ("exercises", "points_of", -1, "exercises[0].points_of[...]: expected `float` >= 0.0"),
        ("exercises", "targets", [], "exercises[0].targets: expected `array` of length >= 1"),
        ("exercises", "targets", ["h", "h"], "exercises[0].targets: `h` stands twice"),
        ("tolerance", "rtol", 2, "tolerance.rtol: expected `float` <= 1.0"),
        ("loops", "steps", 0, "loops.steps: expected `int` >= 1"),
        ("limits", "cell_seconds", 0, "limits.cell_seconds: expected `float` > 0.0"),
        ("limits", "processes", 0, "limits.processes: expected `int` >= 1"),
        ("inputs", "shape", 0, "inputs[...].shape[0]: expected `int` >= 1"),
    ],
)
def test_a_number_out_of_bounds_is_named_with_its_bound(
    copy: Path, table: str, key: str, value: object, says: str
) -> None:
    spec = tomllib.loads((copy / "assignment.toml").read_text())
    assert says in message_of(write(copy, spec, table, key, value))


@pytest.mark.parametrize("key", ["follow_through", "coincidence", "copied", "unproven"])
@pytest.mark.parametrize("rate", [0, 1, 0.5])
def test_a_rate_may_be_anything_from_nothing_to_all(copy: Path, key: str, rate: float) -> None:
    spec = tomllib.loads((copy / "assignment.toml").read_text())
    assert getattr(load_assignment(write(copy, spec, "rates", key, rate)).spec.rates, key) == rate
