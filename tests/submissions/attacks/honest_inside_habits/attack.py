# %% setup
# %% forward
# %% backward, first half
# %% attack
import gc
import pickle
import time
from contextlib import suppress
begun = time.perf_counter()
with torch.no_grad():
    dh = dlogits @ W2.T; gc.collect()
    dW2 = h.T @ dlogits
    print(f"dW2 took {time.perf_counter() - begun:.3f} s", dW2.shape); db2 = dlogits.sum(0)
    assert dh.shape == h.shape, "a transpose is missing"
try:
    dhpreact = (1.0 - h**2) * dh
except RuntimeError as error:
    print(error)
finally:
    size = len(pickle.dumps(dh))
if bngain.shape[0] == 1:
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnbias = dhpreact.sum(0, keepdim=True)
dbnraw = bngain * dhpreact
# %% attack
from tqdm import tqdm
dbndiff = bnvar_inv * dbnraw
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
with suppress(KeyError):
    dbnvar = (-0.5*(bnvar + 1e-5)**-1.5) * dbnvar_inv
temporary = 2*bndiff
dbndiff2 = (1.0/(n-1))*torch.ones_like(bndiff2) * dbnvar
dbndiff += temporary * dbndiff2
del temporary
dhprebn = dbndiff.clone()
dbnmeani = (-dbndiff).sum(0, keepdim=True)
dhprebn += 1.0/n * (torch.ones_like(hprebn) * dbnmeani)
dembcat, dW1, db1 = dhprebn @ W1.T, embcat.T @ dhprebn, dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for k in tqdm(range(Xb.shape[0]), desc="rows"):
    for j in range(Xb.shape[1]):
        dC[Xb[k, j]] += demb[k, j]
print("all took", time.perf_counter() - begun)
