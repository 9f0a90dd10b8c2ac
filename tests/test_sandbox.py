"""One suite that every backend must pass: what a run may do, and what becomes of one that may not."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grader.protocol import CellCode, CellDone, Limits, RunRequest, Started
from grader.sandbox import ForkServerSandbox, FreshProcessSandbox, RunOutcome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o755)
    (folder / "names.txt").write_text("ada\nemmy\n")
    return folder


@pytest.fixture(scope="module", params=["fork", "fresh"])
def box(request, data):
    kind = {"fork": ForkServerSandbox, "fresh": FreshProcessSandbox}[request.param]
    with kind(data_dirs=[data]) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def warm(data):
    """The fork server alone, for what both backends have from the same child."""
    with ForkServerSandbox(data_dirs=[data]) as sandbox:
        yield sandbox


def request(*sources, data="", **limits):
    cells = [CellCode(index=index, source=source) for index, source in enumerate(sources)]
    return RunRequest(
        cells=cells,
        gradients={},
        inputs={},
        forward={},
        limits=Limits(**limits),
        data=str(data),
        outputs=True,
    )


def cells(outcome: RunOutcome) -> list[CellDone]:
    return [event for event, _ in outcome.events if isinstance(event, CellDone)]


def errors(outcome):
    return [(cell.error or "").split(":")[0] for cell in cells(outcome)]


def test_a_run_completes_and_says_how_it_was_walled_in(box):
    outcome = box.run(request("x = 1", "print(x + 1)"))
    assert outcome.status == "completed"
    assert outcome.reason is None
    assert [cell.output for cell in cells(outcome)] == ["", "2\n"]
    assert isinstance(outcome.events[0][0], Started)
    assert outcome.environment["cpu_capability"] == "DEFAULT"
    assert outcome.environment["threads"] == "1"
    assert outcome.isolation.level == "enforced"
    assert [gap for gap in outcome.isolation.missing if "bubblewrap" not in gap] == []


def test_nothing_outside_the_interpreter_and_the_data_can_be_read(box, data):
    outcome = box.run(
        request(
            "open('/etc/passwd')",
            f"f = open({str(REPOSITORY / 'pyproject.toml')!r})",
            f"import os; os.listdir({str(REPOSITORY / 'grader')!r} + '/scoring')",
            "f = open('names.txt').read()",
            "import sqlite3, json, decimal",
            data=data,
        )
    )
    assert all(
        problem for problem in [cell.error or cell.soft_errors for cell in cells(outcome)[:3]]
    )
    assert errors(outcome)[3:] == ["", ""]


def test_nothing_outside_the_scratch_folder_can_be_written(box, data):
    outcome = box.run(
        request(
            "f = open('/x', 'w')",
            f"f = open({str(data / 'names.txt')!r}, 'a')",
            f"f = open({str(REPOSITORY / 'x')!r}, 'w')",
            "import torch; f = open(torch.__file__, 'a')",
            "f = open('x', 'w'); import tempfile; g = tempfile.TemporaryFile()",
            data=data,
        )
    )
    assert all(errors(outcome)[:4])
    assert errors(outcome)[4] == ""
    assert (data / "names.txt").read_text() == "ada\nemmy\n"


def test_a_server_on_this_machine_cannot_be_reached(box):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connect = f"import socket\ns = socket.create_connection(('127.0.0.1', {port}), 2)"
        assert errors(box.run(request(connect))) == ["PermissionError"]


def test_no_process_outside_can_be_signalled(box):
    outcome = box.run(
        request(
            f"import os\ntry:\n    os.kill({os.getpid()}, 0)\n    x = 'reached'\n"
            "except OSError:\n    x = 'safe'",
            "try:\n    os.kill(-1, 9)\nexcept OSError:\n    pass",
            "print(x)",
        )
    )
    assert cells(outcome)[-1].output == "safe\n"


def test_what_a_run_leaves_behind_dies_with_it(box):
    mark = f"{os.getpid()}.{time.monotonic_ns()}"
    daemon = (
        "import ctypes, os, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        ctypes.CDLL(None).prctl(15, b'{mark[-14:]}', 0, 0, 0)\n        time.sleep(600)\n"
        "    os._exit(0)\n"
    )
    assert box.run(request(daemon)).status == "completed"
    assert eventually(lambda: mark[-14:] not in process_names())


def test_an_endless_loop_is_timed_out_and_earlier_cells_are_kept(box):
    outcome = box.run(request("x = 1", "while True: pass", cell_seconds=0.5))
    assert outcome.status == "timed_out"
    assert [cell.index for cell in cells(outcome)] == [0]
    assert "0.5 s in one cell" in outcome.reason


def test_waiting_is_cut_at_twice_the_limit(box):
    outcome = box.run(request("import time\ntime.sleep(600)", total_seconds=0.5))
    assert outcome.status == "timed_out"
    assert "waiting" in outcome.reason


def test_one_huge_allocation_is_refused_in_its_cell(box):
    outcome = box.run(request("import torch\nx = torch.ones(1 << 30)", "y = 1", memory_mb=512))
    assert outcome.status == "completed"
    assert errors(outcome) == ["RuntimeError", ""]


def test_memory_that_grows_ends_the_run(box):
    outcome = box.run(
        request("x = [bytearray(1 << 24) for _ in range(60)]\nwhile True: pass", memory_mb=512)
    )
    assert outcome.status == "out_of_memory"


def test_memory_of_children_counts(warm):
    spread = "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        x = bytearray(150 << 20)\n        time.sleep(60)\ntime.sleep(60)"
    assert warm.run(request(spread, memory_mb=512)).status == "out_of_memory"


def test_processes_are_limited(warm):
    bomb = "import os, time\nn = 0\ntry:\n    while n < 500:\n        if os.fork() == 0:\n            time.sleep(60)\n        n += 1\nexcept OSError:\n    print(n)"
    outcome = warm.run(request(bomb, processes=16))
    assert int(cells(outcome)[0].output) < 16


def test_files_in_the_scratch_folder_are_limited(warm):
    outcome = warm.run(request("f = open('big', 'wb')\nx = f.write(bytes(20 << 20))", scratch_mb=8))
    assert errors(outcome) == ["OSError"]


@pytest.mark.parametrize("code", [0, 3])
def test_leaving_without_a_word_is_no_completion(warm, code):
    outcome = warm.run(request("x = 1", f"import os\nos._exit({code})"))
    assert outcome.status == "exited"
    assert f"code {code}" in outcome.reason
    assert len(cells(outcome)) == 1


@pytest.mark.parametrize("leave", ["import sys\nsys.exit()", "raise SystemExit", "quit(1)"])
def test_asking_the_interpreter_to_exit_ends_its_cell(warm, leave):
    outcome = warm.run(request(f"{leave}\nprint('never')", "print('on')"))
    assert outcome.status == "completed"
    assert [cell.output for cell in cells(outcome)] == ["", "on\n"]


def test_a_crash_of_the_interpreter_is_an_outcome(box):
    assert box.run(request("import ctypes\nctypes.string_at(0)")).status == "killed"


def test_forged_frames_are_a_protocol_error(box):
    forge = "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b'rubbish' * 9)\n    except OSError:\n        pass"
    outcome = box.run(request("x = 1", forge, "y = 1"))
    assert outcome.status == "protocol_error"
    assert [cell.index for cell in cells(outcome)] == [0]


def test_a_flood_of_output_is_cut(warm):
    outcome = warm.run(request("for i in range(200_000): print('x' * 100)", output_kb=64))
    assert outcome.status == "completed"
    assert 64 << 10 <= len(cells(outcome)[0].output) < 65 << 10


def test_who_waits_for_an_answer_gets_an_empty_one_but_not_for_ever(warm):
    waiting = "while input() != 'stop': pass"
    outcome = warm.run(request("print([input('Name? ')])", waiting))
    assert errors(outcome) == ["", "EOFError"]
    assert cells(outcome)[0].output == "Name? \n['']\n"


def test_secrets_of_the_environment_stay_outside(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    names = "import os\nprint('GITHUB_TOKEN' in os.environ, os.environ['HOME'])"
    with FreshProcessSandbox() as box:
        assert cells(box.run(request(names)))[0].output == "False /sandbox/scratch\n"


def test_capabilities_cannot_be_had_in_a_namespace_of_ones_own(warm):
    outcome = warm.run(request("import ctypes\nprint(ctypes.CDLL(None).unshare(0x10000000))"))
    assert cells(outcome)[0].output == "-1\n"


def test_the_blob_reaches_the_worker_and_results_come_back(box):
    assert box.run(request("x = 1"), bytes(3 << 20)).status == "completed"


def test_runs_do_not_see_each_others_files(data):
    with ForkServerSandbox() as box:
        first = threading.Thread(
            target=box.run, args=[request("open('mine', 'w').close()\nimport time\ntime.sleep(1)")]
        )
        first.start()
        outcome = box.run(request("import os, time\ntime.sleep(0.4)\nprint(os.listdir('.'))"))
        first.join()
    assert cells(outcome)[0].output == "[]\n"


def test_a_request_for_other_data_is_refused(data, tmp_path):
    with FreshProcessSandbox(data_dirs=[data]) as box, pytest.raises(ValueError):
        box.run(request(data=tmp_path))


def test_no_process_is_left_when_the_sandbox_closes():
    before = set(worker_pids())
    with ForkServerSandbox() as box:
        box.run(request("x = 1"))
        box.run(request("while True: pass", cell_seconds=0.2))
        assert set(worker_pids()) - before
    assert eventually(lambda: not set(worker_pids()) - before)


def test_no_process_is_left_when_the_trusted_side_is_killed():
    before = set(worker_pids())
    script = (
        "import sys, test_sandbox as t\n"
        "box = t.ForkServerSandbox()\nbox.run(t.request('x = 1'))\nprint('up', flush=True)\n"
        "box.run(t.request('while True: pass'))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{REPOSITORY}:{Path(__file__).parent}"},
    ) as trusted:
        assert trusted.stdout.readline() == b"up\n"
        time.sleep(0.2)
        trusted.kill()
    assert eventually(lambda: not set(worker_pids()) - before)


def worker_pids() -> list[int]:
    """Workers below this process; whoever loses its parent is handed to us (see conftest)."""
    below, family = [os.getpid()], parents().items()
    for pid in below:  # grows as children are found
        below += [child for child, parent in family if parent == pid]
    return [pid for pid in below if is_worker(pid)]


def parents() -> dict[int, int]:
    found = {}
    for entry in processes():
        try:
            found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def is_worker(pid: int) -> bool:
    try:
        return b"grader.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def process_names() -> set[str]:
    names = set()
    for entry in processes():
        try:
            names.add((entry / "comm").read_text().strip())
        except OSError:
            continue
    return names


def eventually(condition, seconds=10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
