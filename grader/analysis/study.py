"""A submission, read and understood: source, lifetimes, and the request that runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

import msgspec

from grader.analysis.descent import trained_copies
from grader.analysis.effort import Effort, TooIntricateError
from grader.analysis.formulas import Formulas
from grader.analysis.hooks import hooks_of
from grader.analysis.lifetime import Lifetime, Program
from grader.analysis.recognise import Recogniser
from grader.analysis.shared import inert, shared_cells
from grader.analysis.slicer import Definition, Place, Slicer
from grader.analysis.statements import FUNCTIONS, MARK, Statement
from grader.analysis.walker import KnownNames, Walker
from grader.assignment import Assignment
from grader.notebook import Notebook, SyntaxProblem, Unreadable, python_source, read_notebook
from grader.notebook.repair import repaired
from grader.notebook.syntax import parse
from grader.protocol import CellCode, RunRequest
from grader.records.scorecard import Line

MAX_LINES = 60
"""Lines of one attempt that a scorecard shows."""
MAX_TEXT = 1_000
"""Characters of one such line."""
MAX_CAPTURES = 200
MAX_ASKED = 100
"""Cells of one notebook with which IPython's help is sought."""


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """One notebook or module and what the analysis found in it."""

    notebook: Notebook
    program: Program
    recogniser: Recogniser
    slicer: Slicer
    formulas: Formulas
    definitions: dict[int, Definition]
    """Lifetime → the slice that gives its value."""
    captures: list[str]
    """Variables with which slices begin, besides the inputs that the assignment names."""
    sources: dict[int, str | SyntaxProblem]
    """Code cells as plain Python of the same lines, or why they are none."""
    left_out: dict[int, SyntaxProblem]
    """Cells of which a line or two could not be read, and were left out."""

    def lines(self, life: Lifetime) -> list[Line]:
        """The student's lines that wrote a lifetime, each once, in order; where it is another
        variable's value, those that made that one.
        """
        places = sorted({(w.cell, n) for w in life.writes for n in range(w.line, w.end_line + 1)})
        made = self.definitions.get(life.id)
        if made is not None and made.name != life.name and not life.made:
            places = sorted(set(_places(made.formula.statements))) or places
        wrote = {cell for cell, _ in places}
        cells = {c.index: c.source.split("\n") for c in self.notebook.cells if c.index in wrote}
        return [
            Line(
                cell=None if self.notebook.module else cell,
                line=line,
                text=cells[cell][line - 1][:MAX_TEXT],
            )
            for cell, line in places[:MAX_LINES]
            if line <= len(cells[cell])
        ]


def _places(statements: Iterable[Statement]) -> Iterator[tuple[int, int]]:
    """Cells and lines of statements; of functions and classes none."""
    for each in statements:
        if not isinstance(each.node, (*FUNCTIONS, ast.ClassDef)):
            last = each.node.end_lineno or each.node.lineno
            yield from ((each.cell, line) for line in range(each.node.lineno, last + 1))


def study(notebook: Notebook, assignment: Assignment) -> Study | Unreadable:
    """Analyse a submission; cells that are no Python are left out and keep their reason."""
    try:
        return _study(notebook, assignment)
    except TooIntricateError as error:
        return Unreadable(f"{notebook.path} holds {error}: hand in only what the exercises ask for")
    except RecursionError:
        what = "values that are computed from one another in too long a chain"
        return Unreadable(f"{notebook.path} holds {what}: hand in only what the exercises ask for")


def _study(notebook: Notebook, assignment: Assignment) -> Study:
    spec = assignment.spec
    kinds = {name: leaf.kind for name, leaf in spec.inputs.items()}
    inputs = {n: c for n, c in assignment.input_names.items() if kinds[c] != "constant"}
    effort = Effort()
    slicer = _slicer(effort, assignment)
    sources, left_out = _sources(notebook, slicer)
    parameters = {n: leaf for n, leaf in inputs.items() if leaf in assignment.parameters}
    nodes = [statement.node for statement in slicer.module.statements]
    copies = trained_copies(nodes, parameters)
    inputs |= copies
    names = KnownNames(
        assignment.gradient_names,
        assignment.tensor_names,
        {**assignment.input_names, **copies},
        spec.loops.parameters,
        {*parameters, *copies},
        [target for exercise in spec.exercises for target in exercise.targets],
        spec.loss,
    )
    walker = Walker(names, effort)
    walker.walk(slicer.module)
    program = walker.program()
    definitions = dict(_definitions(program, slicer))
    indices = {c for c, kind in kinds.items() if kind == "index"}
    formulas = Formulas(effort, inputs, indices, slicer.owns)
    made = {life.id for life in program.lifetimes if life.made}
    known = (each for number, each in definitions.items() if number not in made)
    formulas.gradients = frozenset(id(each.formula) for each in known)
    formulas.elements = frozenset(_elements(program, slicer))
    definitions |= _renamed(program, definitions, formulas, slicer)
    return Study(
        notebook=notebook,
        program=program,
        captures=_captures(definitions, formulas, assignment, copies),
        recogniser=Recogniser(notebook.cells, spec.exercises),
        slicer=slicer,
        formulas=formulas,
        definitions=definitions,
        sources=sources,
        left_out=left_out,
    )


def _slicer(effort: Effort, assignment: Assignment) -> Slicer:
    keys = assignment.input_names.keys() | assignment.tensor_names.keys()
    return Slicer(effort, assignment.gradient_names, keys, assignment.tensor_names.keys())


def _sources(
    notebook: Notebook, slicer: Slicer
) -> tuple[dict[int, str | SyntaxProblem], dict[int, SyntaxProblem]]:
    """Code cells as plain Python, handed to the slicer, or why they are none; and what had to be
    left out of a cell to make it Python.
    """
    sources: dict[int, str | SyntaxProblem] = {}
    left_out: dict[int, SyntaxProblem] = {}
    asked = 0
    for cell in notebook.cells:
        if cell.kind != "code":
            continue
        source = python_source(cell.source, ask_ipython=False)
        if isinstance(source, SyntaxProblem) and asked < MAX_ASKED:
            asked += 1
            source = python_source(cell.source)
        if isinstance(source, SyntaxProblem):
            mended = repaired(cell.source, source)
            if mended is not None:
                left_out[cell.index] = source
                source = mended.source
        if isinstance(source, str):
            source = _taken_in(slicer, cell.index, source)
        sources[cell.index] = source
    return sources, left_out


def _taken_in(slicer: Slicer, index: int, source: str) -> str | SyntaxProblem:
    tree = parse(source)
    if isinstance(tree, SyntaxProblem):
        return tree
    try:
        slicer.add_cell(index, tree)
    except RecursionError:
        return SyntaxProblem(message="the code is nested too deeply to be read", line=1)
    return source


def _definitions(program: Program, slicer: Slicer) -> Iterator[tuple[int, Definition]]:
    """What the analysis finds for each lifetime where it settles."""
    for life in program.lifetimes:
        assert life.settle is not None
        place = slicer.after(life.settle.cell, life.settle.path)
        find = slicer.made_element if life.made else slicer.reaching
        found = find(life.name, place) if place is not None else None
        if found is not None:
            yield life.id, found


def _renamed(
    program: Program,
    definitions: Mapping[int, Definition],
    formulas: Formulas,
    slicer: Slicer,
) -> dict[int, Definition]:
    """Lifetimes that are another variable's value under a gradient's name: `dh = d`. That value is
    the gradient, also for lines that read it as `d`; where it has two such names it is neither's.
    """
    named = [life.id for life in program.lifetimes if life.target is not None]
    own = {definitions[number] for number in named if number in definitions}
    found = {}
    for number in definitions.keys() & named:
        renames = definitions[number].formula.renames
        first = slicer.reaching(*renames) if renames is not None else None
        if first is not None and first not in own and not formulas.bottom(first):
            found[number] = first
    roots = list(found.values())
    return {number: first for number, first in found.items() if roots.count(first) == 1}


def _elements(program: Program, slicer: Slicer) -> Iterator[int]:
    """Formulas of elements of containers that forward lines read."""
    for forward in program.forwards:
        statement = slicer.at(forward.site.cell, forward.site.path)
        for name in forward.names if statement is not None else ():
            assert statement is not None
            found = slicer.reaching(name, Place(statement.block, statement.index + 1))
            inputs = found.formula.inputs() if found is not None else ()
            yield from (id(each.formula) for each in inputs if MARK in each.name)


def _captures(
    definitions: Mapping[int, Definition],
    formulas: Formulas,
    assignment: Assignment,
    copies: Iterable[str],
) -> list[str]:
    """Variables with which slices begin, besides the inputs that the assignment names."""
    found = {*copies, *(each.name for each in formulas.unseen(definitions.values()))}
    own = (name for name in found if name not in assignment.input_names)
    return sorted(own)[:MAX_CAPTURES]


def run_request(
    work: Study,
    assignment: Assignment,
    *,
    data: str,
    outputs: bool = False,
    starter: Sequence[CellCode] = (),
    files: Mapping[str, bytes] | None = None,
    scripts: Mapping[str, str] | None = None,
) -> RunRequest:
    """What the worker is to run: the cells up to the last one that writes a gradient.

    `starter`: what a request for the starter has for cells.
    """
    program, spec = work.program, assignment.spec
    hooks = hooks_of(program, steps=spec.loops.steps)
    last = _last_cell(work)
    whole = outputs or work.notebook.module or last < 0 or _called(program)
    cells = [
        CellCode(
            index=index,
            source=source if isinstance(source, str) and not inert(source) else "",
            hooks=hooks.get(index, []) if isinstance(source, str) else [],
            skip=None if isinstance(source, str) else f"line {source.line}: {source.message}",
        )
        for index, source in work.sources.items()
        if whole or index <= last
    ]
    return RunRequest(
        cells=cells,
        gradients=assignment.gradient_names,
        inputs=assignment.input_names,
        forward=assignment.tensor_names,
        loss=spec.loss,
        limits=spec.limits,
        data=data,
        parameters=list(assignment.parameters),
        captures=work.captures,
        entry=_entry(program, spec.entry),
        returns=list(assignment.returned),
        outputs=outputs,
        files=dict(files or {}),
        scripts=dict(scripts or {}),
        shared=shared_cells(cells, starter),
        script=PurePath(work.notebook.path).name if work.notebook.format == "py" else None,
    )


def starter_cells(assignment: Assignment) -> list[CellCode]:
    """What a request for the assignment's starter has for cells; none if there is no starter."""
    name = assignment.spec.starter
    path = assignment.folder / name if name else None
    if path is None or not path.is_file():
        return []
    notebook = read_notebook(path.read_bytes(), path.name)
    work = notebook if isinstance(notebook, Unreadable) else study(notebook, assignment)
    return [] if isinstance(work, Unreadable) else run_request(work, assignment, data="").cells


def _last_cell(work: Study) -> int:
    """The last cell that may hold a gradient; under a name that says nothing, if it is computed
    from the network.
    """
    unnamed = (life for life in work.program.lifetimes if life.target is None)
    own = (
        life.writes[-1].cell
        for life in unnamed
        if (found := work.definitions.get(life.id)) is not None
        and work.formulas.rests_on_leaf(found)
    )
    return max(work.program.last_cell, *own, -1)


def _called(program: Program) -> bool:
    """Whether a function derives gradients: the cell that calls it may be a later one."""
    return any(life.function is not None for life in program.lifetimes)


def _entry(program: Program, preferred: str) -> str | None:
    """The function to call if nothing settles: the assignment's, else the one that derives
    most gradients.
    """
    if preferred in program.defined:
        return preferred
    return next((name for name in program.functions if name in program.defined), None)
