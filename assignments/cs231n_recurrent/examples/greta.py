import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dsum = dnext_h * (1 - next_h)
    dx = dsum.dot(Wx.T)
    dprev_h = dsum.dot(Wh.T)
    dWx = x.T.dot(dsum)
    dWh = prev_h.T.dot(dsum)
    db = dsum.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    n, steps, _ = x.shape
    h = np.zeros((n, steps, h0.shape[1]))
    cache, state = [], h0
    for t in range(steps):
        state, step_cache = rnn_step_forward(x[:, t], state, Wx, Wh, b)
        h[:, t] = state
        cache.append(step_cache)
    return h, cache


def rnn_backward(dh, cache):
    n, steps, hidden = dh.shape
    x, _, Wx, Wh, _ = cache[0]
    dx = np.zeros((n, steps, x.shape[1]))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(hidden)
    dstate = np.zeros((n, hidden))
    for t in reversed(range(steps)):
        dx[:, t], dstate, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t] + dstate, cache[t])
        dWx = dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dh[:, 0]
    return dx, dh0, dWx, dWh, db


def word_embedding_forward(x, W):
    out = W[x]
    cache = (x, W.shape)
    return out, cache


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    dW = dW + dout.sum(axis=(0, 1))
    return dW


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    ai, af, ao, ag = np.split(a, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    di = dc * g * i * (1 - i)
    df = dc * prev_c * f * (1 - f)
    do = dnext_h * tanh_c * o * (1 - o)
    dg = dc * i * (1 - g**2)
    da = np.hstack((di, df, dg, do))
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dprev_c = dc * f
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    n, steps, _ = x.shape
    h = np.zeros((n, steps, h0.shape[1]))
    cache, state, cell = [], h0, np.zeros_like(h0)
    for t in range(steps):
        state, cell, step_cache = lstm_step_forward(x[:, t], state, cell, Wx, Wh, b)
        h[:, t] = state
        cache.append(step_cache)
    return h, cache


def lstm_backward(dh, cache):
    n, steps, hidden = dh.shape
    x, Wx, Wh = cache[0][0], cache[0][3], cache[0][4]
    dx = np.zeros((n, steps, x.shape[1]))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(4 * hidden)
    dstate, dcell = np.zeros((n, hidden)), np.zeros((n, hidden))
    for t in reversed(range(steps)):
        dx[:, t], dstate, dcell, dWx_t, dWh_t, db_t = lstm_step_backward(
            dh[:, t] + dstate, dcell, cache[t]
        )
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dstate
    return dx, dh0, dWx, dWh, db


def temporal_affine_forward(x, w, b):
    out = x.dot(w) + b
    cache = (x, w)
    return out, cache


def temporal_affine_backward(dout, cache):
    x, w = cache
    dx = dout.dot(w.T)
    dw = x[:, -1].T.dot(dout[:, -1])
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    n, steps, _ = x.shape
    sequence, step = np.arange(n)[:, None], np.arange(steps)[None, :]
    probs = np.exp(x - x.max(axis=2, keepdims=True))
    probs /= probs.sum(axis=2, keepdims=True)
    loss = -(mask * np.log(probs[sequence, step, y])).sum() / n
    dx = probs.copy()
    dx[sequence, step, y] -= 1
    dx *= mask[:, :, None] / (n * steps)
    if verbose:
        print("dx:", dx.shape)
    return loss, dx
