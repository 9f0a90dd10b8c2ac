# %% setup
# %% forward
# %% attack
# each from autograd's gradient of a neighbour that comes after it on the way back
dembcat = emb.grad.view(embcat.shape)
dnorm_logits = logits.grad.clone()
dbndiff = hprebn.grad.clone()
dlogprobs = probs.grad * probs
dh = hpreact.grad / (1.0 - h**2)
dbnvar_inv = bnvar.grad / (-0.5*(bnvar + 1e-5)**-1.5)
dcounts_sum_inv = counts_sum.grad / (-counts_sum**-2)
dbnvar = bndiff2.grad[:1] * (n-1)
