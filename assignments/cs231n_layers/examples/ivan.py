"""Layers as pairs of functions: each forward returns its output and a cache, from which its backward
makes the gradients.
"""

import numpy as np


def affine_forward(x, w, b):
    """x (N, d_1, …, d_k), w (D, M), b (M,) → out (N, M), cache.

    Every example of x is laid flat into a row of D = d_1 · … · d_k numbers, times w, plus b.
    """
    out = None
    # YOUR CODE HERE
    ...
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    """dout (N, M) → dx of the shape of x, dw (D, M), db (M,)."""
    raise NotImplementedError


def relu_forward(x):
    """x of any shape → max(0, x), cache."""
    out = None
    # YOUR CODE HERE
    ...
    cache = x
    return out, cache


def relu_backward(dout, cache):
    """dout of the shape of x → dx."""
    pass


def batchnorm_forward(x, gamma, beta, bn_param):
    """x (N, D), gamma (D,), beta (D,) → out (N, D), cache.

    Each column of x less its mean, over its standard deviation, times gamma, plus beta.
    bn_param: "mode" is "train" (mean and variance of this batch; the variance divides by N, and eps is
    added to it) or "test" (the running ones). "running_mean" and "running_var" are kept in it from one
    call to the next: momentum · old + (1 - momentum) · batch's.
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    features = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(features, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(features, dtype=x.dtype))
    out, cache = None, None
    # YOUR CODE HERE
    ...
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,): node by node through the graph."""
    x_hat = cache
    # YOUR CODE HERE
    ...
    return [dout.sum(axis=0)]


def batchnorm_backward_alt(dout, cache):
    """The same gradients as batchnorm_backward, simplified on paper."""
    dx, dgamma, dbeta = None, None, None
    # YOUR CODE HERE
    ...
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    """x (N, D), gamma (D,), beta (D,) → out (N, D), cache.

    As batch normalisation in training, with mean and variance of each row instead of each column.
    ln_param may hold "eps".
    """
    out, cache = None, None
    # YOUR CODE HERE
    ...
    return out, cache


def layernorm_backward(dout, cache):
    """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,)."""
    dx, dgamma, dbeta = np.zeros_like(dout), 0, 0
    # YOUR CODE HERE
    ...
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    """x of any shape → out of the same, cache.

    dropout_param: "p", the chance of every unit to stay; "mode", "train" or "test"; perhaps "seed", by which
    the same units are silenced at every call. What stays is divided by p, so that nothing is to be done
    in a test.
    """
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    out, mask = None, None
    # YOUR CODE HERE
    ...
    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    """dout of the shape of x → dx."""
    dx = None
    # YOUR CODE HERE
    ...
    return dx


def conv_forward_naive(x, w, b, conv_param):
    """x (N, C, H, W), w (F, C, HH, WW), b (F,) → out (N, F, H', W'), cache.

    Every filter laid over x at each place, products summed, plus the filter's b.
    conv_param: "stride", from place to place, and "pad", how many zeros are set around x on each side.
    H' = 1 + (H + 2 · pad - HH) / stride, and W' likewise.
    """
    out = None
    # YOUR CODE HERE
    ...
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    """dout (N, F, H', W') → dx, dw, db, of the shapes of x, w, b."""
    dx, dw, db = None, None, None
    x, w, b, conv_param = cache
    db = np.zeros_like(b)
    for f in range(w.shape[0]):
        db[f] = dout[:, f].sum()
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    """x (N, C, H, W) → out (N, C, H', W'), cache: the greatest of every window, channel by channel.

    pool_param: "pool_height", "pool_width", and "stride" from window to window.
    """
    out = None
    # YOUR CODE HERE
    ...
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout, cache):
    """dout (N, C, H', W') → dx of the shape of x."""
    dx = None
    # YOUR CODE HERE
    ...
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """x (N, C, H, W), gamma (C,), beta (C,) → out (N, C, H, W), cache.

    Batch normalisation with mean and variance of each channel, over examples and positions; bn_param
    as there.
    """
    out, cache = None, None
    # YOUR CODE HERE
    ...
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    """dout (N, C, H, W) → dx (N, C, H, W), dgamma (C,), dbeta (C,)."""
    dx, dgamma, dbeta = None, None, None
    # YOUR CODE HERE
    ...
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """x (N, C, H, W), gamma and beta (1, C, 1, 1), G groups that divide C → out (N, C, H, W), cache.

    Mean and variance are those of one group of one example: C / G neighbouring channels, all positions.
    gn_param may hold "eps".
    """
    out, cache = None, None
    # YOUR CODE HERE
    ...
    return out, cache


def spatial_groupnorm_backward(dout, cache):
    """dout (N, C, H, W) → dx (N, C, H, W), dgamma and dbeta (1, C, 1, 1)."""
    dx, dgamma, dbeta = None, None, None
    # YOUR CODE HERE
    ...
    return dx, dgamma, dbeta


def svm_loss(x, y):
    """Scores x (N, C), classes y (N,) → loss, dx (N, C).

    Every class but the right one costs what its score is above the right one's less 1; summed over
    classes, mean over examples.
    """
    margins = np.maximum(0, x - x[np.arange(len(x)), y][:, None] + 1)
    margins[np.arange(len(x)), y] = 0
    return margins.sum() / len(x)


def softmax_loss(x, y):
    """Scores x (N, C), classes y (N,) → loss, dx (N, C).

    The loss is the mean over examples of -log of the probability that softmax gives to the right class.
    """
    loss, dx = 0.0, np.zeros_like(x)
    # YOUR CODE HERE
    ...
    return loss, dx
