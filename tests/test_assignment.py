from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.assignment import find_assignment, load_assignment
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


def test_a_forward_script_with_a_loop_is_refused_with_its_line(copy: Path) -> None:
    (copy / "forward.py").write_text("emb = C[Xb]\nfor i in range(3):\n    pass\n")
    assert "forward.py:2: a forward script holds" in message_of(copy)


def test_a_forward_script_must_end_in_the_loss(copy: Path) -> None:
    (copy / "forward.py").write_text("loss = 1\nh = 2\n")
    assert "the last assignment must be `loss = …`" in message_of(copy)


def test_a_forward_script_with_a_syntax_error_is_refused_with_its_line(copy: Path) -> None:
    (copy / "forward.py").write_text("loss = = 1\n")
    assert "forward.py:1:" in message_of(copy)


def test_a_tensor_assigned_twice_is_refused(copy: Path) -> None:
    (copy / "forward.py").write_text("h = 1\nh = 2\nloss = 1\n")
    assert "`h` is assigned twice" in message_of(copy)


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
