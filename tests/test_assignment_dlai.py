"""The deep-learning specialisation's assignments: what solutions, starters, examples and mistakes earn."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT
from dlai_edits import HELPERS, MISTAKES, OTHER_FORMS, OTHER_WAYS, edited

from grader.assignment import Assignment, load_assignment
from grader.cli.starter import write_starter
from grader.execution.session import GradingSession
from grader.records.scorecard import Scorecard, TargetScore
from grader.submission import discover


def rounds(edits: Mapping[str, Mapping[str, Sequence[Any]]]) -> list[tuple[str, int]]:
    """One edit of every function at a time, as long as there are any."""
    return [
        (name, number)
        for name, each in edits.items()
        for number in range(max(len(choices) for choices in each.values()))
    ]


Class = tuple[Assignment, GradingSession]
Key = tuple[str, str]


@pytest.fixture(scope="module", params=list(MISTAKES))
def opened(request: pytest.FixtureRequest) -> Iterator[Class]:
    assignment = load_assignment(ROOT / "assignments" / request.param)
    with GradingSession(assignment) as session:
        yield assignment, session


@pytest.fixture(scope="module")
def examples(opened: Class, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorecard]:
    folder = opened[0].folder / "examples"
    return graded(opened[1], folder, tmp_path_factory.mktemp("examples"))


def graded(session: GradingSession, path: Path, workspace: Path) -> dict[str, Scorecard]:
    found = discover([path], workspace)
    return {each.id: session.grade(each).card for each in found.submissions}


def solution(assignment: Assignment) -> Path:
    return ROOT / "solutions" / assignment.name / "solution.ipynb"


def rows(card: Scorecard) -> dict[Key, TargetScore]:
    return {(e.id, target.of): target for e in card.exercises for target in e.targets}


def lost(card: Scorecard) -> set[Key]:
    return {key for key, target in rows(card).items() if target.score < target.max_score}


def said(assignment: Assignment) -> dict[str, dict[str, Any]]:
    """Example → exercise → a word for all of its targets, or for each."""
    return tomllib.loads((assignment.folder / "examples" / "expected.toml").read_text("utf-8"))


def words(assignment: Assignment, entry: dict[str, Any]) -> dict[Key, str]:
    """Exercise and target → "wrong" or "unfinished"; what is not there is right."""
    made: dict[Key, str] = {}
    for exercise in assignment.spec.exercises:
        word = entry.get(exercise.id, {})
        each = dict.fromkeys(exercise.targets, word) if isinstance(word, str) else word
        made |= {(exercise.id, target): said for target, said in each.items()}
    return made


def word(row: TargetScore) -> str:
    return "unfinished" if row.verdict == "missing" else "wrong"


def test_the_solution_earns_everything_without_a_note(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    (card,) = graded(session, solution(assignment), tmp_path).values()
    assert lost(card) == set()
    assert card.integrity == []


def test_the_starter_is_the_solution_without_its_answers(opened: Class, tmp_path: Path) -> None:
    assignment, _ = opened
    write_starter(solution(assignment), tmp_path / "starter.ipynb")
    made = (tmp_path / "starter.ipynb").read_text("utf-8")
    assert made == (assignment.folder / "starter.ipynb").read_text("utf-8")


def test_the_starter_earns_nothing_and_is_no_error(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    (card,) = graded(session, assignment.folder / "starter.ipynb", tmp_path).values()
    assert (card.score, card.status) == (0, "graded")
    for exercise in card.exercises:
        assert "unfinished" in (exercise.cause or ""), (exercise.id, exercise.cause)


def test_every_example_earns_what_is_said_of_it(
    opened: Class, examples: dict[str, Scorecard]
) -> None:
    assignment, _ = opened
    assert set(said(assignment)) == set(examples)
    for name, entry in said(assignment).items():
        card = examples[name]
        assert card.status == "graded", name
        assert {key: word(rows(card)[key]) for key in lost(card)} == words(assignment, entry), name
        assert card.integrity == [], name
        told = any("forward" in note for note in card.notes)
        assert told == (entry.get("forward") == "differs"), name


def test_every_example_is_told_of(opened: Class) -> None:
    folder = opened[0].folder / "examples"
    told = (folder / "README.md").read_text("utf-8")
    there = [path.name for path in folder.iterdir() if path.suffix in {".ipynb", ".py"}]
    assert [name for name in there if f"| `{name}` |" not in told] == []


def test_every_notebook_is_a_valid_one(opened: Class) -> None:
    assignment, _ = opened
    notebooks = [*assignment.folder.rglob("*.ipynb"), solution(assignment)]
    for path in notebooks:
        content = nbformat.from_dict(json.loads(path.read_text("utf-8")))
        nbformat.validate(content)
        assert (content.nbformat, content.nbformat_minor) == (4, 5), path


@pytest.mark.parametrize(("opened", "number"), rounds(MISTAKES), indirect=["opened"])
def test_a_mistake_in_every_function_costs_what_is_wrong_by_it_and_nothing_else(
    opened: Class, tmp_path: Path, number: int
) -> None:
    assignment, session = opened
    notebook, wrong = solution(assignment).read_text("utf-8"), set()
    for exercise, mistakes in MISTAKES[assignment.name].items():
        if number < len(mistakes):
            old, new, targets = mistakes[number]
            notebook = edited(notebook, exercise, old, new)
            wrong |= {(exercise, target) for target in targets.split()}
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert lost(card) == wrong
    assert {rows(card)[key].score for key in wrong} == {0.0}


@pytest.mark.parametrize(("opened", "number"), rounds(OTHER_WAYS), indirect=["opened"])
def test_other_ways_to_write_it_are_right_as_well(
    opened: Class, tmp_path: Path, number: int
) -> None:
    assignment, session = opened
    notebook = solution(assignment).read_text("utf-8")
    for exercise, ways in OTHER_WAYS[assignment.name].items():
        notebook = edited(notebook, exercise, *ways[number])
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert lost(card) == set()
    assert card.integrity == []


@pytest.mark.parametrize(
    ("opened", "number"),
    [(name, number) for name, forms in OTHER_FORMS.items() for number in range(len(forms))],
    indirect=["opened"],
)
def test_what_is_handed_on_in_another_form_is_judged_as_well(
    opened: Class, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, number: int
) -> None:
    assignment, session = opened
    notebook = solution(assignment).read_text("utf-8")
    edits = OTHER_FORMS[assignment.name][number]
    for edit in edits:
        notebook = edited(notebook, *edit)
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    # each of them with a mistake as well: it is found still, at its function
    function = edits[-1][0]
    old, new, wrong = MISTAKES[assignment.name][function][0]
    (tmp_path / "berta.ipynb").write_text(edited(notebook, function, old, new), "utf-8")
    cards = graded(session, tmp_path, tmp_path_factory.mktemp("work"))
    assert lost(cards["anna"]) == set()
    assert lost(cards["berta"]) == {(function, name) for name in wrong.split()}


@pytest.mark.parametrize("opened", ["dlai_deep"], indirect=True)
def test_a_gradient_of_the_output_kept_by_its_number_moves_no_other_one(
    opened: Class, tmp_path: Path
) -> None:
    assignment, session = opened
    notebook = edited(
        solution(assignment).read_text("utf-8"),
        "L_model_backward",
        'grads[f"dA{l}"] = dA',
        'grads[f"dA{l + 1}"] = kept',
    )
    notebook = edited(
        notebook,
        "L_model_backward",
        "        dA, dW, db =",
        "        kept = dA\n        dA, dW, db =",
    )
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert lost(card) == {("L_model_backward", "A0")}


@pytest.mark.parametrize("opened", list(HELPERS), indirect=True)
def test_a_mistake_in_a_helper_costs_nothing_in_what_calls_it(
    opened: Class, tmp_path: Path
) -> None:
    assignment, session = opened
    helper, old, new, exercise = HELPERS[assignment.name]
    notebook = edited(solution(assignment).read_text("utf-8"), helper, old, new)
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert lost(card) == set()
    followed = {
        (key[0], target.root_cause)
        for key, target in rows(card).items()
        if target.basis == "follow_through"
    }
    assert followed == {(exercise, helper)}


@pytest.mark.parametrize("opened", ["dlai_deep"], indirect=True)
def test_helpers_of_a_module_that_was_not_handed_in_are_lent(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    notebook = solution(assignment).read_text("utf-8")
    assert "from dnn_utils import" in notebook
    (tmp_path / "anna.ipynb").write_text(notebook.replace("dnn_utils", "my_activations"), "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert lost(card) == set()
    assert card.integrity == []


@pytest.mark.parametrize("opened", ["dlai_convolution"], indirect=True)
def test_a_stride_forgotten_on_the_way_back_is_named(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    notebook = solution(assignment).read_text("utf-8")
    for edit in [
        ("conv_backward", "top, left = h * stride, w * stride", "top, left = h, w"),
        ("pool_backward", "slice(h * stride, h * stride + f)", "slice(h, h + f)"),
        ("pool_backward", "slice(w * stride, w * stride + f)", "slice(w, w + f)"),
    ]:
        notebook = edited(notebook, *edit)
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    wrong = {
        ("conv_backward", "A_prev"): "the convolution",
        ("conv_backward", "W"): "the convolution",
        ("pool_backward", "A_prev"): "the pooling",
    }
    assert lost(card) == set(wrong)
    for key, operation in wrong.items():
        found = rows(card)[key].diagnosis
        assert found is not None
        assert found.code == "wrong_index"
        assert f"right for a stride of 1: every window of {operation}" in found.why


@pytest.mark.parametrize("opened", ["dlai_deep"], indirect=True)
def test_a_wrong_sign_above_all_layers_is_told_with_its_line(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    before, after = "np.divide(Y, AL) - np", "np.divide(Y, AL) + np"
    notebook = edited(solution(assignment).read_text("utf-8"), "L_model_backward", before, after)
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert {exercise for exercise, _ in lost(card)} == {"L_model_backward"}
    for key in lost(card):
        found = rows(card)[key].diagnosis
        assert found is not None
        assert found.code == "sign"
        assert after in str(found.evidence["there"])


@pytest.mark.parametrize("opened", ["dlai_convolution"], indirect=True)
def test_windows_of_both_modes_that_are_assigned_are_named(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    notebook = solution(assignment).read_text("utf-8")
    for value in ("mask", "distribute"):
        notebook = edited(notebook, "pool_backward", f"c] += {value}", f"c] = {value}")
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert lost(card) == {("pool_backward", "A_prev")}
    found = rows(card)["pool_backward", "A_prev"].diagnosis
    assert found is not None
    assert found.code == "overwritten"
    assert "what the last of them gives" in found.why


@pytest.mark.parametrize("opened", ["dlai_recurrent"], indirect=True)
def test_two_states_that_are_not_carried_back_are_both_named(opened: Class, tmp_path: Path) -> None:
    assignment, session = opened
    notebook = edited(
        solution(assignment).read_text("utf-8"),
        "lstm_backward",
        "(da[:, :, t] + da_prevt, dc_prevt, caches[t])",
        "(da[:, :, t], 0 * dc_prevt, caches[t])",
    )
    (tmp_path / "anna.ipynb").write_text(notebook, "utf-8")
    (card,) = graded(session, tmp_path / "anna.ipynb", tmp_path / "work").values()
    assert {exercise for exercise, _ in lost(card)} == {"lstm_backward"}
    through_both = "two contributions: the one that comes back through a concatenation and the one"
    for key in lost(card):
        found = rows(card)[key].diagnosis
        assert found is not None
        assert found.code == "missing_path"
        # the output gate reads no cell state of a step before
        assert (through_both in found.why) == (key[1] not in ("Wo", "bo"))


def test_every_target_of_every_function_has_mistakes_to_be_tried(opened: Class) -> None:
    assignment, _ = opened
    mistakes = MISTAKES[assignment.name]
    assert set(mistakes) == {each.id for each in assignment.spec.exercises}
    assert {e: len(each) for e, each in mistakes.items() if len(each) < 5} == {}
    for exercise in assignment.spec.exercises:
        tried = {target for *_, wrong in mistakes[exercise.id] for target in wrong.split()}
        assert tried == set(exercise.targets)
