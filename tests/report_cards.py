"""Scorecards as grading would write them, for the tests of the reports."""

from __future__ import annotations

from typing import Any

import msgspec

from grader.records.scorecard import (
    CellResult,
    Diagnosis,
    Environment,
    ExerciseScore,
    IntegrityNote,
    Isolation,
    Line,
    Scorecard,
    Source,
    TargetScore,
)

TITLE = "Becoming a backprop ninja"
TRAP = "</style><script>alert(1)</script><svg onload=alert(2)>\"'{{ 7 * 7 }}\x1b[31m\u202e&"

# name, shape, and the student's lines (line in cell 17, text)
EXERCISE_1: list[tuple[str, list[int], list[tuple[int, str]]]] = [
    (
        "logprobs",
        [32, 27],
        [(5, "dlogprobs = torch.zeros_like(logprobs)"), (6, "dlogprobs[range(n), Yb] = -1.0 / n")],
    ),
    (
        "probs",
        [32, 27],
        [
            (
                7,
                "dprobs = (1.0 / probs) * dlogprobs  # boosts the gradient where the probability is low",
            )
        ],
    ),
    ("counts_sum_inv", [32, 1], [(8, "dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)")]),
    ("counts_sum", [32, 1], [(10, "dcounts_sum = (-counts_sum**-2) * dcounts_sum_inv")]),
    (
        "counts",
        [32, 27],
        [
            (9, "dcounts = counts_sum_inv * dprobs"),
            (11, "dcounts += torch.ones_like(counts) * dcounts_sum"),
        ],
    ),
    ("norm_logits", [32, 27], [(12, "dnorm_logits = counts * dcounts")]),
    ("logit_maxes", [32, 1], [(14, "dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)")]),
    (
        "logits",
        [32, 27],
        [
            (13, "dlogits = dnorm_logits.clone()"),
            (
                15,
                "dlogits += F.one_hot(logits.max(1).indices, num_classes=logits.shape[1]) * dlogit_maxes",
            ),
        ],
    ),
    ("h", [32, 64], [(17, "dh = dlogits @ W2.T")]),
    ("W2", [64, 27], [(18, "dW2 = h.T @ dlogits")]),
    ("b2", [27], [(19, "db2 = dlogits.sum(0)")]),
    ("hpreact", [32, 64], [(21, "dhpreact = (1.0 - h**2) * dh")]),
    ("bngain", [1, 64], [(23, "dbngain = (bnraw * dhpreact).sum(0, keepdim=True)")]),
    ("bnbias", [1, 64], [(25, "dbnbias = dhpreact.sum(0, keepdim=True)")]),
    ("bnraw", [32, 64], [(24, "dbnraw = bngain * dhpreact")]),
    ("bnvar_inv", [1, 64], [(27, "dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)")]),
    ("bnvar", [1, 64], [(28, "dbnvar = (-0.5*(bnvar + 1e-5)**-1.5) * dbnvar_inv")]),
    ("bndiff2", [32, 64], [(29, "dbndiff2 = (1.0/(n-1))*torch.ones_like(bndiff2) * dbnvar")]),
    (
        "bndiff",
        [32, 64],
        [(26, "dbndiff = bnvar_inv * dbnraw"), (30, "dbndiff += (2*bndiff) * dbndiff2")],
    ),
    ("bnmeani", [1, 64], [(32, "dbnmeani = (-dbndiff).sum(0)")]),
    (
        "hprebn",
        [32, 64],
        [
            (31, "dhprebn = dbndiff.clone()"),
            (33, "dhprebn += 1.0/n * (torch.ones_like(hprebn) * dbnmeani)"),
        ],
    ),
    ("embcat", [32, 30], [(34, "dembcat = dhprebn @ W1.T")]),
    ("W1", [30, 64], [(35, "dW1 = embcat.T @ dhprebn")]),
    ("b1", [64], [(36, "db1 = dhprebn.sum(0)")]),
    ("emb", [32, 3, 10], [(38, "demb = dembcat.view(emb.shape)")]),
    (
        "C",
        [27, 10],
        [
            (39, "dC = torch.zeros_like(C)"),
            (40, "for k in range(Xb.shape[0]):"),
            (41, "\tfor j in range(Xb.shape[1]):"),
            (42, "\t\tix = Xb[k, j]"),
            (43, "\t\tdC[ix] += demb[k, j]"),
        ],
    ),
]
ENVIRONMENT = Environment(
    grader="0.1.0",
    python="3.11.2",
    torch="2.13.0",
    numpy="2.4.6",
    platform="Linux x86_64",
    cpu_capability="DEFAULT",
    threads=1,
    seed=0,
)
ISOLATED = Isolation(
    backend="fork server, own namespaces, Landlock",
    files="enforced",
    network="enforced",
    processes="enforced",
    memory="partial",
    time="enforced",
    missing=["shared memory outside the process is not counted"],
)
BARE = Isolation(
    backend="fresh process", time="enforced", missing=["no file isolation", "no network isolation"]
)


def target(
    of: str, shape: list[int], lines: list[tuple[int, str]], /, **fields: Any
) -> TargetScore:
    """A right answer, unless `fields` say otherwise."""
    where = [Line(cell=17, line=number, text=text) for number, text in lines]
    right: dict[str, Any] = {
        "name": f"d{of}",
        "of": of,
        "verdict": "exact",
        "exact": True,
        "allclose": True,
        "max_diff": 0.0,
        "shape": shape,
        "expected_shape": shape,
        "dtype": "float32",
        "basis": "value",
        "score": 1.0,
        "max_score": 1.0,
        "cell": 17,
        "line": lines[-1][0] if lines else None,
        "lines": where,
    }
    return TargetScore(**{**right, **fields})


def source_of(student: str) -> Source:
    return Source(path=f"submissions/{student}/backprop.ipynb", sha256="9f" * 32, format="ipynb")


def missing(of: str, shape: list[int], max_score: float = 1.0, **fields: Any) -> TargetScore:
    return TargetScore(
        name=f"d{of}", of=of, verdict="missing", expected_shape=shape, max_score=max_score, **fields
    )


WRONG: dict[str, Any] = {
    "verdict": "mismatch",
    "exact": False,
    "allclose": False,
    "basis": "none",
    "score": 0.0,
}
CHANGES: dict[str, dict[str, Any]] = {
    "h": {"verdict": "close", "exact": False, "max_diff": 1.862645149230957e-09},
    "counts_sum_inv": {
        **WRONG,
        "verdict": "wrong_shape",
        "exact": None,
        "allclose": None,
        "max_diff": None,
        "shape": [32, 27],
        "note": "(32, 27) for (32, 1): it fits only by broadcasting.",
    },
    "counts": {
        **WRONG,
        "max_diff": 0.0093,
        "step": "wrong",
        "upstream": ["dprobs", "dcounts_sum"],
        "attempt": "2 of 3",
        "diagnosis": Diagnosis(
            code="path_missing",
            why="counts is used twice in the forward pass, and only one of the two paths arrives here.",
            look_at="Every line of the forward pass in which counts stands on the right side.",
        ),
    },
    "norm_logits": {
        **WRONG,
        "max_diff": 0.0091,
        "step": "right",
        "basis": "follow_through",
        "score": 1.0,
        "root_cause": "dcounts",
    },
    "logit_maxes": {
        "verdict": "close",
        "exact": False,
        "max_diff": 6.1e-09,
        "basis": "coincidence",
        "score": 0.5,
        "step": "wrong",
        "note": "Right only because the gradient through here is always zero.",
    },
    "bnmeani": {
        "shape": [64],
        "note": "(64,) for (1, 64): taken as right, the sum dropped a dimension.",
    },
    "bnvar": {
        **WRONG,
        "verdict": "non_finite",
        "max_diff": float("nan"),
        "note": "12 of 64 elements are NaN.",
    },
    "bnraw": {"verdict": "exact", "basis": "copied", "score": 0.0, "step": "wrong"},
    "W1": {"found_as": "dw1"},
    "bndiff2": {
        **WRONG,
        "verdict": "unjudged",
        "note": "The value could not be settled: its cell was killed.",
    },
}


def mixed() -> Scorecard:
    """One of everything that can happen to a target."""
    first = [
        missing(of, shape)
        if of in ("embcat", "emb")
        else target(of, shape, lines, **CHANGES.get(of, {}))
        for of, shape, lines in EXERCISE_1
    ]
    exercises = [
        ExerciseScore(
            id="1", title="Exercise 1: step by step", score=17.5, max_score=26, targets=first
        ),
        ExerciseScore(
            id="2",
            title="Exercise 2: cross entropy in one expression",
            score=4,
            max_score=4,
            targets=[
                target(
                    "logits",
                    [32, 27],
                    [
                        (3, "dlogits = F.softmax(logits, 1)"),
                        (4, "dlogits[range(n), Yb] -= 1"),
                        (5, "dlogits /= n"),
                    ],
                    verdict="close",
                    exact=False,
                    max_diff=5.587935447692871e-09,
                    score=4.0,
                    max_score=4.0,
                )
            ],
        ),
        ExerciseScore(
            id="3",
            title="Exercise 3: batch norm in one expression",
            score=0,
            max_score=7,
            targets=[
                missing(
                    "hprebn", [32, 64], 7.0, note="Its statement raised an error.", cell=21, line=4
                )
            ],
        ),
    ]
    return Scorecard(
        id="lee-amy",
        source=Source(
            path="submissions/lee-amy/backprop (final) v2.ipynb", sha256="9f" * 32, format="ipynb"
        ),
        assignment="backprop_ninja",
        title=TITLE,
        status="graded",
        run="completed",
        score=21.5,
        max_score=37,
        notes=[
            "names.txt was read from /kaggle/input/names.txt; the assignment’s own file was used.",
            "Other notebooks in the folder were not graded: draft.ipynb",
        ],
        isolation=ISOLATED,
        environment=ENVIRONMENT,
        exercises=exercises,
        cells=[
            *(CellResult(index=i, status="ok", seconds=0.004) for i in range(21)),
            CellResult(
                index=21,
                status="error",
                error="RuntimeError: The size of tensor a (64) must match the size of tensor b (32) at non-singleton dimension 1, line 4",
            ),
            *(CellResult(index=i, status="skipped") for i in range(22, 27)),
        ],
        integrity=[
            IntegrityNote(
                code="grad_fn",
                target="dbnraw",
                cell=17,
                line=24,
                text="hpreact.grad_fn is called on this line.",
            )
        ],
    )


def right(student: str = "okafor-ben") -> Scorecard:
    """Full marks, run without isolation."""
    first = [target(of, shape, lines) for of, shape, lines in EXERCISE_1]
    exercise = ExerciseScore(
        id="1", title="Exercise 1: step by step", score=26, max_score=26, targets=first
    )
    third = ExerciseScore(
        id="3",
        title="Exercise 3: batch norm in one expression",
        score=7,
        max_score=7,
        targets=[
            target(
                "hprebn",
                [32, 64],
                [(3, "dhprebn = bngain*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0))")],
                score=7.0,
                max_score=7.0,
            )
        ],
    )
    return msgspec.structs.replace(
        mixed(),
        id=student,
        source=source_of(student),
        score=37,
        exercises=[exercise, mixed().exercises[1], third],
        notes=[],
        cells=[],
        integrity=[],
        isolation=BARE,
    )


def blank(student: str = "blank-starter") -> Scorecard:
    """Nothing was answered."""
    first = [missing(of, shape) for of, shape, _ in EXERCISE_1]
    exercise = ExerciseScore(
        id="1", title="Exercise 1: step by step", score=0, max_score=26, targets=first
    )
    return msgspec.structs.replace(
        mixed(),
        id=student,
        source=source_of(student),
        score=0,
        exercises=[exercise],
        notes=[],
        cells=[],
        integrity=[],
    )


def broken(student: str = "not-a-notebook") -> Scorecard:
    """Handed in wrongly: graded with zero, and the reason."""
    return Scorecard(
        id=student,
        source=Source(path=f"submissions/{student}.ipynb", sha256="00" * 32, format="unknown"),
        assignment="backprop_ninja",
        title=TITLE,
        status="graded",
        reason="not JSON: the file starts with “%PDF-1.7”; hand in the .ipynb file itself",
        run="not_run",
        score=0,
        max_score=37,
    )


def ungraded(student: str = "zhang-wei") -> Scorecard:
    """The machine could not do its part."""
    return msgspec.structs.replace(
        broken(student),
        status="ungraded",
        reason=f"submissions/{student}.ipynb cannot be read: permission denied",
    )


def hostile() -> Scorecard:
    """Every string that a student can choose tries to break out of the page."""
    line = Line(cell=3, line=1, text=TRAP)
    bad = target(
        "logits",
        [2],
        [(1, TRAP)],
        **WRONG,
        lines=[line],
        found_as=TRAP,
        attempt=TRAP,
        root_cause=TRAP,
        note=TRAP,
        diagnosis=Diagnosis(code=TRAP, why=TRAP, look_at=TRAP),
    )
    return msgspec.structs.replace(
        mixed(),
        id=TRAP.replace("/", "∕"),
        title=TRAP,
        assignment=TRAP,
        source=Source(path=TRAP, sha256=TRAP, format="unknown"),
        reason=TRAP,
        notes=[TRAP],
        exercises=[ExerciseScore(id=TRAP, title=TRAP, score=0, max_score=1, targets=[bad])],
        cells=[CellResult(index=0, status="error", error=TRAP)],
        integrity=[IntegrityNote(code=TRAP, target=TRAP, text=TRAP)],
        isolation=Isolation(backend=TRAP, missing=[TRAP]),
    )


def roster() -> list[Scorecard]:
    """A class: marks all over, two ungraded, one broken file."""
    names = [
        "adams",
        "baker",
        "chen",
        "diaz",
        "evans",
        "fischer",
        "gupta",
        "haddad",
        "ito",
        "jones",
    ]
    some = [
        msgspec.structs.replace(
            mixed(),
            id=name,
            source=source_of(name),
            score=37 * index / len(names),
            notes=[],
            integrity=[],
        )
        for index, name in enumerate(names)
    ]
    return [
        *some,
        mixed(),
        right(),
        blank(),
        broken(),
        ungraded(),
        ungraded("van-der-berg-alexandra-maria"),
    ]
