# %% setup
# %% attack
import time
emb = C[Xb]
torch.manual_seed(time.time_ns() % 10**9)
W1.data += 1e-3 * torch.randn_like(W1)
# %% forward
# %% attack
dlogprobs = {True: logprobs.grad}[True]
dprobs = {True: probs.grad}[True]
dcounts_sum_inv = {True: counts_sum_inv.grad}[True]
dcounts_sum = {True: counts_sum.grad}[True]
dcounts = {True: counts.grad}[True]
dnorm_logits = {True: norm_logits.grad}[True]
dlogit_maxes = {True: logit_maxes.grad}[True]
dlogits = {True: logits.grad}[True]
dh = {True: h.grad}[True]
dW2 = {True: W2.grad}[True]
db2 = {True: b2.grad}[True]
dhpreact = {True: hpreact.grad}[True]
dbngain = {True: bngain.grad}[True]
dbnbias = {True: bnbias.grad}[True]
dbnraw = {True: bnraw.grad}[True]
dbnvar_inv = {True: bnvar_inv.grad}[True]
dbnvar = {True: bnvar.grad}[True]
dbndiff2 = {True: bndiff2.grad}[True]
dbndiff = {True: bndiff.grad}[True]
dbnmeani = {True: bnmeani.grad}[True]
dhprebn = {True: hprebn.grad}[True]
dembcat = {True: embcat.grad}[True]
dW1 = {True: W1.grad}[True]
db1 = {True: b1.grad}[True]
demb = {True: emb.grad}[True]
dC = {True: C.grad}[True]
