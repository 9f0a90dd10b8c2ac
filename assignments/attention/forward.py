"""A causal attention head between layer norm and the cross entropy of the next token.

Inputs: E P (vectors of tokens and of places), gamma beta (layer norm), Wq Wk Wv (queries, keys,
values), Wo bo (output layer), ids nxt (tokens, and those that follow them).
"""

import torch
import torch.nn.functional as F

# Embedding: a vector for each token, and one for its place.
x = E[ids] + P
# Layer norm, over the channels.
mu = x.mean(-1, keepdim=True)
xc = x - mu
var = (xc**2).mean(-1, keepdim=True)
rstd = (var + 1e-5) ** -0.5
xhat = xc * rstd
ln = gamma * xhat + beta
# Attention: minus infinity where a token would see what comes after it.
q = ln @ Wq
k = ln @ Wk
v = ln @ Wv
scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
masked = scores.masked_fill(torch.ones_like(scores).tril() == 0, float("-inf"))
att = torch.softmax(masked, dim=-1)
out = att @ v
# The next token.
logits = out @ Wo + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, nxt[..., None]).mean()
