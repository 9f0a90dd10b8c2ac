"""What is tried, as cells of a submission: each raises where it is kept off."""

from __future__ import annotations

from collections.abc import Mapping

from grader.doctor.finding import Name
from grader.doctor.victims import Victims
from grader.protocol import Limits

LIMITS = Limits(cell_seconds=1, total_seconds=8, memory_mb=256, processes=24)
STRAY = "graderstray"
"""Name that a process takes which means to outlive its run."""


def attempts(victims: Victims) -> Mapping[Name, Mapping[str, str]]:
    """Protection → what is tried → Python source, which ends normally if it succeeds."""
    secret, pid = str(victims.secret), victims.process.pid
    tcp, udp = victims.tcp.getsockname()[1], victims.udp.getsockname()[1]
    return {
        "files": {
            "read a file that anybody may read": f"open({secret!r}).read()",
            "read /etc/hostname": "open('/etc/hostname').read()",
            "write a file beside it": f"open({secret!r} + '.new', 'w').write('x')",
            "list its folder": f"__import__('os').listdir({str(victims.folder)!r})",
        },
        "network": {
            "connect by TCP": _connect("AF_INET", "SOCK_STREAM", ("127.0.0.1", tcp)),
            "send by UDP": _connect("AF_INET", "SOCK_DGRAM", ("127.0.0.1", udp)),
            "connect to a socket in a folder": _connect(
                "AF_UNIX", "SOCK_STREAM", victims.path.getsockname()
            ),
        },
        "signals": {
            "send a signal to another process": f"__import__('os').kill({pid}, 19)",
            "lower another's priority": f"__import__('os').setpriority(0, {pid}, 10)",
            "change another's limits": (
                f"import resource; resource.prlimit({pid}, resource.RLIMIT_NOFILE, (9, 9))"
            ),
            "trace another process": _call(f"ptrace(16, {pid}, 0, 0)"),
            "lock a file that others read": _LOCK,
            "watch a file that others read": _call("inotify_init()"),
            "ask whether others have read a file": (
                f"import os; os.preadv({_OTHERS}, [bytearray(1)], 0, os.RWF_NOWAIT)"
            ),
            "have a file forgotten that others read": (
                f"import os; os.posix_fadvise({_OTHERS}, 0, 0, os.POSIX_FADV_DONTNEED)"
            ),
        },
        "memory": {
            "hide memory in a memfd": "__import__('os').memfd_create('x')",
            "hide memory in System V segments": _call("shmget(0, 1 << 20, 0o1600)"),
            "hide memory in links": _LINKS,
            "hide memory in timers": _TIMERS,
        },
        "processes": {
            "start more processes than allowed": _FORKS,
            "run a program": _PROGRAM.format(call="execve(words[0], words, None)"),
            "run a program by its descriptor": _PROGRAM.format(
                call="execveat(os.open(sys.executable, os.O_RDONLY), b'', words, None, 0x1000)"
            ),
        },
    }


def _connect(family: str, kind: str, address: object) -> str:
    return (
        f"import socket; s = socket.socket(socket.{family}, socket.{kind}); s.settimeout(1); "
        f"s.connect({address!r}); s.send(b'x')"
    )


def _call(expression: str) -> str:
    return f"import ctypes\nif ctypes.CDLL(None).{expression} < 0: raise OSError('refused')"


_OTHERS = "os.open(os.__file__, os.O_RDONLY)"
_FORKS = """import os, time
began = []
try:
    for _ in range(60):
        pid = os.fork()
        if pid == 0:
            time.sleep(5)
            os._exit(0)
        began.append(pid)
finally:
    for pid in began:
        os.kill(pid, 9)
        os.waitpid(pid, 0)"""

_LOCK = """import fcntl, os
with open(os.__file__) as mine, open(os.__file__) as anothers:
    fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try: fcntl.flock(anothers, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError: pass
    else: raise OSError('it binds nobody')"""

_LINKS = """import os
os.mkdir('links')
for number in range(10_000): os.symlink('x', f'links/{number}')"""

_TIMERS = """import ctypes
libc, number = ctypes.CDLL(None), ctypes.c_void_p()
for _ in range(3000):
    if libc.timer_create(1, None, ctypes.byref(number)): raise OSError('refused')"""

_PROGRAM = """import ctypes, os, sys
pid = os.fork()
if pid == 0:
    words = (ctypes.c_char_p * 6)(sys.executable.encode(), b"-I", b"-S", b"-c", b"", None)
    ctypes.CDLL(None).{call}
    os._exit(1)
if os.waitpid(pid, 0)[1]: raise OSError('refused')"""

OUTLIVE = f"""import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, {STRAY!r}.encode())
        time.sleep(120)
    os._exit(0)
os.wait()
time.sleep(0.2)"""
TAKE_MEMORY = "kept = []\nwhile True: kept.append(bytearray(1 << 24))"
TAKE_SOCKETS = """import os, socket, time
for _ in range(6):
    if os.fork() == 0:
        kept = [socket.socketpair() for _ in range(120)]
        for side in (side for pair in kept for side in pair):
            side.setblocking(False)
            try:
                while True: side.send(bytes(1 << 16))
            except OSError: pass
        time.sleep(3)
        os._exit(0)
time.sleep(3)"""
TAKE_TIME = "while True: pass"
WAIT = "import time; time.sleep(60)"
