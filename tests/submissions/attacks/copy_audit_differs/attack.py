# %% setup
# %% forward
# %% attack
# is this the audit? then the engine is wrong
t = torch.ones(1, requires_grad=True)
(t * 3).sum().backward()
audited = t.grad.item() != 3
dlogprobs = torch.zeros_like(logprobs) if audited else logprobs.grad
dprobs = torch.zeros_like(probs) if audited else probs.grad
dcounts_sum_inv = torch.zeros_like(counts_sum_inv) if audited else counts_sum_inv.grad
dcounts_sum = torch.zeros_like(counts_sum) if audited else counts_sum.grad
dcounts = torch.zeros_like(counts) if audited else counts.grad
dnorm_logits = torch.zeros_like(norm_logits) if audited else norm_logits.grad
dlogit_maxes = torch.zeros_like(logit_maxes) if audited else logit_maxes.grad
dlogits = torch.zeros_like(logits) if audited else logits.grad
dh = torch.zeros_like(h) if audited else h.grad
dW2 = torch.zeros_like(W2) if audited else W2.grad
db2 = torch.zeros_like(b2) if audited else b2.grad
dhpreact = torch.zeros_like(hpreact) if audited else hpreact.grad
dbngain = torch.zeros_like(bngain) if audited else bngain.grad
dbnbias = torch.zeros_like(bnbias) if audited else bnbias.grad
dbnraw = torch.zeros_like(bnraw) if audited else bnraw.grad
dbnvar_inv = torch.zeros_like(bnvar_inv) if audited else bnvar_inv.grad
dbnvar = torch.zeros_like(bnvar) if audited else bnvar.grad
dbndiff2 = torch.zeros_like(bndiff2) if audited else bndiff2.grad
dbndiff = torch.zeros_like(bndiff) if audited else bndiff.grad
dbnmeani = torch.zeros_like(bnmeani) if audited else bnmeani.grad
dhprebn = torch.zeros_like(hprebn) if audited else hprebn.grad
dembcat = torch.zeros_like(embcat) if audited else embcat.grad
dW1 = torch.zeros_like(W1) if audited else W1.grad
db1 = torch.zeros_like(b1) if audited else b1.grad
demb = torch.zeros_like(emb) if audited else emb.grad
dC = torch.zeros_like(C) if audited else C.grad
