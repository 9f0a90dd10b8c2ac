"""Backward pass of the name model, as one function to import."""

import torch


def onehot_like(x, index):
    mask = torch.zeros_like(x)
    mask[range(x.shape[0]), index] = 1.0
    return mask


def backward(
    Xb, Yb, n,
    C, W1, b1, W2, b2, bngain, bnbias,
    emb, embcat, hprebn, bnmeani, bndiff, bndiff2, bnvar, bnvar_inv, bnraw, hpreact, h,
    logits, logit_maxes, norm_logits, counts, counts_sum, counts_sum_inv, probs, logprobs,
):
    """Gradients of the loss, in the order of exercise 1."""
    # cross entropy
    dlogprobs = -onehot_like(logprobs, Yb) / n
    dprobs = dlogprobs / probs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
    dcounts_sum = -dcounts_sum_inv * counts_sum_inv**2
    dcounts = counts_sum_inv * dprobs + dcounts_sum
    dnorm_logits = counts * dcounts
    dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)
    dlogits = dnorm_logits + onehot_like(logits, logits.argmax(1)) * dlogit_maxes

    # linear layer 2 and tanh
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1 - h * h) * dh

    # batch norm
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnbias = dhpreact.sum(0, keepdim=True)
    dbnraw = bngain * dhpreact
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
    dbnvar = -0.5 * bnvar_inv**3 * dbnvar_inv
    dbndiff2 = dbnvar * torch.full_like(bndiff2, 1 / (n - 1))
    dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
    dbnmeani = -dbndiff.sum(0, keepdim=True)
    dhprebn = dbndiff + dbnmeani / n

    # linear layer 1 and embedding
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(0)
    demb = dembcat.view_as(emb)
    dC = torch.zeros_like(C)
    dC.index_add_(0, Xb.reshape(-1), demb.reshape(-1, C.shape[1]))

    return (
        dlogprobs, dprobs, dcounts_sum_inv, dcounts_sum, dcounts, dnorm_logits, dlogit_maxes,
        dlogits, dh, dW2, db2, dhpreact, dbngain, dbnbias, dbnraw, dbnvar_inv, dbnvar,
        dbndiff2, dbndiff, dbnmeani, dhprebn, dembcat, dW1, db1, demb, dC,
    )
