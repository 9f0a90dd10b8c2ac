"""Recurrent layers: one step and whole sequences."""
from builtins import range
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = prev_h @ Wh + x @ Wx + b
    next_h = np.tanh(a)
    cache = (a, x, prev_h, Wx, Wh, b)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    a, x, prev_h, Wx, Wh, b = cache
    da = dnext_h / np.cosh(a) ** 2
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = np.ones(da.shape[0]) @ da
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    cache = {}
    prev_h = h0
    for t in range(T):
        h[:, t, :], cache[t] = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
        prev_h = h[:, t, :]
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    a, x, prev_h, Wx, Wh, b = cache[T - 1]
    D = x.shape[1]
    dx, dprev_h = np.zeros((N, T, D)), np.zeros((N, H))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    for t in range(T - 1, -1, -1):
        grads = rnn_step_backward(dh[:, t, :] + dprev_h, cache[t])
        dx[:, t, :] = grads[0]
        dprev_h = grads[1]
        dWx, dWh, db = dWx + grads[2], dWh + grads[3], db + grads[4]
    return dx, dprev_h, dWx, dWh, db


def word_embedding_forward(x, W):
    N, T = x.shape
    out = np.zeros((N, T, W.shape[1]))
    for n in range(N):
        for t in range(T):
            out[n, t] = W[x[n, t]]
    return out, (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    one_hot = (x.reshape(-1)[:, None] == np.arange(W.shape[0])).astype(float)
    dW = one_hot.T @ dout.reshape(-1, W.shape[1])
    return dW


def sigmoid(x):
    pos_mask = x >= 0
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[~pos_mask] = np.exp(x[~pos_mask])
    top = np.ones_like(x)
    top[~pos_mask] = z[~pos_mask]
    return top / (1 + z)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, 0:H])
    f = sigmoid(a[:, H:2 * H])
    o = sigmoid(a[:, 2 * H:3 * H])
    g = np.tanh(a[:, 3 * H:])
    next_c = f * prev_c + i * g
    tc = np.tanh(next_c)
    next_h = o * tc
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, a, i, f, o, g, tc)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, a, i, f, o, g, tc = cache
    H = prev_h.shape[1]
    do = dnext_h * tc
    dc = dnext_h * o * (1 - tc ** 2)
    dc = dc + dnext_c
    df, dprev_c, di, dg = dc * prev_c, dc * f, dc * g, dc * i
    da = np.zeros_like(a)
    da[:, 0:H] = di * i * (1 - i)
    da[:, H:2 * H] = df * f * (1 - f)
    da[:, 2 * H:3 * H] = do * o * (1 - o)
    da[:, 3 * H:4 * H] = dg * (1 - g ** 2)
    return da @ Wx.T, da @ Wh.T, dprev_c, x.T @ da, prev_h.T @ da, np.sum(da, 0)


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    c = np.zeros((N, H))
    cache = {}
    prev_h = h0
    for t in range(T):
        prev_h, c, cache[t] = lstm_step_forward(x[:, t, :], prev_h, c, Wx, Wh, b)
        h[:, t, :] = prev_h
    cache['D'] = D
    return h, cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    D = cache['D']
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    dprev_h, dprev_c = np.zeros((N, H)), np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        dh_t = dh[:, t, :] + dprev_h
        dx[:, t, :], dprev_h, dprev_c, wx, wh, bb = lstm_step_backward(dh_t, dprev_c, cache[t])
        dWx, dWh, db = dWx + wx, dWh + wh, db + bb
    return dx, dprev_h, dWx, dWh, db


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    cache = x, w, b, out
    return out, cache


def temporal_affine_backward(dout, cache):
    x, w, b, out = cache
    N, T, D = x.shape
    M = b.shape[0]
    flat = dout.reshape(N * T, M)
    dx = flat.dot(w.T).reshape(N, T, D)
    dw = flat.T.dot(x.reshape(N * T, D)).T
    db = flat.sum(axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    loss = 0.0
    dx = np.zeros_like(x)
    for n in range(N):
        for t in range(T):
            if not mask[n, t]:
                continue
            s = x[n, t] - np.max(x[n, t])
            p = np.exp(s) / np.sum(np.exp(s))
            loss += -np.log(p[y[n, t]]) / N
            dx[n, t] = p / N
            dx[n, t, y[n, t]] -= 1.0 / N
    if verbose:
        print('dx', dx.shape)
    return loss, dx
