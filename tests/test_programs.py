"""What the filter of system calls refuses and notebooks ask for all the same: programs, locks."""

import sys

import pytest
from test_sandbox import cells, request

from grader.sandbox import ForkServerSandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "names.txt").write_text("ada\nben\n")
    with ForkServerSandbox(data_dirs=[folder]) as sandbox:
        yield lambda *sources: cells(sandbox.run(request(*sources, data=str(folder))))


QUIET = {
    "a list of words": "p.check_call([sys.executable, '-m', 'pip', 'install', '-q', 'torch'])",
    "a shell line": "p.run('apt-get update && pip install x', shell=True, check=True)",
    "what it prints": "assert p.check_output(['head', '-1', 'names.txt'], text=True) == 'ada\\n'",
    "getoutput": "assert p.getoutput('cat names.txt | tail -1') == 'ben'",
    "a pipe": "assert p.Popen(['cat'], stdin=-1, stdout=-1).communicate(b'x') == (b'', None)",
    "popen": "assert os.popen('wc -l names.txt').read().split() == ['2', 'names.txt']",
    "system": "assert os.system('pip install x') == 0",
    "system that reads": "assert os.system('cat names.txt') == 0",
    "a fetched file": "p.run(['wget', '-O', 'n.txt', 'http://x.org/names.txt']); open('n.txt')",
    "spawnlp": "assert os.spawnlp(os.P_WAIT, 'pip', 'pip', 'install', 'x') == 0",
    "spawnlp aside": "os.waitpid(os.spawnlp(os.P_NOWAIT, 'pip', 'pip', 'install', 'x'), 0)",
    "asyncio": "assert await (await aio.create_subprocess_exec('pip', 'install', 'x')).wait() == 0",
    "asyncio's shell": "assert await (await aio.create_subprocess_shell('git clone x')).wait() == 0",
}


@pytest.fixture(scope="module")
def quiet(box):
    head = "import os, sys, subprocess as p, asyncio as aio"
    return dict(zip(QUIET, box(head, *QUIET.values())[1:], strict=True))


@pytest.mark.parametrize("way", QUIET)
def test_what_installs_fetches_or_reads_succeeds_quietly(quiet, way):
    assert (quiet[way].error, quiet[way].soft_errors, quiet[way].notes) == (None, [], [])
    assert quiet[way].output == ("ada\nben\n" if way == "system that reads" else "")


REFUSED = {
    "a list of words": "p.run([sys.executable, '-c', 'open(1)'])",
    "a shell line": "p.run('pip install x; rsync a b', shell=True)",
    "what is not here": "p.check_output(['nvidia-smi'])",
    "asyncio": "await aio.create_subprocess_exec('rsync', 'a')",
    "execv": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "execlp": "os.execlp('rsync', 'rsync')",
    "posix_spawn": "os.posix_spawn(sys.executable, ['x'], {})",
}


@pytest.fixture(scope="module")
def refused(box):
    head = "import os, sys, subprocess as p, asyncio as aio"
    return dict(zip(REFUSED, box(head, *REFUSED.values())[1:], strict=True))


@pytest.mark.parametrize("way", REFUSED)
def test_others_are_said_to_be_not_here(refused, way):
    (error,) = [text for text in (refused[way].error, *refused[way].soft_errors) if text]
    assert error.startswith("FileNotFoundError: [Errno 2] no program is run while grading: ")
    assert refused[way].notes == []


def test_a_line_with_any_other_program_fails_with_a_note(box):
    (cell,) = box("import os\nassert os.system('rsync a b') == 127 << 8")
    assert (cell.error, cell.soft_errors) == (None, [])
    assert cell.notes == ["shell command `rsync` was not run"]


def test_the_kernel_refuses_programs_whoever_asks(box):
    code = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
words = (ctypes.c_char_p * 2)(sys.executable.encode(), None)
libc.execve(words[0], words, None)
print(ctypes.get_errno())
"""
    assert box(code)[0].output == "1\n"


def test_processes_of_multiprocessing_are_forks(box):
    code = """
import multiprocessing
from multiprocessing.shared_memory import SharedMemory
with multiprocessing.get_context("spawn").Pool(2) as pool:
    print(pool.map(len, [[1], [2, 3]]))
memory = SharedMemory(create=True, size=8)
memory.close()
memory.unlink()
"""
    (cell,) = box(code)
    assert (cell.error, cell.output) == (None, "[1, 2]\n")


def test_locks_on_files_of_its_own_hinder_no_library(box):
    code = """
import fcntl, sqlite3
with open("mine", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX)
base = sqlite3.connect("base.db")
base.execute("create table t (x)")
base.execute("insert into t values (1)")
base.commit()
print(sqlite3.connect("base.db").execute("select x from t").fetchall())
"""
    (cell,) = box(code)
    assert (cell.error, cell.output) == (None, "[(1,)]\n")
