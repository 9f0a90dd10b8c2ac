"""Recurrent layers as pairs of functions: each forward returns its output and a cache, from which its
backward makes the gradients.
"""

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """x (N, D), prev_h (N, H), Wx (D, H), Wh (H, H), b (H,) → next_h (N, H), cache.

    next_h is tanh of x Wx + prev_h Wh + b.
    """
    next_h, cache = None, None
    # YOUR CODE HERE
    ...
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    """dnext_h (N, H) → dx (N, D), dprev_h (N, H), dWx (D, H), dWh (H, H), db (H,)."""
    raise NotImplementedError("tomorrow")


def rnn_forward(x, h0, Wx, Wh, b):
    """x (N, T, D), h0 (N, H) → h (N, T, H), the state after each of T steps, and cache."""
    h, cache = None, None
    # YOUR CODE HERE
    ...
    return h, cache


def rnn_backward(dh, cache):
    """dh (N, T, H), what flows into each state from above → dx (N, T, D), dh0 (N, H), dWx, dWh, db."""
    dx, dh0, dWx, dWh, db = None, None, None, None, None
    # YOUR CODE HERE
    ...
    return dx, dh[:, 0]


def word_embedding_forward(x, W):
    """Indices x (N, T), one row of W (V, D) for each word → out (N, T, D), cache."""
    out, cache = None, None
    # YOUR CODE HERE
    ...
    return out, cache


def word_embedding_backward(dout, cache):
    """dout (N, T, D) → dW (V, D). Indices have no gradient."""
    pass


def sigmoid(x):
    """1 / (1 + e^-x), without overflow at either end."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """x (N, D), prev_h and prev_c (N, H), Wx (D, 4H), Wh (H, 4H), b (4H,) → next_h, next_c (N, H), cache.

    x Wx + prev_h Wh + b holds four blocks of H columns, in this order: the gates i, f and o, to which
    sigmoid is applied, and g, to which tanh is. next_c = f · prev_c + i · g, next_h = o · tanh(next_c).
    """
    next_h, next_c, cache = None, None, None
    # YOUR CODE HERE
    ...
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    """dnext_h, dnext_c (N, H) → dx, dprev_h, dprev_c, dWx, dWh, db, of the shapes of what they belong to."""
    dx, dprev_h, dprev_c, dWx, dWh, db = None, None, None, None, None, None
    x, prev_h, prev_c, Wx, Wh, b = cache
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    """x (N, T, D), h0 (N, H); the cell begins with zeros → h (N, T, H), cache."""
    h, cache = None, None
    # YOUR CODE HERE
    ...
    return h, cache


def lstm_backward(dh, cache):
    """dh (N, T, H), what flows into each state from above → dx (N, T, D), dh0 (N, H), dWx, dWh, db."""
    dx, dh0, dWx, dWh, db = None, None, None, None, None
    # YOUR CODE HERE
    ...
    return dx, dh0, dWx, dWh, db


def temporal_affine_forward(x, w, b):
    """x (N, T, D), w (D, M), b (M,) → out (N, T, M), cache."""
    out, cache = x @ w + b, None
    # YOUR CODE HERE
    ...
    return out, cache


def temporal_affine_backward(dout, cache):
    """dout (N, T, M) → dx (N, T, D), dw (D, M), db (M,)."""
    dx, dw, db = None, None, None
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    """Scores x (N, T, V), words y (N, T), mask (N, T) of bools → loss, dx (N, T, V).

    Losses of the steps that the mask keeps are summed over time; the mean is over the N sequences.
    """
    loss, dx = 0.0, np.zeros_like(x)
    # YOUR CODE HERE
    ...
    return loss, dx
