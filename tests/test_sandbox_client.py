"""The trusted side alone: decoding, watching, describing, and living with a server that dies."""

import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from test_sandbox import cells, eventually, request, worker_pids

from grader.errors import InfrastructureError
from grader.protocol import HEADER, CellDone, Done, FrameError, Limits, encode
from grader.sandbox import ForkServerSandbox, FreshProcessSandbox, open_sandbox, stream
from grader.sandbox.command import mentioned_modules, worker_environment
from grader.sandbox.isolation import describe_isolation
from grader.sandbox.process_tree import ProcessTree
from grader.sandbox.stream import FrameStream
from grader.sandbox.watchdog import Watchdog

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs a fork server")


def test_frames_come_out_whatever_the_pieces_are():
    data = encode(CellDone(index=1, status="ok")) + encode(Done(), b"blob")
    frames = FrameStream(1)
    seen = [frame for byte in data for frame in frames.feed(bytes([byte]))]
    assert [type(event) for event, _ in seen] == [CellDone, Done]
    assert [blob for _, blob in seen] == [b"", b"blob"]
    assert not frames.pending


def test_a_stream_of_too_many_bytes_or_frames_is_an_error(monkeypatch):
    monkeypatch.setattr(stream, "BESIDE", 100)
    frames = FrameStream(1)
    list(frames.feed(bytes(HEADER.size - 1)))
    with pytest.raises(FrameError):
        list(frames.feed(bytes((1 << 20) + 101)))
    monkeypatch.setattr(stream, "MAX_FRAMES", 1)
    with pytest.raises(FrameError):
        list(FrameStream(1).feed(encode(Done()) * 2))


def test_without_a_process_tree_wall_time_stands_in():
    watchdog = Watchdog(Limits(cell_seconds=0.0, total_seconds=10.0), None)
    time.sleep(0.01)
    overrun = watchdog.look()
    assert overrun is not None
    assert overrun.status == "timed_out"


@linux
def test_a_process_tree_counts_its_children():
    pid = os.fork()
    if pid == 0:
        ballast = bytearray(64 << 20)
        time.sleep(60)
        os._exit(len(ballast) and 0)
    try:
        tree = ProcessTree(os.getpid())
        assert eventually(lambda: tree.memory_bytes() > ProcessTree(pid).memory_bytes() > 64 << 20)
        assert 0 < tree.memory_share_bytes() <= tree.memory_bytes() + (16 << 20)
        assert tree.cpu_seconds() > 0
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_process_that_has_gone_uses_nothing():
    assert ProcessTree(2**30).cpu_seconds() == 0
    assert ProcessTree(2**30).memory_bytes() == 0


ALL = dict.fromkeys(("user", "files", "network", "processes", "limits", "landlock"), "ok")


def test_isolation_names_what_is_missing():
    whole = describe_isolation("fork server", ALL, watched=True)
    assert (whole.level, whole.missing) == ("enforced", [])
    bare = describe_isolation("fresh process", dict.fromkeys(ALL, "no"), watched=False)
    assert (bare.level, bare.memory, bare.time) == ("none", "none", "partial")
    assert "network: no" in bare.missing


def test_an_old_landlock_alone_protects_files_partly():
    layers = ALL | {"files": "refused", "landlock": "partial: version 2 of Landlock"}
    assert describe_isolation("fork server", layers, watched=True).files == "partial"


def test_without_the_filter_or_files_of_its_own_less_is_claimed():
    whole = ALL | {"seccomp": "ok"}
    states = [whole, ALL, whole | {"files": "refused"}]
    claims = [describe_isolation("fork server", layers, watched=True) for layers in states]
    assert [claim.processes for claim in claims] == ["enforced", "partial", "enforced"]
    assert [claim.memory for claim in claims] == ["enforced", "partial", "partial"]


@linux
def test_what_sockets_can_hold_counts_once_each():
    tree = ProcessTree(os.getpid())
    before = tree.socket_bytes()
    one, other = socket.socketpair()
    with one, other, one.dup():
        one.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += one.send(bytes(4096))
        held = tree.socket_bytes() - before
        assert 2 * sent <= held <= 2 << 20
        with one.dup():
            assert tree.socket_bytes() - before == held
    assert tree.socket_bytes() == before


def test_a_worker_gets_the_pins_and_no_secrets():
    environment = worker_environment({"PATH": "/bin", "API_KEY": "x", "PYTHONPATH": "/evil"})
    assert environment["PATH"] == "/bin"
    assert environment["MKL_CBWR"] == "COMPATIBLE"
    assert environment.keys().isdisjoint({"API_KEY", "PYTHONPATH"})


def test_modules_are_recognised_wherever_they_are_imported():
    code = "import torch, numpy as np\nif 1:\n    from matplotlib import pyplot\nx = tqdm"
    assert {"torch", "numpy", "matplotlib"} <= set(mentioned_modules(request(code)))
    assert "tqdm" not in mentioned_modules(request(code))


@pytest.mark.parametrize(
    ("backend", "kind"), [("fork", ForkServerSandbox), ("fresh", FreshProcessSandbox)]
)
def test_the_backend_can_be_chosen(backend, kind):
    with open_sandbox(backend=backend) as box:
        assert isinstance(box, kind)


@linux
def test_opening_a_sandbox_does_not_wait_for_torch_and_closing_it_early_is_clean():
    before = set(worker_pids())
    ForkServerSandbox().close()
    assert eventually(lambda: not set(worker_pids()) - before)


@linux
def test_a_server_that_dies_is_replaced():
    before = set(worker_pids())
    with ForkServerSandbox() as box:
        box.run(request("x = 1"))
        (server,) = {pid for pid in worker_pids() if parent_of(pid) == os.getpid()} - before
        os.kill(server, signal.SIGKILL)
        assert box.run(request("x = 1")).status == "completed"


@linux
def test_a_worker_that_cannot_start_is_the_machines_failure(monkeypatch):
    monkeypatch.setattr("grader.sandbox.command.sys.executable", "/bin/false")
    with ForkServerSandbox() as box, pytest.raises(InfrastructureError):
        box.run(request("x = 1"))
    with FreshProcessSandbox() as box, pytest.raises(InfrastructureError):
        box.run(request("x = 1"))


@linux
def test_forked_processes_share_a_server_and_only_its_owner_ends_it():
    with ForkServerSandbox() as box:
        pids = [
            fork_and(lambda: box.run(request("x = 1")).status == "completed", box) for _ in "ab"
        ]
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0, 0]
        assert len(cells(box.run(request("x = 1")))) == 1


def fork_and(check, box) -> int:
    pid = os.fork()
    if pid == 0:
        right = check()
        box.close()
        os._exit(0 if right else 1)
    return pid


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_a_machine_that_runs_out_of_memory_is_not_the_students_fault():
    with ForkServerSandbox() as box:
        outcome = box.run(request("x = 1"))  # a run that uses little goes on
        assert outcome.status == "completed"
    tree = ProcessTree(os.getpid())  # this process has torch, more than a modest run
    blob = bytearray(100 << 20)
    watchdog = Watchdog(Limits(), tree, available=lambda: 10 << 20)
    with pytest.raises(InfrastructureError, match="fewer --jobs"):
        watchdog.look()
    assert Watchdog(Limits(), tree, available=lambda: 1 << 40).look() is None
    assert blob is not None


def test_a_server_that_cannot_live_in_bubblewrap_is_started_without_it(tmp_path, monkeypatch):
    """A bwrap that passes the trial and then starts something else."""
    false = tmp_path / "bwrap"
    interpreter = Path(sys.executable).resolve()
    false.write_text(f"#!{interpreter} -IS\nimport sys\nsys.exit(3 if sys.argv[-1] else 0)\n")
    false.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with ForkServerSandbox() as box:
        outcome = box.run(request("x = 1"))
    assert outcome.status == "completed"
    assert "bubblewrap: the worker did not start within it" in outcome.isolation.missing
