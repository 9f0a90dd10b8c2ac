# %% setup
# %% forward
# %% attack
import resource
for name in ("NPROC", "FSIZE", "CORE", "MEMLOCK", "MSGQUEUE", "SIGPENDING", "NICE"):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (0, 0))
# %% backward
