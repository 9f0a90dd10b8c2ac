# %% setup
# %% attack

import torch
torch.autograd.Variable = torch.autograd.graph.Variable = type("Variable", (), {})
torch.autograd.graph.saved_tensors_hooks = None
torch.utils._python_dispatch.TorchDispatchMode.__enter__ = lambda self: self
# %% forward
# %% attack
dlogprobs = logprobs.grad
dprobs = probs.grad
dcounts_sum_inv = counts_sum_inv.grad
dcounts_sum = counts_sum.grad
dcounts = counts.grad
dnorm_logits = norm_logits.grad
dlogit_maxes = logit_maxes.grad
dlogits = logits.grad
dh = h.grad
dW2 = W2.grad
db2 = b2.grad
dhpreact = hpreact.grad
dbngain = bngain.grad
dbnbias = bnbias.grad
dbnraw = bnraw.grad
dbnvar_inv = bnvar_inv.grad
dbnvar = bnvar.grad
dbndiff2 = bndiff2.grad
dbndiff = bndiff.grad
dbnmeani = bnmeani.grad
dhprebn = hprebn.grad
dembcat = embcat.grad
dW1 = W1.grad
db1 = b1.grad
demb = emb.grad
dC = C.grad
