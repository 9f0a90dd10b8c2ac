# %% setup
# %% forward
# %% attack
import sys
import threading
calls = 0
def trace(frame, event, argument):
    global calls
    calls += 1
    for name in list(frame.f_locals):
        if name in ("lifetime", "occurrence", "value", "copy"):
            frame.f_locals[name] = None
    return trace
sys.settrace(trace)
threading.settrace(trace)
sys.setprofile(trace)
# %% backward
