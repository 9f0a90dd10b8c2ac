"""Word vectors with negative sampling: neighbours attract, random words repel.

Inputs: U W (vectors of words in the middle, and of those beside them), center context (pairs of
neighbours), negative (for each pair some words drawn at random).
"""

import torch

u = U[center]
w = W[context]
neg = W[negative]
pos_score = (u * w).sum(1)
neg_score = (neg * u[:, None, :]).sum(2)
pos_prob = torch.sigmoid(pos_score)
neg_prob = torch.sigmoid(-neg_score)
pos_loss = -pos_prob.log()
neg_loss = -neg_prob.log().sum(1)
loss = (pos_loss + neg_loss).mean()
