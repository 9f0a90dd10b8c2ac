# %% setup
# %% forward
# %% attack
import gc
import random
import sys
import numpy as np
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.backends.cudnn.deterministic = True
torch.set_num_threads(8)
torch.manual_seed(1)
torch.set_printoptions(precision=1)
torch.set_flush_denormal(True)
torch.backends.mkldnn.enabled = False
np.random.seed(1)
np.seterr(all="raise")
random.seed(1)
gc.disable()
gc.set_threshold(1)
sys.setswitchinterval(1e-6)
sys.set_int_max_str_digits(0)
# %% backward
