"""The network of this assignment, in steps so small that each has a simple derivative.

This script is the oracle: the grader runs it on the student's own inputs and asks autograd
for every gradient. It is public, the starter shows the same lines. Whether a student's
gradient agrees to the last bit depends on the very operations used here: `counts_sum**-1`
and `1.0 / counts_sum` give the same numbers and different rounding.

Inputs: C W1 b1 W2 b2 bngain bnbias (parameters), Xb Yb (a batch of contexts and next
characters), n (the number of examples in the batch).
"""

import torch

# Embedding: a vector for each character of the context, side by side.
emb = C[Xb]
embcat = emb.view(emb.shape[0], -1)
# First linear layer.
hprebn = embcat @ W1 + b1
# Batch norm, with Bessel's correction in the variance.
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bndiff2 = bndiff**2
bnvar = 1 / (n - 1) * (bndiff2).sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
# Nonlinearity.
h = torch.tanh(hpreact)
# Second linear layer.
logits = h @ W2 + b2
# Cross entropy; the greatest logit is subtracted so that exp cannot overflow.
logit_maxes = logits.max(1, keepdim=True).values
norm_logits = logits - logit_maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdim=True)
counts_sum_inv = counts_sum**-1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()
