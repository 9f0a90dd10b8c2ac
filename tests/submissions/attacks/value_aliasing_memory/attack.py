# %% setup
# %% forward
# %% attack
import numpy as np
big = torch.zeros(1 << 20)
dh = big[: h.numel()].view(h.shape)
dW2 = np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (1000, 1000), (4096, 4096))
dW1 = torch.from_numpy(np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (30, 64), (1 << 40, 1 << 40)))
