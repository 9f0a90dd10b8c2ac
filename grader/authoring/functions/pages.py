"""The files of an assignment of functions, as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.authoring.functions.draft import CallArgument, FunctionDraft, ModuleDraft

FILL = "# FILL IN"
"""Begins what has to be written by hand."""
LETTERS = ("n", "d", "m", "k", "h", "p", "q", "r")
MARKERS = "### BEGIN SOLUTION", "### END SOLUTION"


def manifest(name: str, title: str, draft: ModuleDraft) -> str:
    """assignment.toml."""
    parts = [
        f'name = "{name}"\ntitle = "{title}"\nstarter = "starter"\n',
        f'[functions]\nengine = "{draft.engine}" # with "numpy", torch cannot be imported\n',
    ]
    for each in draft.functions:
        targets = [target for target in each.gradients if target] or [
            a.name for a in each.arguments
        ]
        listed = ", ".join(f'"{target}"' for target in targets)
        parts.append(
            f'[[exercises]]\nkind = "functions"\nid = "{each.backward}"\n'
            f"title = {_quoted(each.title)}\ntargets = [{listed}]\npoints = 1.0 # of each target\n"
        )
    return "\n".join(parts)


def exercise(draft: FunctionDraft) -> str:
    """The file of one exercise: what is drawn, what is true, how the student's code is called."""
    names = [each.name for each in draft.arguments]
    given = ", ".join(names)
    back = [f"d{name}" if name else f"gradient_{i}" for i, name in enumerate(draft.gradients)]
    lines = [
        f'"""{_plain(draft.title)}"""\n\nimport torch\nimport torch.nn.functional as F\n\n',
        "def inputs(draw):",
        *_indented(_inputs(draft)),
        "\n",
        *_oracle(draft, given),
        "\n",
        f"def student({given}, dout):",
        *_indented(_student(draft, given, back)),
        "\n",
        f"def own_forward({given}):",
        f"    return {draft.forward}({given}){'[0]' if draft.cached else ''}",
        "",
    ]
    return _tidy("\n".join(lines))


def open_places(draft: FunctionDraft) -> list[str]:
    """What is left to be written by hand."""
    found = []
    if not draft.shapes_from:
        found.append("the shapes of its arguments, in `inputs`")
    if not draft.oracle:
        found.append("its definition in PyTorch, in `forward`")
    if not draft.gradients or "" in draft.gradients:
        found.append("which gradient is whose, in `student`, and the targets in assignment.toml")
    return found


def _inputs(draft: FunctionDraft) -> Iterator[str]:
    if not draft.shapes_from:
        shown = ", ".join(f'"{each.name}": draw(…)' for each in draft.arguments)
        yield f"{FILL}: sizes and arguments, as `n, d = draw.batch(), *draw.sizes(1)` and"
        yield f"# `return {{{shown}}}`"
        yield f'raise NotImplementedError("write inputs of {draft.backward}")'
        return
    sizes = list(dict.fromkeys(size for each in draft.arguments for size in each.shape))
    letters = dict(zip(sizes, LETTERS, strict=False)) if draft.free and not draft.letters else {}
    if draft.free:
        first, *others = draft.letters or letters.values()
        batch = "draw.batch()" if draft.one else "draw.batch(one=False)"
        if others:
            names = ", ".join(others) + ("," if len(others) == 1 else "")
            yield f"{first}, ({names}) = {batch}, draw.sizes({len(others)})"
        else:
            yield f"{first} = {batch}"
    drawn = (f'"{each.name}": {_drawn(each, draft, letters)}' for each in draft.arguments)
    yield f"return {{{', '.join(drawn)}}}"


def _drawn(each: CallArgument, draft: FunctionDraft, letters: dict[int, str]) -> str:
    shape = ", ".join(each.sizes or (letters.get(size, str(size)) for size in each.shape))
    if each.kind == "value":
        return each.literal
    if each.kind == "index":
        return f"draw.index({shape}, high={each.high})"
    return f"draw.distinct({shape})" if draft.kinked else f"draw({shape})"


def _oracle(draft: FunctionDraft, given: str) -> Iterator[str]:
    if draft.oracle:
        yield draft.oracle
        return
    yield f"def forward({given}):"
    yield f"    {FILL}: what {draft.forward} computes, in PyTorch, float64"
    yield f'    raise NotImplementedError("write forward of {draft.backward}")'


def _student(draft: FunctionDraft, given: str, back: list[str]) -> Iterator[str]:
    if draft.cached:
        yield f"_, cache = {draft.forward}({given})"
    call = f"{draft.backward}(dout, {'cache' if draft.cached else given})"
    names = ", ".join(back)
    yield f"{names} = {call}" if draft.single or len(back) > 1 else f"({names},) = {call}"
    known = [(target, name) for target, name in zip(draft.gradients, back, strict=True) if target]
    if len(known) < len(back):
        yield f"{FILL}: argument → its gradient"
    pairs = ", ".join(f'"{target}": {name}' for target, name in known)
    yield f"return {{{pairs}}}"


def solution(source: str, draft: ModuleDraft) -> str:
    """The module with the bodies of its pairs between the markers that the starter leaves out."""
    lines = source.split("\n")
    names = {name for each in draft.functions for name in (each.forward, each.backward)}
    functions = [
        n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name in names
    ]
    begin, end = MARKERS
    for node in reversed(functions):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if not body or body[0].lineno == node.lineno:
            continue  # on the line of its `def`
        indent = " " * body[0].col_offset
        last = body[-1].end_lineno or body[-1].lineno
        lines[last:last] = [indent + end]
        lines[body[0].lineno - 1 : body[0].lineno - 1] = [indent + begin]
    return "\n".join(lines)


def _indented(lines: Iterator[str]) -> Iterator[str]:
    yield from (f"    {line}" for line in lines)


def _tidy(text: str) -> str:
    """Without imports that nothing reads; two empty lines between functions."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    kept = [
        line
        for line in text.split("\n")
        if not (line == "import torch" and "torch" not in used)
        and not (line.endswith("functional as F") and "F" not in used)
    ]
    while "\n\n\n\n" in (joined := "\n".join(kept)):
        kept = joined.replace("\n\n\n\n", "\n\n\n").split("\n")
    return joined


def _plain(title: str) -> str:
    return title.replace("\\", "").replace('"""', "'").rstrip('"')


def _quoted(title: str) -> str:
    escaped = title.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
