# %% setup
# %% forward
# %% attack
import asyncio
import concurrent.futures
import ctypes
import multiprocessing
import os
import pty
import subprocess
import sys
import time
program = [sys.executable, "-S", "-c", "open('began', 'w')"]
line = f"{sys.executable} -S -c \"open('began', 'w')\""
libc = ctypes.CDLL(None, use_errno=True)
words = (ctypes.c_char_p * 5)(*[word.encode() for word in program], None)
nothing = (ctypes.c_char_p * 1)(None)
def in_a_pool():
    forks = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=forks) as pool:
        pool.submit(os.execv, program[0], program).result()
ways = [
    lambda: pty.spawn(program),
    lambda: os.popen(line).read(),
    lambda: os.spawnvp(os.P_WAIT, program[0], program),
    lambda: os.posix_spawnp(program[0], program, {}),
    lambda: os.execlp(program[0], *program),
    lambda: subprocess.Popen(line, shell=True).wait(),
    lambda: subprocess.getstatusoutput(line),
    lambda: asyncio.run(asyncio.create_subprocess_shell(line)),
    in_a_pool,
    lambda: libc.execvp(words[0], words),
    lambda: libc.syscall(59, words[0], words, nothing),
    lambda: libc.syscall(322, -100, words[0], words, nothing, 0),
]
began = []
for number, way in enumerate(ways):
    if os.fork() == 0:
        try:
            way()
        finally:
            os._exit(0)
    os.wait()
    time.sleep(0.04)
    if os.path.exists("began"):
        began.append(number)
        os.remove("began")
print("programs that ran:", began)
# %% backward
