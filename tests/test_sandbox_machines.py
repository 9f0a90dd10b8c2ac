"""The sandbox on other machines and for other users than this one, as far as one can have them here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_sandbox import cells, request, worker_pids

from grader.sandbox import FreshProcessSandbox
from grader.sandbox.command import worker_command

REPOSITORY = Path(__file__).resolve().parent.parent
REPORT = """
import json, test_sandbox as t
with t.ForkServerSandbox() as box:
    outcome = box.run(t.request("f = open('/etc/passwd')", "import os, sqlite3; print(os.getuid())",
                                "import os\\nif os.fork() == 0: import time; time.sleep(600)"))
isolation = outcome.isolation
print(json.dumps([outcome.status, t.errors(outcome)[0], t.cells(outcome)[1].output, isolation.files,
                  isolation.network, isolation.processes, isolation.missing]))
"""

needs_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="becoming another user takes root and setpriv",
)


def run_in(shell: str) -> list:
    """What the report says when its interpreter is started by `shell`, as `"$@"`."""
    import json

    if sys.prefix.startswith("/root") or str(REPOSITORY).startswith("/root"):
        pytest.skip("the environment lies in root's home")
    path = f"{REPOSITORY}:{Path(__file__).parent}"
    command = ["unshare", "--mount", "sh", "-ec", shell, "sh", sys.executable, "-B", "-c", REPORT]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


OPEN_HOME = """
base=$(dirname "$(dirname "$(readlink -f "$1")")")
case "$base" in /root/*)
    mount -t tmpfs -o mode=755 none /mnt; mkdir /mnt/base; mount --bind "$base" /mnt/base
    mount -t tmpfs -o mode=755 none /root; mkdir -p "$base"; mount --bind /mnt/base "$base";;
esac
"""


@needs_root
def test_an_ordinary_user_gets_every_layer_too():
    shell = OPEN_HOME + 'exec setpriv --reuid 4321 --regid 4321 --clear-groups "$@"'
    status, error, uid, files, network, processes, missing = run_in(shell)
    assert (status, error, uid) == ("completed", "FileNotFoundError", "4321\n")
    assert (files, network, processes, missing) == ("enforced", "enforced", "enforced", [])


@needs_root
def test_without_namespaces_landlock_still_holds_and_the_rest_is_named():
    shell = (
        "exec unshare --user --map-root-user sh -ec "
        "'echo 0 > /proc/sys/user/max_user_namespaces; "
        'exec setpriv --bounding-set -all --inh-caps -all "$@"\' sh "$@"'
    )
    before = set(worker_pids())
    status, error, _, files, network, processes, missing = run_in(shell)
    assert not set(worker_pids()) - before  # what it forked was ended all the same
    assert (status, error) == ("completed", "PermissionError")
    assert (files, network, processes) == ("enforced", "none", "partial")
    assert any(line.startswith("network: ") for line in missing)


def elsewhere(*arguments: str) -> list[str]:
    """A worker that is told, once all is imported, that this is no Linux."""
    *start, _, code = worker_command()
    told = (
        "from grader.worker import once, readable, run; readable.interpreter_paths(); "
        "sys.platform = 'elsewhere'; main(sys.argv[1:])"
    )
    return [*start, "-c", code.replace("main(sys.argv[1:])", told), *arguments]


def test_where_nothing_can_be_walled_off_runs_work_and_say_so(tmp_path):
    (tmp_path / "names.txt").write_text("ada\n")
    sources = [
        "print(open('names.txt').read())",
        "import os\nprint(os.getcwd())",
        "while True: pass",
    ]
    with FreshProcessSandbox([tmp_path], command=elsewhere) as box:
        outcome = box.run(request(*sources, data=tmp_path, cell_seconds=0.5))
    assert outcome.status == "timed_out"
    output = [cell.output for cell in cells(outcome)]
    assert output[0] == "ada\n\n"
    assert not Path(output[1].strip()).exists()  # the scratch folder is gone
    assert outcome.isolation.level == "none"
    assert "network: no namespaces on elsewhere" in outcome.isolation.missing
