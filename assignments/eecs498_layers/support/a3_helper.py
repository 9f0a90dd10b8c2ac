"""Stand-in for the course's helper module: losses with their gradients, and a tiny data set."""

import torch
from eecs598.data import get_CIFAR10_data

__all__ = ["get_CIFAR10_data", "softmax_loss", "svm_loss"]


def softmax_loss(x, y):
    """Mean cross entropy of scores x (N, C) with labels y (N,), and its gradient with respect to x."""
    logprobs = x - torch.logsumexp(x, dim=1, keepdim=True)
    rows = torch.arange(x.shape[0], device=x.device)
    loss = -logprobs[rows, y].mean()
    dx = logprobs.exp()
    dx[rows, y] -= 1
    return loss, dx / x.shape[0]


def svm_loss(x, y):
    """Mean hinge loss with margin 1 of scores x (N, C) with labels y (N,), and its gradient."""
    rows = torch.arange(x.shape[0], device=x.device)
    margins = (x - x[rows, y].unsqueeze(1) + 1).clamp(min=0)
    margins[rows, y] = 0
    dx = (margins > 0).to(x.dtype)
    dx[rows, y] = -dx.sum(dim=1)
    return margins.sum() / x.shape[0], dx / x.shape[0]
