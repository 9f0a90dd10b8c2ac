# %% setup
# %% attack
import ctypes
import os
import signal
import sys
import threading
import time
import weakref
libc = ctypes.CDLL(None, use_errno=True)
program = [sys.executable, "-S", "-c", "open('began', 'w')"]
words = (ctypes.c_char_p * 5)(*[word.encode() for word in program], None)
execute = lambda *_: libc.execve(words[0], words, None)
wanted = threading.Event()
def waits():
    wanted.wait(60)
    execute()
threading.Thread(target=waits, daemon=True).start()
# %% forward
# %% attack
def in_thread():
    thread = threading.Thread(target=execute)
    thread.start()
    thread.join()
def in_grandchild():
    if os.fork() == 0:
        os.setsid()
        execute()
        os._exit(0)
    os.wait()
def in_handler():
    signal.signal(signal.SIGUSR1, execute)
    os.kill(os.getpid(), signal.SIGUSR1)
def in_hook():
    os.register_at_fork(after_in_child=execute)
    if os.fork() == 0:
        os._exit(0)
    os.wait()
def in_trace():
    sys.settrace(execute)
    (lambda: None)()
def in_finaliser():
    class Last: pass
    last = Last()
    weakref.finalize(last, execute)
began = []
for number, way in enumerate([in_thread, in_grandchild, in_handler, in_hook, in_trace, in_finaliser]):
    if os.fork() == 0:
        try:
            way()
        finally:
            os._exit(0)
    os.wait()
    time.sleep(0.05)
    if os.path.exists("began"):
        began.append(number)
        os.remove("began")
wanted.set()
time.sleep(0.05)
print("programs that ran:", began)
# %% backward
