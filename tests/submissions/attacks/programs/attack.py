# %% setup
# %% forward
# %% attack
import asyncio
import ctypes
import multiprocessing
import os
import subprocess
import sys
import time
began = []
program = [sys.executable, "-c", "open('began', 'w')"]
libc = ctypes.CDLL(None, use_errno=True)
words = (ctypes.c_char_p * 4)(*[word.encode() for word in program], None)
descriptor = os.open(sys.executable, os.O_RDONLY)
ways = [
    lambda: libc.execve(words[0], words, None),
    lambda: libc.execveat(descriptor, b"", words, None, 0x1000),
    lambda: libc.posix_spawn(ctypes.byref(ctypes.c_int()), words[0], None, None, words, None),
    lambda: libc.system(b"echo > began"),
    lambda: os.execv(program[0], program),
    lambda: os.posix_spawn(program[0], program, {}),
    lambda: subprocess.check_call(program),
    lambda: os.system(" ".join(program)),
    lambda: multiprocessing.util.spawnv_passfds(program[0].encode(), [w.encode() for w in program], ()),
    lambda: multiprocessing.get_context("spawn").Process(target=os.mkdir, args=("forked",)).start(),
    lambda: asyncio.run(asyncio.create_subprocess_exec(*program)),
]
for number, way in enumerate(ways):
    if os.fork() == 0:
        try:
            way()
        finally:
            os._exit(0)
    os.wait()
    time.sleep(0.1)
    if os.path.exists("began"):
        began.append(number)
        os.remove("began")
print("programs that ran:", began)
# %% backward
