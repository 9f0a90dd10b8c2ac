"""A run is to its code what the student's machine was: packages, places, devices, a person."""

import sys

import pytest
from conftest import BACKWARD, FORWARD, SETUP, row

from grader.notebook import python_source
from grader.protocol import CellCode, CellDone, Limits, RunRequest
from grader.records.comparison import RIGHT
from grader.sandbox import ForkServerSandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")

NAMES = "emma\nolivia\nava\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o755)
    (folder / "names.txt").write_text(NAMES)
    return folder


@pytest.fixture(scope="module")
def run(place):
    """Run cells as a notebook's, and give what became of each."""
    with ForkServerSandbox(data_dirs=[place]) as box:

        def run(*sources, **options):
            plain = [python_source(source) for source in sources]
            request = RunRequest(
                cells=[CellCode(index=i, source=source) for i, source in enumerate(plain)],
                gradients={},
                inputs={},
                forward={},
                limits=Limits(),
                data=str(place),
                outputs=True,
                **options,
            )
            outcome = box.run(request)
            assert outcome.status == "completed"
            return [event for event, _ in outcome.events if isinstance(event, CellDone)]

        yield run


def each(run, *sources, before=""):
    """What each of some expressions is, in a cell of its own; or the error that it raised."""
    done = run(before, *(f"print({source})" for source in sources))
    assert done[0].error is None
    return [cell.output.strip() or str(cell.error or cell.soft_errors) for cell in done[1:]]


# ---- packages --------------------------------------------------------------------------------

ABSENT = """
import json, no_such_logger as log, torch
from no_such_plots import line, theme as look
import no_such_parent.child.grandchild as deep, no_such_parent.child
from no_such_compiler import njit
import torch.nn.functional as F
"""


def test_the_imports_beside_a_missing_package_are_made(run):
    cell, used = run(ABSENT, "print(json.dumps(1), torch.ones(1).item(), F.relu(torch.ones(1)))")
    assert cell.error is None
    assert used.output == "1 1.0 tensor([1.])\n"
    assert [note.partition(":")[0] for note in cell.notes] == [
        f"No module named '{name}'"
        for name in ("no_such_logger", "no_such_plots", "no_such_parent", "no_such_compiler")
    ]


def test_a_stand_in_takes_what_asks_for_nothing_back(run):
    uses = [
        "log.init(project='x'); log.log({'loss': 1}); log.config.lr = 3; log.rows[0] = 1",
        "with log.start() as active: active.log(1)",
        "look(); line([1, 2]).show(); print(f'{deep:.2f}', no_such_parent.child)",
        "if log.run: log.finish()",
        "class Callback(log.Base):\n    pass\nassert Callback().__class__ is Callback",
        (
            "@njit\ndef f(x): return x + 1\n@njit(parallel=True)\ndef g(x): return f(x) + 1\n"
            "assert g(1) == 3"
        ),
        "def plot():\n    import no_such_drawing as d\n    return d.draw()\nplot()",
    ]
    done = run(ABSENT, *uses)
    assert [(cell.error, cell.soft_errors) for cell in done] == [(None, [])] * (len(uses) + 1)


@pytest.mark.filterwarnings("ignore")
def test_no_number_ever_comes_out_of_a_stand_in(run):
    uses = [
        "x = torch.ones(2) + line(1)",
        "x = line(1) @ torch.ones(2, 2)",
        "x = torch.ones(2); x += line(1)",
        "x = torch.tanh(line(1))",
        "x = float(line(1))",
        "x = [word for word in line('names.txt')]",
        "x = len(line(1))",
        "x = line(1) > 0",
        "import numpy as np\nx = np.ones(2) * line(1)",
        "x = -line(1)",
    ]
    done = run(ABSENT, *uses)
    assert [cell.error for cell in done[1:]] == [
        "ModuleNotFoundError: No module named 'no_such_plots'"
    ] * len(uses)


def test_who_expects_a_package_to_be_missing_is_told_so(run):
    source = "try:\n    import no_such_gpu as xp\nexcept ImportError:\n    import numpy as xp"
    inside = "try:\n    from no_such_gpu import zeros\nexcept Exception:\n    zeros = None"
    done = run(f"import no_such_gpu\n{source}", inside, "print(xp.__name__, zeros)")
    assert done[2].output == "numpy None\n"


def test_a_star_import_of_a_missing_package_stops_nothing(run):
    done = run("from no_such_course.basics import *\nimport math\nx = math.pi", "print(x > 3)")
    assert done[1].output == "True\n"
    assert done[0].soft_errors == ["ModuleNotFoundError: No module named 'no_such_course'"]


def test_a_gradient_made_by_a_missing_package_has_no_value(grade):
    backward = BACKWARD.replace("dh = dlogits @ W2.T", "dh = contract(dlogits, W2.T)")
    card = grade("from no_such_einsum import contract", SETUP, FORWARD, backward)
    assert row(card, "dh").verdict == "missing"
    assert row(card, "dW2").verdict in RIGHT


# ---- a person --------------------------------------------------------------------------------


def test_what_waits_for_a_person_goes_on(run):
    done = run(
        "import getpass\nprint([input('a'), getpass.getpass('b'), getpass.getuser()])",
        "breakpoint()\nimport pdb\npdb.set_trace()\nfrom pdb import set_trace\nset_trace()\nx = 1",
        "%debug\nprint(x)",
        "from google.colab import files\nup = files.upload()\nprint(up[list(up)[0]].decode())",
        "import sys\nprint(repr(sys.stdin.readline()))",
    )
    assert [(cell.error, cell.soft_errors) for cell in done] == [(None, [])] * 5
    assert done[0].output.splitlines()[-1] == "['', '', 'student']"
    assert done[2].output == "1\n"
    assert done[3].output.strip() == NAMES.strip()
    notes = [note for cell in done for note in cell.notes]
    assert len(notes) == len(set(notes)) == 3  # input, breakpoint, upload


# ---- places ----------------------------------------------------------------------------------

LOOKING = "import glob, os, shutil, requests, urllib.request\nfrom pathlib import Path"


def test_data_that_is_looked_for_is_found(run):
    found = each(
        run,
        "[os.path.join(at, f) for at, _, fs in os.walk('/kaggle/input') for f in fs]",
        "glob.glob('/content/**/*.txt', recursive=True) + glob.glob('data/*.txt')",
        "[p.as_posix() for p in Path('/content').rglob('*.txt')]",
        "[p.as_posix() for p in Path('data').glob('names*')]",
        "os.listdir('/content/drive/MyDrive'), os.listdir('input')",
        "os.path.exists('/content/names.txt'), Path('../data/names.txt').is_file()",
        "os.path.isdir('/kaggle/input'), os.access('C:/Users/ada/names.txt', os.R_OK)",
        "os.path.getsize('/home/ada/names.txt')",
        "len(open(shutil.copy('/content/drive/names.txt', 'copied.txt')).read())",
        "[entry.name for entry in os.scandir('/mnt/course/data')]",
        before=LOOKING,
    )
    assert found == [
        "['/kaggle/input/names.txt']",
        "['/content/names.txt', 'data/names.txt']",
        "['/content/names.txt']",
        "['data/names.txt']",
        "['names.txt'] ['names.txt']",
        "True True",
        "True True",
        str(len(NAMES)),
        str(len(NAMES)),
        "['names.txt']",
    ]


def test_what_is_no_data_is_still_not_there(run):
    found = each(
        run,
        "os.path.exists('/content/model.pt'), os.path.exists('shakespeare.txt')",
        "os.path.isdir('checkpoints'), Path('out').exists(), os.access('x.txt', os.R_OK)",
        "[p.name for p in Path('..').glob('*.txt')]",
        "os.stat('/content/model.pt')",
        before=LOOKING,
    )
    assert found[:3] == ["False False", "False False False", "[]"]
    assert "FileNotFoundError" in found[3]


def test_data_that_is_fetched_is_there(run):
    size = f"len(open({{}}).read()) == {len(NAMES)}"
    found = each(
        run,
        "len(requests.Session().get('https://x.org/names.txt').text)",
        "len(urllib.request.build_opener().open('https://x.org/names.txt').read())",
        "len(urllib.request.urlopen(urllib.request.Request('https://x.org/names.txt')).read())",
        size.format("gdown.download(id='1abc', output='a.txt')"),
        size.format("gdown.download('https://drive.google.com/uc?id=1abc')"),
        "os.listdir(kagglehub.dataset_download('ada/names'))",
        size.format("torch.hub.download_url_to_file('https://x.org/names.txt', 'b.txt')"),
        "gdown.download('https://x.org/model.bin', 'model.bin')",
        before=f"{LOOKING}\nimport gdown, kagglehub, torch.hub",
    )
    length = str(len(NAMES))
    assert found[:7] == [length, length, length, "True", "True", "['names.txt']", "True"]
    assert "no network" in found[7]


def test_magics_and_shell_lines_give_what_their_output_is_used_for(run):
    done = run(
        "%env DATA=./\n%cd /content/drive\nimport os\nhere = %pwd\nback = %env DATA",
        "two = !cat names.txt | head -2\nall = !ls\ncount = !wc -l < names.txt\nrows = !wc -l names.txt",
        "print(os.path.exists(here), back, os.environ['DATA'], two, all, rows, two.n)",
        "%cd sub\n!mkdir -p sub/deep\nos.listdir('sub')",
        "x = !python -c 'print(1)'\nprint(x)",
    )
    assert [cell.error for cell in done] == [None] * 5
    assert done[2].output == (
        "True ./ ./ ['emma', 'olivia'] ['names.txt'] ['3 names.txt'] emma\nolivia\n"
    )
    assert done[3].shown == "['deep']"
    assert done[4].output == "[]\n"  # no program runs


def test_temporary_files_and_caches_have_a_place_of_the_runs_own(run):
    uses = [
        (
            "import tempfile\nf = tempfile.NamedTemporaryFile(); d = tempfile.mkdtemp()\n"
            "open(d + '/x', 'w').write('x')"
        ),
        (
            "with open('/tmp/log.txt', 'w') as f:\n    f.write('hi')\n"
            "assert open('/tmp/log.txt').read() == 'hi'"
        ),
        "import os\nos.makedirs('/tmp/run/1', exist_ok=True)\nassert os.path.isdir('/tmp/run/1')",
        "import torch\np = torch.nn.Parameter(torch.ones(1))\no = torch.optim.Adam([p])\no.step()",
        "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('a.png')\nplt.show()",
        (
            "os.makedirs('/content/drive/out', exist_ok=True)\n"
            "with open('/content/drive/out/a.txt', 'w') as f: f.write('hi')\n"
            "assert open('/content/drive/out/a.txt').read() == 'hi'"
        ),
    ]
    assert [(cell.error, cell.soft_errors) for cell in run(*uses)] == [(None, [])] * len(uses)
    (later,) = run("import os\nprint(os.path.exists('/tmp/log.txt'), os.path.exists('/tmp/run'))")
    assert later.output == "False False\n"


# ---- a script --------------------------------------------------------------------------------


def test_a_file_runs_as_python_runs_it(run):
    script = (
        "import argparse, os, sys\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--steps', type=int, default=10)\n"
        "steps = parser.parse_args().steps\n"
        "here = os.path.dirname(os.path.abspath(__file__))\n"
        "if __name__ == '__main__':\n"
        "    print(steps, len(open(os.path.join(here, 'names.txt')).read()), sys.argv)"
    )
    assert run(script, script="hw1.py")[0].output == f"10 {len(NAMES)} ['hw1.py']\n"
    assert run("print('__file__' in globals(), __name__)")[0].output == "False __main__\n"


def test_what_a_script_wants_on_its_command_line_is_given_and_said(run):
    script = (
        "import argparse\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('names')\n"
        "parser.add_argument('--steps', '-s', type=int, required=True)\n"
        "parser.add_argument('--rate', type=float, required=True)\n"
        "parser.add_argument('--mode', choices=['train', 'test'], required=True)\n"
        "parser.add_argument('--seed', type=int, default=3)\n"
        "got = parser.parse_args()\n"
        "print(len(open(got.names).read()), got.steps, got.rate, got.mode, got.seed)"
    )
    (cell,) = run(script, script="hw1.py")
    assert cell.output == f"{len(NAMES)} 1 0.1 train 3\n"
    assert any("it got `names.txt -s 1 --rate 0.1 --mode train`" in note for note in cell.notes)


def test_a_script_that_reads_its_first_argument_gets_the_data(run):
    script = (
        "import sys\nif len(sys.argv) < 2:\n    sys.exit(1)\nprint(len(open(sys.argv[1]).read()))"
    )
    assert run(script, script="hw1.py")[0].output == f"{len(NAMES)}\n"


def test_what_argparse_misses_stands_in_the_error(run):
    script = (
        "import argparse\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--size', type=lambda text: int(text) * 2, required=True)\n"
        "parser.parse_args()"
    )
    (cell,) = run(script, script="hw1.py")
    assert "started without what it wants: argument --size" in cell.error


def test_a_number_that_is_asked_for_is_one(run):
    line = "print(int(input('steps? ')), float(input('rate? ')), input('name? ') == '')"
    assert run(line)[0].output.endswith("1 1.0 True\n")


def test_a_call_of_a_cell_magic_runs_its_cell(run):
    script = "get_ipython().run_cell_magic('time', '', 'x = 2\\nprint(x)\\n')\nprint(x + 1)"
    assert run(script)[0].output == "2\n3\n"


# ---- a GPU -----------------------------------------------------------------------------------


def test_a_gpu_that_is_asked_for_is_the_processor(run):
    found = each(
        run,
        "a.to('cuda').device, a.cuda().device, a.to(device=torch.device('mps')).device",
        "torch.zeros(2, device='cuda').device, torch.tensor([1.0], device='cuda:1').device",
        "a.to('cuda', torch.float64).dtype, a.to(torch.float16).dtype, a.to(b).dtype",
        "a.pin_memory().to(0, non_blocking=True).device",
        "torch.randn(1, generator=torch.Generator(device='cuda').manual_seed(3), device='cuda')"
        " == torch.randn(1, generator=torch.Generator().manual_seed(3))",
        "isinstance(torch.Generator('cuda'), torch.Generator)",
        "nn.Linear(3, 2).cuda()(a).device, nn.Linear(3, 2).to('mps').weight.device",
        "torch.cuda.is_available(), torch.cuda.get_device_name(0), torch.cuda.synchronize()",
        "torch.cuda.memory_allocated() / 2, torch.cuda.FloatTensor([1.0]).device",
        before="import torch\nimport torch.nn as nn\na, b = torch.ones(2, 3), torch.ones(1).long()",
    )
    assert found == [
        "cpu cpu cpu",
        "cpu cpu",
        "torch.float64 torch.float16 torch.int64",
        "cpu",
        "tensor([True])",
        "True",
        "cpu cpu",
        "False cpu None",
        "0.0 cpu",
    ]


def test_a_default_gpu_is_the_processor_and_is_remarked(run):
    done = run(
        "import torch\ntorch.set_default_device('cuda')\nprint(torch.ones(1).device)",
        "with torch.device('mps'):\n    print(torch.arange(2).device)",
        "with torch.autocast('cuda', dtype=torch.float16):\n    print(torch.ones(1).dtype)",
        "torch.set_default_tensor_type('torch.cuda.FloatTensor')\nprint(torch.ones(1).device)",
        "scaler = torch.cuda.amp.GradScaler()\nprint(scaler.scale(torch.ones(1)))",
    )
    assert [cell.output.strip() for cell in done] == [
        "cpu", "cpu", "torch.float32", "cpu", "tensor([1.])",
    ]  # fmt: skip
    assert [cell.error for cell in done] == [None] * 5
    assert done[0].notes == ["a GPU was asked for: everything was computed on the processor"]


def test_who_does_not_ask_for_a_gpu_has_no_mode(run):
    before = "import torch\nfrom torch.overrides import _get_current_function_mode as mode"
    assert each(run, "mode()", before=before) == ["None"]


DEVICES = {
    "a word": "device = 'cuda'",
    "asked for": "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "of three": "device = 'cuda' if torch.cuda.is_available() else "
    "'mps' if torch.backends.mps.is_available() else 'cpu'",
    "a function": "def pick():\n    if torch.cuda.is_available():\n        return torch.device('cuda')"
    "\n    return torch.device('cpu')\ndevice = pick()",
    "out of sight": "import argparse\ndevice = argparse.Namespace(name='cuda').name",
}
PLACED = {
    "torch.zeros_like(logprobs)": "torch.zeros_like(logprobs, device=device)",
    "torch.zeros_like(C)": "torch.zeros(C.shape, device=device, pin_memory=False)",
    "dW2 = h.T @ dlogits": "dW2 = h.T.cuda().pin_memory() @ dlogits.to('cuda:0', torch.float32)",
    "torch.ones_like(bndiff2)": "torch.ones_like(bndiff2).to(device='mps', dtype=torch.float32)",
}


@pytest.mark.parametrize("chosen", DEVICES.values(), ids=DEVICES.keys())
def test_lines_that_place_tensors_on_a_device_are_followed(grade, chosen):
    backward = BACKWARD
    for plain, placed in PLACED.items():
        backward = backward.replace(plain, placed)
    assert backward.count("device") == 5
    moved = "Xb, Yb = Xb.cuda(), Yb.cuda()"
    card = grade(f"import torch\n{chosen}", SETUP, moved, FORWARD, backward)
    assert {target.basis for target in card.exercises[0].targets} == {"value"}
    assert card.integrity == []


def test_moving_a_wrong_gradient_does_not_make_it_right(grade):
    wrong = "dW2 = (2 * h.T @ dlogits).to('cuda')"
    backward = BACKWARD.replace("dW2 = h.T @ dlogits", wrong)
    card = grade(SETUP, FORWARD, backward)
    assert (row(card, "dW2").step, row(card, "dW2").score) == ("wrong", 0)
