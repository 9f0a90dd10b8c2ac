"""What every combination of layers claims, it keeps: as root and as an ordinary user.

`grader doctor` attacks itself; this runs it for each combination of layers that a machine may
lack. A claim that does not stand fails, and so does a combination that claims less than here.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.doctor import examine, remedies
from grader.errors import UnsafeError
from grader.sandbox import ForkServerSandbox, FreshProcessSandbox

REPOSITORY = Path(__file__).resolve().parent.parent
NAMES = ("files", "network", "signals", "memory", "processes", "time")
ALL = dict.fromkeys(NAMES, "enforced")
SHARED = ALL | {"processes": "partial", "memory": "partial"}

LACKING = {
    "nothing": ((), ALL),
    "bubblewrap": (("bubblewrap",), ALL),
    "namespaces": (("namespaces",), SHARED),
    "bubblewrap and namespaces": (("bubblewrap", "namespaces"), SHARED),
    "all but landlock": (
        ("bubblewrap", "namespaces", "seccomp"),
        SHARED | {"network": "none", "signals": "partial"},
    ),
    "all but seccomp": (("bubblewrap", "namespaces", "landlock"), SHARED | {"files": "none"}),
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")
needs_bubblewrap = pytest.mark.skipif(
    not shutil.which("bwrap") and not os.environ.get("CI"), reason="bubblewrap is not installed"
)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")


@needs_bubblewrap
@pytest.mark.parametrize("lacking", LACKING)
def test_every_claim_withstands_the_attempts_upon_it(lacking):
    without, expected = LACKING[lacking]
    with ForkServerSandbox(without=without) as box:
        isolation, findings = examine(box)
    assert [finding for finding in findings if not finding.true] == []
    assert {name: getattr(isolation, name) for name in NAMES} == expected
    assert ("in bubblewrap" in isolation.backend) == ("bubblewrap" not in without)
    assert {remedy.layer for remedy in remedies(isolation)} <= {*without, "user"}


def test_a_fresh_process_keeps_what_it_claims_too():
    with FreshProcessSandbox() as box:
        isolation, findings = examine(box)
    assert [finding for finding in findings if not finding.true] == []
    assert {name: getattr(isolation, name) for name in NAMES} == ALL


def test_what_is_not_enforced_is_seen_to_be_open():
    with ForkServerSandbox(
        without=("bubblewrap", "namespaces", "landlock", "seccomp"), required=False
    ) as box:
        isolation, findings = examine(box)
    assert isolation.level == "none"
    got_through = {finding.name: finding.got_through for finding in findings}
    assert "read a file that anybody may read" in got_through["files"]
    assert "connect by TCP" in got_through["network"]
    assert "hide memory in a memfd" in got_through["memory"]
    assert got_through["time"] == ()


def test_where_neither_files_nor_network_can_be_closed_nothing_is_run(tmp_path):
    layers = ("bubblewrap", "namespaces", "landlock", "seccomp")
    with ForkServerSandbox(without=layers) as box, pytest.raises(UnsafeError, match="--no-sandbox"):
        examine(box)


FORBIDDEN = """
exec setpriv --reuid 4321 --regid 4321 --clear-groups unshare --user --map-current-user --keep-caps sh -ec '
echo 0 > /proc/sys/user/max_user_namespaces
exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$@"' sh "$@"
"""
"""An ordinary user whom the kernel refuses every further user namespace, as Ubuntu 24.04 does."""
AS_FORBIDDEN = "NAMESPACES_ARE_FORBIDDEN"


@pytest.mark.skipif(AS_FORBIDDEN not in os.environ, reason="the next test makes such a machine")
def test_where_the_kernel_forbids_namespaces_doctor_says_what_remains(capsys):
    from grader.cli.doctor import run

    assert subprocess.run(["unshare", "--user", "true"], check=False).returncode != 0
    with ForkServerSandbox() as box:
        isolation, findings = examine(box)
    assert [finding for finding in findings if not finding.true] == []
    assert {name: getattr(isolation, name) for name in NAMES} == SHARED
    assert run() == 0
    printed = capsys.readouterr().out
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in printed, "what would help"
    assert "apt-get install bubblewrap" not in printed, "it could do nothing here"


@needs_root
def test_an_ordinary_user_without_namespaces_is_walled_in_by_what_remains(monkeypatch):
    monkeypatch.setenv(AS_FORBIDDEN, "1")
    printed = passes_as(FORBIDDEN, "-k", "forbids")
    assert "1 passed" in printed


OPEN = """
path=$1
for child in "$path"/* "$path"/.[!.]*; do
    name=${child##*/}
    if [ -L "$child" ]; then cp -P "$child" "$2/$name"
    elif [ -d "$child" ]; then mkdir -p "$2/$name"; mount --bind "$child" "$2/$name"
    elif [ -e "$child" ]; then touch "$2/$name"; mount --bind "$child" "$2/$name"
    fi
done
"""
"""What a folder holds, at another place."""


def reachable(*folders: Path) -> str:
    """Shell lines for a mount namespace in which everybody may enter these folders: the clone
    or the interpreter may lie where root alone may go.
    """
    closed = {gate for folder in folders if (gate := first_closed(folder))}
    inside = [f for f in folders if any(f.is_relative_to(gate) for gate in closed)]
    if not inside:
        return ""
    aside = [f"mkdir /mnt/{i}; mount --bind '{f}' /mnt/{i}" for i, f in enumerate(inside)]
    cover = [f"mount -t tmpfs -o mode=755 none '{gate}'" for gate in sorted(closed)]
    back = [f"mkdir -p '{f}'; show /mnt/{i} '{f}'" for i, f in enumerate(inside)]
    lines = [f"show() {{ {OPEN} }}", "mount -t tmpfs -o mode=755 none /mnt", *aside, *cover, *back]
    return "\n".join(lines) + "\n"


def first_closed(folder: Path) -> Path | None:
    """The first folder on the way to it, itself included, that not everybody may enter."""
    way = [*reversed(folder.parents), folder]
    return next((step for step in way if step.stat().st_mode & 0o005 != 0o005), None)


def passes_as(become: str, *arguments: str) -> str:
    """Output of this file's tests in an interpreter that the shell line `become` starts."""
    places = (REPOSITORY, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())
    apart = [p for p in places if not any(p != o and p.is_relative_to(o) for o in places)]
    tests = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", __file__]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", reachable(*apart) + become, "sh", *tests, *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTEST_ADDOPTS": "", "HOME": "/"},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_root
def test_a_folder_that_root_alone_may_enter_can_be_made_reachable(tmp_path):
    gate = tmp_path / "home"
    clone = gate / "deep" / "clone"
    (clone / "package").mkdir(parents=True)
    (clone / "package" / "file").write_text("read")
    (clone / ".link").symlink_to("package/file")
    as_another = 'exec setpriv --reuid 4321 --regid 4321 --clear-groups cat "$1"'
    for closed in (gate, clone):
        closed.chmod(0o700)
        command = ["unshare", "--mount", "sh", "-ec"]
        script = reachable(clone) + as_another
        shown = subprocess.check_output([*command, script, "sh", clone / ".link"], text=True)
        assert shown == "read"
        refused = subprocess.run(
            [*command, as_another, "sh", clone / ".link"], check=False, capture_output=True
        )
        assert refused.returncode != 0
        closed.chmod(0o755)


@needs_root
@needs_bubblewrap
def test_an_ordinary_user_passes_the_same_suite():
    become = 'exec setpriv --reuid 4321 --regid 4321 --clear-groups "$@"'
    printed = passes_as(become, "-k", "claim")
    assert f"{len(LACKING) + 1} passed" in printed


@needs_root
def test_root_gives_each_run_a_user_of_its_own_where_namespaces_are_refused():
    passes_as('exec "$@"', "-k", "own_user")


@needs_root
def test_a_run_has_its_own_user_and_a_limit_on_processes_without_namespaces():
    from test_sandbox import cells, request

    without = ("bubblewrap", "namespaces", "landlock")
    with ForkServerSandbox(without=without) as box:
        if first_closed(Path(sys.executable).resolve().parent):
            pytest.skip("an interpreter that root alone may reach is for root alone")
        outcomes = [box.run(request("import os; print(os.getuid())")) for _ in range(2)]
        users = [cells(outcome)[0].output.strip() for outcome in outcomes]
        _, findings = examine(box, ["processes"])
    assert len({*users, "0", "65534"}) == 4
    assert findings[0].got_through == ()
