"""Numerical gradients by central differences, and the relative error, as notebooks call them."""

import torch


def compute_numeric_gradient(f, x, dLdf=None, h=1e-5):
    """The gradient of sum(f(x) * dLdf) with respect to x, one element at a time."""
    flat, gradient = x.contiguous().view(-1), torch.zeros_like(x)
    for i in range(flat.numel()):
        before = flat[i].item()
        flat[i] = before + h
        above = f(x).clone()
        flat[i] = before - h
        below = f(x).clone()
        flat[i] = before
        slope = (above - below) / (2 * h)
        gradient.view(-1)[i] = slope.sum() if dLdf is None else (slope * dLdf).sum()
    return gradient


def rel_error(x, y, eps=1e-10):
    """The greatest difference, by the greatest sum of absolute values."""
    return ((x - y).abs().max() / (x.abs() + y.abs()).max().clamp(min=eps)).item()
