"""Runs in which nothing derives gradients by itself, on machines with fewer walls, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from grader.protocol import Call, CalledExercise, Calls, CellCode, Limits, Returned, RunRequest
from grader.sandbox import ForkServerSandbox, FreshProcessSandbox

ROOT = Path(__file__).parents[1]
LOOK = """
import os, sys
def look(x):
    found = []
    for folder in sys.path:
        for name in ("torch", "torchgen", "functorch"):
            for inside in ("", "/__init__.py", "/_C"):
                try:
                    path = os.path.join(folder, name) + inside
                    found += os.listdir(path) if not inside else [open(path).read()[:0] or path]
                except OSError:
                    continue
    found += [name for name in sys.modules if name.partition(".")[0] == "torch"]
    try:
        import torch
        found.append("imported")
    except ImportError as error:
        assert "derived in NumPy" in str(error)
    import wcwidth, numpy.polynomial
    from PIL import Image
    if found:
        raise ValueError(repr(found))
    return x
"""


def request() -> RunRequest:
    call = Call(role="student", arguments={"x": ["array", "x"]}, targets=["x"])
    harness = "def student(x):\n    return {'x': look(x)}\n"
    exercise = CalledExercise(id="look", source=harness, calls=[call])
    return RunRequest(
        cells=[CellCode(index=0, source=LOOK)],
        gradients={},
        inputs={},
        forward={},
        limits=Limits(),
        data="",
        calls=Calls(exercises=[exercise], seconds=20.0),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.parametrize(
    "without", [[], ["bubblewrap"], ["namespaces"], ["landlock"], ["bubblewrap", "namespaces"]]
)
def test_no_engine_can_be_read_and_everything_else_can_be_imported(without):
    with ForkServerSandbox(without=without, required=False, engines=(False,)) as box:
        outcome = box.run(request(), save({"x": np.ones(2)}))
    assert outcome.status == "completed", outcome.reason
    returned = [event for event, _ in outcome.events if isinstance(event, Returned)]
    assert [(each.kind, each.error) for each in returned] == [("returned", None)]


def test_a_fresh_process_has_none_either():
    with FreshProcessSandbox(required=False) as box:
        outcome = box.run(request(), save({"x": np.ones(2)}))
    returned = [event for event, _ in outcome.events if isinstance(event, Returned)]
    assert [(each.kind, each.error) for each in returned] == [("returned", None)]


def test_what_such_a_run_imports_never_imports_torch():
    script = (
        "import sys; from grader.worker import layers; layers.switch_off('engine=no');"
        "from grader.worker import server, warm; warm.warm_up();"
        "assert 'grader.worker.calls' in sys.modules;"
        "assert not [m for m in sys.modules if m.partition('.')[0] == 'torch'], 'torch'"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
