"""Layers as pairs of functions: each forward returns its output and a cache, from which its backward
makes the gradients.
"""

import numpy as np


def affine_forward(x, w, b):
    """x (N, d_1, …, d_k), w (D, M), b (M,) → out (N, M), cache.

    Every example of x is laid flat into a row of D = d_1 · … · d_k numbers, times w, plus b.
    """
    out = None
    ### BEGIN SOLUTION
    out = x.reshape(x.shape[0], -1).dot(w) + b
    ### END SOLUTION
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    """dout (N, M) → dx of the shape of x, dw (D, M), db (M,)."""
    dx, dw, db = None, None, None
    ### BEGIN SOLUTION
    x, w, b = cache
    rows = x.reshape(x.shape[0], -1)
    dx = dout.dot(w.T).reshape(x.shape)
    dw = rows.T.dot(dout)
    db = dout.sum(axis=0)
    ### END SOLUTION
    return dx, dw, db


def relu_forward(x):
    """x of any shape → max(0, x), cache."""
    out = None
    ### BEGIN SOLUTION
    out = np.maximum(0, x)
    ### END SOLUTION
    cache = x
    return out, cache


def relu_backward(dout, cache):
    """dout of the shape of x → dx."""
    dx = None
    ### BEGIN SOLUTION
    x = cache
    dx = dout * (x > 0)
    ### END SOLUTION
    return dx


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
    ### BEGIN SOLUTION
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        out = gamma * x_hat + beta
        cache = (x_hat, inv_std, gamma)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    else:
        raise ValueError(f"no such mode of batch normalisation: {mode}")
    ### END SOLUTION
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,): node by node through the graph."""
    dx, dgamma, dbeta = None, None, None
    ### BEGIN SOLUTION
    x_hat, inv_std, gamma = cache
    examples = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    centred = x_hat / inv_std
    dinv_std = (dx_hat * centred).sum(axis=0)
    dvar = -0.5 * dinv_std * inv_std**3
    dcentred = dx_hat * inv_std + 2 * centred * dvar / examples
    dx = dcentred - dcentred.mean(axis=0)
    ### END SOLUTION
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    """The same gradients as batchnorm_backward, simplified on paper."""
    dx, dgamma, dbeta = None, None, None
    ### BEGIN SOLUTION
    x_hat, inv_std, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    examples = dout.shape[0]
    dx = gamma * inv_std / examples * (examples * dout - dbeta - x_hat * dgamma)
    ### END SOLUTION
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    """x (N, D), gamma (D,), beta (D,) → out (N, D), cache.

    As batch normalisation in training, with mean and variance of each row instead of each column.
    ln_param may hold "eps".
    """
    out, cache = None, None
    ### BEGIN SOLUTION
    eps = ln_param.get("eps", 1e-5)
    mean = x.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    x_hat = (x - mean) * inv_std
    out = gamma * x_hat + beta
    cache = (x_hat, inv_std, gamma)
    ### END SOLUTION
    return out, cache


def layernorm_backward(dout, cache):
    """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,)."""
    dx, dgamma, dbeta = None, None, None
    ### BEGIN SOLUTION
    x_hat, inv_std, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    along = (dx_hat * x_hat).mean(axis=1, keepdims=True)
    dx = inv_std * (dx_hat - dx_hat.mean(axis=1, keepdims=True) - x_hat * along)
    ### END SOLUTION
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
    ### BEGIN SOLUTION
    if mode == "train":
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == "test":
        out = x
    ### END SOLUTION
    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    """dout of the shape of x → dx."""
    dx = None
    ### BEGIN SOLUTION
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    if mode == "train":
        dx = dout * mask
    elif mode == "test":
        dx = dout
    ### END SOLUTION
    return dx


def conv_forward_naive(x, w, b, conv_param):
    """x (N, C, H, W), w (F, C, HH, WW), b (F,) → out (N, F, H', W'), cache.

    Every filter laid over x at each place, products summed, plus the filter's b.
    conv_param: "stride", from place to place, and "pad", how many zeros are set around x on each side.
    H' = 1 + (H + 2 · pad - HH) / stride, and W' likewise.
    """
    out = None
    ### BEGIN SOLUTION
    stride, pad = conv_param["stride"], conv_param["pad"]
    n, c, height, width = x.shape
    f, _, hh, ww = w.shape
    rows = 1 + (height + 2 * pad - hh) // stride
    columns = 1 + (width + 2 * pad - ww) // stride
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((n, f, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + hh, j * stride : j * stride + ww]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    ### END SOLUTION
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    """dout (N, F, H', W') → dx, dw, db, of the shapes of x, w, b."""
    dx, dw, db = None, None, None
    ### BEGIN SOLUTION
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    _, _, height, width = x.shape
    _, _, hh, ww = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded = np.zeros_like(padded)
    dw = np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            down = slice(i * stride, i * stride + hh)
            along = slice(j * stride, j * stride + ww)
            here = dout[:, :, i, j]
            dw += np.tensordot(here, padded[:, :, down, along], axes=([0], [0]))
            dpadded[:, :, down, along] += np.tensordot(here, w, axes=([1], [0]))
    dx = dpadded[:, :, pad : pad + height, pad : pad + width]
    ### END SOLUTION
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    """x (N, C, H, W) → out (N, C, H', W'), cache: the greatest of every window, channel by channel.

    pool_param: "pool_height", "pool_width", and "stride" from window to window.
    """
    out = None
    ### BEGIN SOLUTION
    hh, ww = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    n, c, height, width = x.shape
    rows, columns = 1 + (height - hh) // stride, 1 + (width - ww) // stride
    out = np.zeros((n, c, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + hh, j * stride : j * stride + ww]
            out[:, :, i, j] = window.max(axis=(2, 3))
    ### END SOLUTION
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout, cache):
    """dout (N, C, H', W') → dx of the shape of x."""
    dx = None
    ### BEGIN SOLUTION
    x, pool_param = cache
    hh, ww = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            down = slice(i * stride, i * stride + hh)
            along = slice(j * stride, j * stride + ww)
            window = x[:, :, down, along]
            first = window == window.max(axis=(2, 3), keepdims=True)
            dx[:, :, down, along] += first * dout[:, :, i : i + 1, j : j + 1]
    ### END SOLUTION
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """x (N, C, H, W), gamma (C,), beta (C,) → out (N, C, H, W), cache.

    Batch normalisation with mean and variance of each channel, over examples and positions; bn_param
    as there.
    """
    out, cache = None, None
    ### BEGIN SOLUTION
    n, c, height, width = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    out = out.reshape(n, height, width, c).transpose(0, 3, 1, 2)
    ### END SOLUTION
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    """dout (N, C, H, W) → dx (N, C, H, W), dgamma (C,), dbeta (C,)."""
    dx, dgamma, dbeta = None, None, None
    ### BEGIN SOLUTION
    n, c, height, width = dout.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, c)
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    dx = dx.reshape(n, height, width, c).transpose(0, 3, 1, 2)
    ### END SOLUTION
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """x (N, C, H, W), gamma and beta (1, C, 1, 1), G groups that divide C → out (N, C, H, W), cache.

    Mean and variance are those of one group of one example: C / G neighbouring channels, all positions.
    gn_param may hold "eps".
    """
    out, cache = None, None
    ### BEGIN SOLUTION
    eps = gn_param.get("eps", 1e-5)
    groups = x.reshape(x.shape[0], G, -1)
    mean = groups.mean(axis=2, keepdims=True)
    inv_std = 1 / np.sqrt(groups.var(axis=2, keepdims=True) + eps)
    x_hat = (groups - mean) * inv_std
    out = gamma * x_hat.reshape(x.shape) + beta
    cache = (x_hat, inv_std, gamma)
    ### END SOLUTION
    return out, cache


def spatial_groupnorm_backward(dout, cache):
    """dout (N, C, H, W) → dx (N, C, H, W), dgamma and dbeta (1, C, 1, 1)."""
    dx, dgamma, dbeta = None, None, None
    ### BEGIN SOLUTION
    x_hat, inv_std, gamma = cache
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat.reshape(dout.shape)).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat = (dout * gamma).reshape(x_hat.shape)
    along = (dx_hat * x_hat).mean(axis=2, keepdims=True)
    dx = inv_std * (dx_hat - dx_hat.mean(axis=2, keepdims=True) - x_hat * along)
    dx = dx.reshape(dout.shape)
    ### END SOLUTION
    return dx, dgamma, dbeta


def svm_loss(x, y):
    """Scores x (N, C), classes y (N,) → loss, dx (N, C).

    Every class but the right one costs what its score is above the right one's less 1; summed over
    classes, mean over examples.
    """
    loss, dx = None, None
    ### BEGIN SOLUTION
    examples = np.arange(x.shape[0])
    margins = np.maximum(0, x - x[examples, y][:, None] + 1)
    margins[examples, y] = 0
    loss = margins.sum() / x.shape[0]
    dx = (margins > 0).astype(x.dtype)
    dx[examples, y] -= dx.sum(axis=1)
    dx /= x.shape[0]
    ### END SOLUTION
    return loss, dx


def softmax_loss(x, y):
    """Scores x (N, C), classes y (N,) → loss, dx (N, C).

    The loss is the mean over examples of -log of the probability that softmax gives to the right class.
    """
    loss, dx = None, None
    ### BEGIN SOLUTION
    examples = np.arange(x.shape[0])
    shifted = x - x.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probs[examples, y].mean()
    dx = np.exp(log_probs)
    dx[examples, y] -= 1
    dx /= x.shape[0]
    ### END SOLUTION
    return loss, dx
