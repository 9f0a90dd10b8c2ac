"""Stand-in for layers.py, of which a net is put together, where it was not handed in with the net."""

import numpy as np


def affine_forward(x, w, b):
    """x (N, …), w (D, M), b (M,) → out (N, M), cache."""
    return x.reshape(x.shape[0], -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    """dout (N, M) → dx, dw, db."""
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(x.shape[0], -1).T @ dout, dout.sum(0)


def relu_forward(x):
    """x → max(0, x), cache."""
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    """dout → dx."""
    return np.where(cache > 0, dout, 0)


def softmax_loss(x, y):
    """Scores x (N, C), classes y (N,) → cross entropy, dx."""
    probs = np.exp(x - x.max(1, keepdims=True))
    probs /= probs.sum(1, keepdims=True)
    right = np.eye(x.shape[1])[y]
    return -np.log((probs * right).sum(1)).mean(), (probs - right) / len(x)
