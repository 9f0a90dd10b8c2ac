# %% setup
# %% attack
import copy
import gc
import importlib
import io
import json
import os
import pickle
import random
import sys
import time
import tracemalloc
import warnings
warnings.filterwarnings("ignore")
get_ipython().run_line_magic("load_ext", "autoreload")
get_ipython().run_line_magic("autoreload", "2")
gc.collect()
importlib.reload(random)
start = pickle.loads(pickle.dumps([p.detach() for p in parameters]))
again = copy.deepcopy(start)
memory = io.BytesIO()
torch.save({"parameters": again, "step": 0}, memory)
with open("state.pkl", "wb") as file:
    pickle.dump(start, file)
exec("answer = 41 + 1")
sys.path.append(os.getcwd())
sys.setrecursionlimit(5000)
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_printoptions(precision=4)
torch.manual_seed(5)
class Config:
    def __init__(self, **options):
        self.__dict__.update(options)
    def __getattr__(self, name):
        raise AttributeError(name)
config = Config(lr=0.1, n_hidden=64)
for k in ("lr", "n_hidden"):
    setattr(config, k, getattr(config, k))
tracemalloc.start()
begun = time.time()
# %% forward
# %% backward
# %% attack
for name in ("logits", "h", "W2", "C"):
    derived, tensor = eval("d" + name), globals()[name]
    print(f"{name:10s} {str(tuple(derived.shape)):12s} {getattr(tensor, 'dtype')}", derived.abs().max().item())
kept = {k: v for k, v in locals().items() if k.startswith("d") and torch.is_tensor(v)}
print(json.dumps({k: list(v.shape) for k, v in kept.items()}))
with open("gradients.pkl", "wb") as file:
    pickle.dump(kept, file)
with open("gradients.pkl", "rb") as file:
    print(len(pickle.load(file)), tracemalloc.get_traced_memory()[0] > 0, time.time() >= begun)
tracemalloc.stop()
del kept, start
gc.collect()
