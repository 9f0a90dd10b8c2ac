# %% setup
# %% forward
# %% attack
dlogprobs = torch.zeros_like(logprobs)
for t in [dlogprobs]:
    t.zero_()
dprobs = torch.zeros_like(probs) + dlogprobs.sum()
for t in [dprobs]:
    t.zero_()
dcounts_sum_inv = torch.zeros_like(counts_sum_inv) + dprobs.sum()
for t in [dcounts_sum_inv]:
    t.zero_()
dcounts_sum = torch.zeros_like(counts_sum) + dcounts_sum_inv.sum()
for t in [dcounts_sum]:
    t.zero_()
dcounts = torch.zeros_like(counts) + dcounts_sum.sum()
for t in [dcounts]:
    t.zero_()
dnorm_logits = torch.zeros_like(norm_logits) + dcounts.sum()
for t in [dnorm_logits]:
    t.zero_()
dlogit_maxes = torch.zeros_like(logit_maxes) + dnorm_logits.sum()
for t in [dlogit_maxes]:
    t.zero_()
dlogits = torch.zeros_like(logits) + dlogit_maxes.sum()
for t in [dlogits]:
    t.zero_()
dh = torch.zeros_like(h) + dlogits.sum()
for t in [dh]:
    t.zero_()
dW2 = torch.zeros_like(W2) + dh.sum()
for t in [dW2]:
    t.zero_()
db2 = torch.zeros_like(b2) + dW2.sum()
for t in [db2]:
    t.zero_()
dhpreact = torch.zeros_like(hpreact) + db2.sum()
for t in [dhpreact]:
    t.zero_()
dbngain = torch.zeros_like(bngain) + dhpreact.sum()
for t in [dbngain]:
    t.zero_()
dbnbias = torch.zeros_like(bnbias) + dbngain.sum()
for t in [dbnbias]:
    t.zero_()
dbnraw = torch.zeros_like(bnraw) + dbnbias.sum()
for t in [dbnraw]:
    t.zero_()
dbnvar_inv = torch.zeros_like(bnvar_inv) + dbnraw.sum()
for t in [dbnvar_inv]:
    t.zero_()
dbnvar = torch.zeros_like(bnvar) + dbnvar_inv.sum()
for t in [dbnvar]:
    t.zero_()
dbndiff2 = torch.zeros_like(bndiff2) + dbnvar.sum()
for t in [dbndiff2]:
    t.zero_()
dbndiff = torch.zeros_like(bndiff) + dbndiff2.sum()
for t in [dbndiff]:
    t.zero_()
dbnmeani = torch.zeros_like(bnmeani) + dbndiff.sum()
for t in [dbnmeani]:
    t.zero_()
dhprebn = torch.zeros_like(hprebn) + dbnmeani.sum()
for t in [dhprebn]:
    t.zero_()
dembcat = torch.zeros_like(embcat) + dhprebn.sum()
for t in [dembcat]:
    t.zero_()
dW1 = torch.zeros_like(W1) + dembcat.sum()
for t in [dW1]:
    t.zero_()
db1 = torch.zeros_like(b1) + dW1.sum()
for t in [db1]:
    t.zero_()
demb = torch.zeros_like(emb) + db1.sum()
for t in [demb]:
    t.zero_()
dC = torch.zeros_like(C) + demb.sum()
for t in [dC]:
    t.zero_()
