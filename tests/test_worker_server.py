"""What a worker has in it before student code runs."""

import json
import subprocess
import sys

import pytest
from test_sandbox import cells, request

from grader.protocol.determinism import PINNED, apply
from grader.sandbox import ForkServerSandbox
from grader.sandbox.command import worker_command, worker_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")


@pytest.fixture(scope="module")
def box():
    with ForkServerSandbox() as sandbox:
        yield sandbox


def said(outcome):
    return json.loads(cells(outcome)[0].output)


def test_a_worker_holds_nothing_of_the_package_but_itself_and_the_frames(box):
    code = "import json, sys\nprint(json.dumps([m for m in sys.modules if m.split('.')[0] == 'grader']))"
    modules = set(said(box.run(request(code))))
    assert {name for name in modules if not name.startswith("grader.worker")} == {
        "grader",
        "grader.protocol",
        "grader.protocol.calls",
        "grader.protocol.frames",
        "grader.protocol.gradient",
        "grader.protocol.language",
        "grader.protocol.tensors",
        "grader.protocol.determinism",
        "grader.protocol.vocabulary",
        "grader.protocol.messages",
    }


def test_the_template_has_one_thread_when_it_forks():
    code = (
        "import os; from grader.worker import warm; warm.warm_up(); warm.warm_modules(warm.ON_DEMAND); "
        "print(len(os.listdir('/proc/self/task')))"
    )
    *start, _, bootstrap = worker_command()
    command = [*start, "-c", bootstrap.replace("main(sys.argv[1:])", code)]
    done = subprocess.run(command, env=worker_environment(), capture_output=True, check=True)
    assert done.stdout == b"1\n"


def test_the_arithmetic_is_pinned(box):
    code = "import json, os, torch\nprint(json.dumps([dict(os.environ), torch.get_num_threads()]))"
    environment, threads = said(box.run(request(code)))
    assert threads == 1
    assert PINNED.items() <= environment.items()


def test_sets_have_the_same_order_in_every_run(box):
    code = "import json\nprint(json.dumps(list({'a', 'b', 'c', 'd', 'e'})))"
    with ForkServerSandbox() as other:
        assert said(box.run(request(code))) == said(other.run(request(code)))


def test_pins_apply_to_any_environment():
    environment = {"MPLBACKEND": "TkAgg"}
    apply(environment)
    assert environment == PINNED


def test_pictures_progress_bars_and_front_ends_are_quiet(box):
    outcome = box.run(
        request(
            "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
            "from tqdm.notebook import tqdm, trange\nfor i in tqdm(range(3)): pass",
            "from tqdm.auto import tqdm\nfor i in tqdm(range(3)): pass",
            "from IPython.display import display, clear_output, HTML\nclear_output()\ndisplay(HTML('x'))",
            "from IPython import get_ipython as g\nassert g() is get_ipython()",
            "from google.colab import drive, files\ndrive.mount('/content/drive')\nassert files.upload() == {}",
            "get_ipython().run_line_magic('matplotlib', 'inline')",
        )
    )
    assert [(cell.error, cell.soft_errors, cell.notes) for cell in cells(outcome)] == [
        (None, [], [])
    ] * 7
    assert [cell.output for cell in cells(outcome)][:3] == ["", "", ""]
