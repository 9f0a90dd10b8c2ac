"""`check()` in a kernel that remembers its cells: the words and verdicts of `grader check`."""

from __future__ import annotations

import contextlib
import io
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import BACKWARD, FORWARD, ROOT, Grade, row
from conftest import SETUP as OPENS
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from grader.assignment import find_assignment, load_assignment
from grader.execution.session import GradingSession
from grader.notebook import Notebook, read_notebook
from grader.records.scorecard import Scorecard, TargetScore
from grader.student.answer import Check, checked
from grader.student.memory import remember
from grader.submission import Submission

Run = Callable[..., Check]
SETUP = "from pathlib import Path" + OPENS.replace(
    "open('names.txt').read", "Path('names.txt').read_text"
)
TWO = "dlogits = F.softmax(logits, 1)\ndlogits[range(n), Yb] -= 1\ndlogits /= n"
WRONG = BACKWARD.replace("dhpreact = (1.0 - h**2) * dh", "dhpreact = (1.0 - h) * dh")
TRAINING = "with torch.no_grad():\n    for p in parameters:\n        p.data += 0.1 * p"
ASK = "from grader import check\nanswer = check()"


@pytest.fixture
def shell(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A kernel's own memory and variables, without its sockets."""
    monkeypatch.chdir(data)
    InteractiveShell.clear_instance()
    config = Config(HistoryManager={"hist_file": ":memory:"})
    shell = InteractiveShell.instance(config=config, user_module=types.ModuleType("kernel"))
    remember()
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: InteractiveShell) -> Run:
    """Runs cells; what `check()` then answers."""

    def run(*cells: str) -> Check:
        for cell in ("from grader import cmp", *cells, ASK):
            with contextlib.redirect_stdout(io.StringIO()):
                shell.run_cell(cell, store_history=True)
        answer = shell.user_ns["answer"]
        assert isinstance(answer, Check)
        return answer

    return run


def card_of(answer: Check) -> Scorecard:
    assert answer.card is not None
    assert answer.steps, answer.unseen
    return answer.card


def said(found: TargetScore) -> tuple[object, ...]:
    code = found.diagnosis.code if found.diagnosis else None
    words = found.diagnosis.why if found.diagnosis else None
    return found.name, found.verdict, found.step, found.basis, found.root_cause, code, words


def table(card: Scorecard) -> list[tuple[object, ...]]:
    return [(exercise.id, *said(each)) for exercise in card.exercises for each in exercise.targets]


def code_of(path: Path) -> list[str]:
    notebook = read_notebook(path.read_bytes(), path.name)
    assert isinstance(notebook, Notebook)
    return [cell.source for cell in notebook.cells if cell.kind == "code"]


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("attention", "chen"),
        ("attention", "emma"),
        ("convolution", "goran"),
        ("recurrent", "emma"),
        ("embedding_skipgram", "chen"),
    ],
)
def test_it_says_what_the_whole_notebook_gets(
    name: str,
    student: str,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = ROOT / "assignments" / name / "examples" / f"{student}.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assignment = load_assignment(find_assignment(name))
    submission = Submission(id=student, candidates=(path,), origin=path.name)
    with GradingSession(assignment, required=False) as session:
        whole = session.grade(submission).card
    assert {each.step for e in whole.exercises for each in e.targets} > {"right"}
    assert table(card_of(run(*code_of(path)))) == table(whole)


def test_a_mistake_costs_one_step_and_is_shown_with_its_line(run: Run) -> None:
    card = card_of(run(SETUP, FORWARD, WRONG))
    wrong = row(card, "dhpreact")
    assert (wrong.step, wrong.basis, wrong.cell) == ("wrong", "none", 4)
    assert wrong.lines[0].text == "dhpreact = (1.0 - h) * dh"
    assert (row(card, "dC").basis, row(card, "dC").root_cause) == ("follow_through", "dhpreact")


def test_a_name_that_was_used_again_is_judged_in_both_exercises(run: Run, grade: Grade) -> None:
    card = card_of(run(SETUP, FORWARD, WRONG, TWO))
    whole = grade(SETUP, FORWARD, WRONG, TWO)
    assert table(card) == table(whole)
    assert row(card, "dlogits", "exercise-2").step == "right"


def test_right_by_chance_is_no_proof(run: Run) -> None:
    lines = BACKWARD.replace("dlogits = dnorm_logits.clone()", "dlogits = dnorm_logits * 1")
    lines = lines.replace("dlogits += F", "dlogits += h.sum() * F")
    assert row(card_of(run(SETUP, FORWARD, lines)), "dlogits").basis == "coincidence"


def test_what_training_moved_is_remembered(run: Run) -> None:
    before = table(card_of(run(SETUP, FORWARD, WRONG)))
    assert table(card_of(run(TRAINING))) == before


def test_without_memory_steps_alone_are_judged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.student.steps_check.remembered", lambda: None)
    answer = run(SETUP, FORWARD, WRONG, TRAINING)
    found = row(card_of(answer), "dW2")
    assert (found.verdict, found.step) == ("unjudged", "right")
    assert "Steps alone can be judged: `emb` is not what your forward pass" in repr(answer)
    assert row(card_of(answer), "dhpreact").step == "unknown"  # its value is gone: no mark


def test_another_batch_makes_no_right_gradient_wrong(run: Run) -> None:
    again = "ix = torch.randint(0, X.shape[0], (n,), generator=g)\nXb, Yb = X[ix], Y[ix]"
    rows = [
        each
        for exercise in card_of(run(SETUP, FORWARD, BACKWARD, again, FORWARD)).exercises[:1]
        for each in exercise.targets
    ]
    assert {(each.verdict in {"exact", "close"}, each.step) for each in rows} == {(True, "right")}


def test_a_cell_that_was_run_twice_is_an_attempt_and_the_name_holds_it(run: Run) -> None:
    first, _, rest = BACKWARD.partition("dcounts += ")
    line, _, rest = rest.partition("\n")
    card = card_of(run(SETUP, FORWARD, first, f"dcounts += {line}", f"dcounts += {line}", rest))
    found = row(card, "dcounts")
    assert (found.basis, found.attempt) == ("value", "2 of 3")
    assert "what the name holds now is a later one, which is worse" in str(found.note)
    assert row(card, "dnorm_logits").root_cause == "dcounts"


def test_lines_that_are_still_to_come_are_not_judged(run: Run, shell: InteractiveShell) -> None:
    first, _, rest = BACKWARD.partition("dh = ")
    run(SETUP, FORWARD, f"{first}from grader import check\nearly = check()\ndh = {rest}")
    early = card_of(shell.user_ns["early"])
    assert row(early, "dh").lines == []
    assert row(early, "dlogits").step == "right"


def test_a_step_that_something_unseen_changes_is_unknown(run: Run) -> None:
    hidden = "exec('dW' + '2 = dW2 * 3')"
    found = row(card_of(run(SETUP, FORWARD, BACKWARD, hidden)), "dW2")
    assert (found.verdict, found.step) == ("mismatch", "unknown")


def test_a_traceback_that_was_shown_changes_nothing(run: Run) -> None:
    """What prints it hangs a way up on the parser's own operators."""
    card = card_of(run(SETUP, FORWARD, "1 / 0", BACKWARD))
    assert row(card, "dC").step == "right"


def test_nothing_is_left_in_the_kernel(run: Run, shell: InteractiveShell) -> None:
    run(SETUP, FORWARD, WRONG)
    names = {name for name in shell.user_ns if not name.startswith("_")}
    state = [shell.user_ns["torch"].get_rng_state().tolist(), shell.user_ns["dW2"].tolist()]
    run()
    assert {name for name in shell.user_ns if not name.startswith("_")} == names
    assert [
        shell.user_ns["torch"].get_rng_state().tolist(),
        shell.user_ns["dW2"].tolist(),
    ] == state


def test_without_a_history_it_says_what_it_cannot_see(shell: InteractiveShell) -> None:
    names: dict[str, Any] = {}
    exec(SETUP + FORWARD + WRONG, names)
    answer = checked(names)
    assert not answer.steps
    assert "Steps are not seen here: values alone were judged: no kernel is here" in repr(answer)
    assert "Steps are not seen here" in answer._repr_html_()
