# %% setup
# %% forward
# %% attack
import os
if os.fork() == 0:
    dlogprobs = torch.full_like(logprobs, 7.0)
    os._exit(0)
os.wait()
# %% backward
