from __future__ import annotations

import ast
import textwrap

import pytest

from grader.analysis import KnownNames, Lifetime, Program, Recogniser, Walker
from grader.analysis.effort import Effort
from grader.analysis.slicer import Slicer
from grader.analysis.statements import Block
from grader.assignment import Exercise
from grader.notebook import Cell

TENSORS = ["emb", "h", "logits", "counts", "probs", "logprobs", "loss"]
GRADIENTS = {f"d{name}": f"d{name}" for name in [*TENSORS, "W", "C"]} | {"dw": "dW"}
INPUTS = {name: name for name in ("C", "W", "ix")}
NAMES = KnownNames(
    GRADIENTS,
    {name: name for name in TENSORS},
    INPUTS,
    ["max_steps"],
    ["C", "W"],
    [*TENSORS[:-1], "W", "C"],
)


def analyse(*cells: str) -> Program:
    slicer, walker = Slicer(Effort(), GRADIENTS), Walker(NAMES, Effort())
    for index, source in enumerate(cells):
        slicer.add_cell(index, ast.parse(textwrap.dedent(source)))
    walker.walk(slicer.module)
    return walker.program()


def only(program: Program, name: str) -> Lifetime:
    (life,) = [life for life in program.lifetimes if life.name == name]
    return life


def settled(life: Lifetime) -> tuple[int, int]:
    assert life.settle is not None
    return life.settle.cell, life.settle.path[0][1]


def test_a_fresh_assignment_begins_a_lifetime() -> None:
    program = analyse("dh = a\ndh += b\ndh = c")
    assert [len(life.writes) for life in program.lifetimes] == [2, 1]


def test_an_assignment_that_reads_its_own_name_goes_on() -> None:
    assert len(analyse("dh = a\ndh = dh + b").lifetimes) == 1


def test_zeros_like_its_own_name_is_fresh_all_the_same() -> None:
    assert len(analyse("dh = a\ndh = torch.zeros_like(dh)").lifetimes) == 2


def test_none_neither_begins_nor_ends_a_lifetime() -> None:
    program = analyse("dh = None\ndh = a\ndh = None\ndh += b")
    assert [len(life.writes) for life in program.lifetimes] == [2]


def test_a_change_in_a_later_cell_goes_on_in_a_lifetime_of_its_own() -> None:
    program = analyse("dcounts = a * dprobs", "x = 1", "y = 2\ndcounts += b")
    first, second = program.lifetimes
    assert [len(first.writes), len(second.writes)] == [1, 2]
    assert [settled(first), settled(second)] == [(0, 0), (2, 1)]


def test_an_accumulating_loop_settles_after_the_outermost_loop() -> None:
    source = """
    dC = zeros
    for k in r:
        for j in r:
            dC[ix] += demb[k, j]
    x = 1
    """
    assert settled(only(analyse(source), "dC")) == (0, 1)


def test_in_a_training_loop_gradients_settle_inside_its_body() -> None:
    source = """
    for i in range(max_steps):
        emb = C[ix]
        loss = f(emb)
        dC = zeros
        dC += x
        for p in ps:
            p.data += -lr * p
    """
    program = analyse(source)
    life = only(program, "dC")
    assert life.settle is not None
    assert life.settle.path == (("body", 0), ("body", 3))
    assert life.loop is not None


@pytest.mark.parametrize(
    "update", ["p -= rate * g", "p.data = p.data - g", "C -= g", "p.sub_(g)", "optimiser.step()"]
)
def test_updates_of_parameters_make_a_loop_a_training_loop(update: str) -> None:
    source = f"for i in r:\n    emb = C[ix]\n    dC = x\n    for p, g in pairs:\n        {update}"
    assert only(analyse(source), "dC").loop is not None


def test_a_loop_over_time_that_counts_down_is_no_training() -> None:
    program = analyse(
        "for t in range(3):\n    h = emb[t] @ W",
        "dW = zeros\nt = 2\nwhile t >= 0:\n    h = hs[t]\n    dW += h.T @ dlogits[t]\n    t -= 1",
    )
    life = only(program, "dW")
    assert life.loop is None
    assert not life.begun_before_loop


def test_a_loop_that_updates_no_parameter_is_no_training() -> None:
    assert (
        only(analyse("for i in r:\n    emb = C[ix]\n    dC = x\n    total += 1"), "dC").loop is None
    )


def test_two_branches_of_one_if_settle_after_it() -> None:
    program = analyse("dh = a\nif c:\n    dh += b\nelse:\n    dh += d")
    assert settled(only(program, "dh")) == (0, 1)


def test_a_loop_without_forward_pass_or_update_is_not_cut_short() -> None:
    assert analyse("for i in r:\n    dh = a[i]").loops == ()


@pytest.mark.parametrize(
    "statement",
    [
        "dC[ix] += demb",
        "dC.index_add_(0, ix, demb)",
        "dC[ix].add_(demb)",
        "dC = dC + demb",
        "dC.data[ix] = demb",
    ],
)
def test_in_place_forms_belong_to_the_lifetime(statement: str) -> None:
    assert len(only(analyse(f"dC = zeros\n{statement}"), "dC").writes) == 2


def test_a_gradient_that_shares_anothers_memory_has_its_own_lifetime() -> None:
    program = analyse("emb = C[ix]\ngrad_h = a\ngrad_logits = grad_h\ngrad_logits += b")
    assert settled(only(program, "grad_logits")) == (0, 3)
    assert settled(only(program, "grad_h")) == (0, 1)


def test_a_name_that_is_given_something_else_is_no_view_any_more() -> None:
    program = analyse(
        "emb = C[ix]\ngrad_h = found['h']\ngrad_h = torch.zeros_like(h)\ngrad_h.add_(b)"
    )
    assert [len(life.writes) for life in program.lifetimes if life.name == "grad_h"] == [1, 2]


def test_locals_of_a_function_are_lifetimes_of_it() -> None:
    program = analyse("def backward(probs):\n    dprobs = 1 / probs\n    return dprobs")
    assert only(program, "dprobs").function == "backward"
    assert program.functions == ("backward",)


def test_the_first_forward_tensor_from_inputs_alone_is_a_root() -> None:
    program = analyse("x = C[ix]\nemb = x.view(3)\nh = emb @ W\nprobs = softmax(logits)")
    assert [(f.names, f.root) for f in program.forwards] == [
        (("emb",), True),
        (("h",), False),
        (("probs",), False),
    ]


def test_loop_parameters_are_found() -> None:
    assert [name for _, name in analyse("max_steps = 200000").limits] == ["max_steps"]


def test_aliases_keep_the_students_spelling() -> None:
    life = only(analyse("dw = a"), "dw")
    assert life.target == "W"


def test_without_a_named_gradient_that_is_missing_other_names_are_left_alone() -> None:
    every = "\n".join(f"d{name} = a" for name in NAMES.wanted)
    forward = "emb = C[ix]"
    assert "mine" not in {life.name for life in analyse(forward, f"{every}\nmine = a").lifetimes}
    assert "mine" in {life.name for life in analyse(forward, "dh = a\nmine = a").lifetimes}


def test_loop_variables_and_elements_are_no_gradients_under_another_name() -> None:
    program = analyse("emb = C[ix]", "for k in r:\n    k = k + 1\nx = 3\ny = [a, b]\nz = a @ b")
    assert [life.name for life in program.lifetimes] == ["z"]


def test_constant_keys_and_attributes_are_gradients_of_their_own() -> None:
    program = analyse("loss = f(emb)", "G = {}\nG['probs'] = a\nG['W'] = b\nself.dh = c")
    found = [(life.text, life.target) for life in program.lifetimes if life.target]
    assert found == [("G['probs']", "probs"), ("G['W']", "W"), ("self.dh", "h")]


def test_a_container_that_begins_with_the_first_tensors_holds_the_forward_pass() -> None:
    program = analyse("T = {}\nT['emb'] = C[ix]\nT['h'] = T['emb'] @ W\nT['probs'] = T['h']")
    assert [each.names for each in program.forwards] == [("T·emb",), ("T·h",), ("T·probs",)]
    assert program.lifetimes == ()


def test_a_gradient_begun_before_the_training_loop_is_known_as_such() -> None:
    loop = "for i in r:\n    emb = C[ix]\n    dC += x\n    C.data += dC"
    assert only(analyse(f"dC = zeros\n{loop}"), "dC").begun_before_loop


EXERCISES = [
    Exercise(id="one", title="1", targets=["logits", "h", "C"], markers=["Exercise 1"]),
    Exercise(
        id="two", title="2", targets=["logits"], markers=["Exercise 2"], upstream={"logits": []}
    ),
    Exercise(id="four", title="4", targets=["C"], markers=["Exercise 4"], training=True),
]


def recognise(*cells: Cell, upstream: frozenset[str] = frozenset({"probs"})) -> list[str | None]:
    program = analyse(*(cell.source if cell.kind == "code" else "" for cell in cells))
    recogniser = Recogniser(cells, EXERCISES)
    named = [life for life in program.lifetimes if life.target is not None]
    found = [recogniser.exercise(life, life.target or "", upstream) for life in named]
    return [exercise.id if exercise else None for exercise in found]


def code(index: int, source: str, *tags: str) -> Cell:
    return Cell(index=index, kind="code", source=textwrap.dedent(source), tags=tags)


def test_a_tag_decides_before_everything_else() -> None:
    assert recognise(code(0, "# Exercise 1\ndlogits = dprobs", "two")) == ["two"]


def test_a_heading_counts_until_the_next_one() -> None:
    cells = [code(0, "# Exercise 2: through the loss\nx = 1"), code(1, "dlogits = dprobs")]
    assert recognise(*cells) == ["two"]


def test_a_heading_in_markdown_counts() -> None:
    heading = Cell(index=0, kind="markdown", source="intro\n## Exercise 2\n", tags=())
    assert recognise(heading, code(1, "dlogits = dprobs")) == ["two"]


def test_a_mention_in_passing_does_not_count() -> None:
    assert recognise(code(0, "# see Exercise 2\ndlogits = dprobs")) == ["one"]


def test_exercise_22_is_not_exercise_2() -> None:
    assert recognise(code(0, "# Exercise 22\ndlogits = dprobs")) == ["one"]


def test_without_a_heading_the_upstream_tells() -> None:
    cell = code(0, "dlogits = probs\ndh = dlogits")
    assert recognise(cell, upstream=frozenset()) == ["two", "one"]
    assert recognise(cell, upstream=frozenset({"probs"})) == ["one", "one"]


def test_a_target_that_the_heading_does_not_have_goes_where_it_belongs() -> None:
    assert recognise(code(0, "# Exercise 2\ndh = dlogits")) == ["one"]


def test_a_loop_that_updates_parameters_is_the_training_exercise() -> None:
    source = """
    # Exercise 1
    for i in range(9):
        emb = C[ix]
        dC = x
        C.data += -lr * dC
    """
    assert recognise(code(0, source)) == ["four"]


# ---- what only looks like a write ------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "class Grads:\n    dh: Tensor\n    dW: Tensor",
        "class Grads:\n    dh: Tensor = torch.zeros(1)\n    dW = 0\n    dW += 1",
        "dh: Tensor",
        "print([dh.norm() for dh in found])",
        "norms = {k: dh.norm() for k, (dh, dW) in found.items()}",
    ],
    ids=["fields", "defaults", "declared", "comprehension", "dictionary"],
)
def test_a_name_of_another_scope_is_no_write(source: str) -> None:
    program = analyse("h = a\ndh = a\ndW = b", source)
    assert [len(only(program, name).writes) for name in ("dh", "dW")] == [1, 1]


def test_methods_of_a_class_are_walked() -> None:
    program = analyse("class Net:\n    dh: Tensor\n    def back(self):\n        dh = a")
    assert only(program, "dh").function == "Net"


def test_what_a_class_writes_as_global_is_a_variable() -> None:
    program = analyse("class Net:\n    global dh\n    dh = C.grad")
    assert only(program, "dh").function == "Net"


BEFORE = 'best = {"loss": float("inf"), "h": []}\nlog.loss = 0.0'


def test_what_keeps_the_losses_to_come_holds_no_gradient() -> None:
    program = analyse(BEFORE, "h = C @ W", "dh = a")
    assert [life.name for life in program.lifetimes if life.target] == ["dh"]


def test_a_container_of_gradients_is_one_all_the_same() -> None:
    """Before a forward line what was computed from something; after it, whatever it is."""
    program = analyse('a = {"probs": b @ W.T}', "h = C @ W", 'd = {"probs": torch.zeros(3)}')
    assert [life.name for life in program.lifetimes if life.target == "probs"] == [
        "a·probs",
        "d·probs",
    ]


@pytest.mark.parametrize(
    ("begun", "kept"),
    [("{}", True), ("defaultdict(float)", True), ("torch.zeros_like(C)", False)],
)
def test_rows_of_a_tensor_are_no_gradients_under_keys(begun: str, kept: bool) -> None:
    program = analyse(
        f"""
        logits = h @ W
        if first:
            table = {begun}
            for row in range(4):
                table[row] += emb[row]
        """
    )
    assert any(life.made for life in program.lifetimes) is kept


@pytest.mark.parametrize(
    ("step", "training"),
    [
        ("V -= 0.1 * dV", True),
        ("V = V - 0.1 * grad_V", True),
        ("V.data += -0.1 * dV", True),
        ("V -= 0.1 * other", False),
        ("V = 0.1 * dV", False),
    ],
)
def test_what_is_changed_by_what_is_called_its_gradient_is_trained(
    step: str, training: bool
) -> None:
    program = analyse(
        f"""
        for i in range(3):
            logits = h @ V
            dlogits = logits / 3
            dV = h.T @ dlogits
            {step}
        """
    )
    assert (only(program, "dlogits").loop is not None) is training


def test_a_comprehension_is_written_out_only_where_it_gives_what_is_asked_for():
    def given(source: str) -> list[str | None]:
        block = Block()
        block.add(ast.parse(source).body, 0, (("body", -1),))
        values = block.statements[0].assigns.values()
        return [None if value is None else ast.unparse(value) for value in values]

    assert given("a, b = (g[k] for k in ('x', 'y'))") == ["g['x']", "g['y']"]
    assert given("a, b = [g[k] for k in 'xy']") == ["g['x']", "g['y']"]
    assert given("a, b = [g[k] for k in 'xyz']") == [None, None]
    assert given("a, b = [g[k] for k in 'xy' if k]") == [None, None]
