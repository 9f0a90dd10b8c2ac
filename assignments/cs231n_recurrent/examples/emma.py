"""Everything that a backward needs is kept in the function that goes back."""
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    joined = np.concatenate([x, prev_h, np.ones((len(x), 1))], axis=1)
    stacked = np.concatenate([Wx, Wh, b[None]])
    h = np.tanh(joined @ stacked)

    def back(dh):
        da = dh * (1 - h * h)
        dx, dprev, _ = np.split(da @ stacked.T, [x.shape[1], joined.shape[1] - 1], axis=1)
        dWx, dWh, db = np.split(joined.T @ da, [x.shape[1], joined.shape[1] - 1])
        return dx, dprev, dWx, dWh, db[0]

    return h, back


def rnn_step_backward(dnext_h, cache):
    return cache(dnext_h)


def rnn_forward(x, h0, Wx, Wh, b):
    states, backs = [h0], []
    for x_t in np.moveaxis(x, 1, 0):
        h, back = rnn_step_forward(x_t, states[-1], Wx, Wh, b)
        states.append(h)
        backs.append(back)
    return np.stack(states[1:], axis=1), backs


def rnn_backward(dh, cache):
    dxs, carried, total = [], 0, None
    for back, dh_t in zip(cache[::-1], np.moveaxis(dh, 1, 0)[::-1]):
        dx, carried, *weights = back(dh_t + carried)
        dxs.insert(0, dx)
        total = weights if total is None else [one + more for one, more in zip(total, weights)]
    return (np.stack(dxs, axis=1), carried, *total)


def word_embedding_forward(x, W):
    hot = np.eye(len(W))[x]
    return hot @ W, {"hot": hot}


def word_embedding_backward(dout, cache):
    return np.einsum("ntv,ntd->vd", cache["hot"], dout)


class Step:
    """An LSTM's step that remembers."""

    def __init__(self, x, prev_h, prev_c, Wx, Wh, b):
        self.given = x, prev_h, prev_c, Wx, Wh
        a = (x @ Wx + prev_h @ Wh + b).reshape(len(x), 4, -1)
        self.gates = 0.5 * (1 + np.tanh(a[:, :3] / 2))
        self.g = np.tanh(a[:, 3])
        i, f, o = self.gates.swapaxes(0, 1)
        self.c = f * prev_c + i * self.g
        self.h = o * np.tanh(self.c)

    def back(self, dh, dc):
        x, prev_h, prev_c, Wx, Wh = self.given
        i, f, o = self.gates.swapaxes(0, 1)
        dc = dc + dh * o / np.cosh(self.c) ** 2
        into = np.stack([dc * self.g, dc * prev_c, dh * np.tanh(self.c)], axis=1)
        into = into * self.gates * (1 - self.gates)
        da = np.concatenate([into, (dc * i * (1 - self.g ** 2))[:, None]], axis=1)
        da = da.reshape(len(x), -1)
        return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(0)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    step = Step(x, prev_h, prev_c, Wx, Wh, b)
    return step.h, step.c, step


def lstm_step_backward(dnext_h, dnext_c, cache):
    return cache.back(dnext_h, dnext_c)


def lstm_forward(x, h0, Wx, Wh, b):
    steps, h, c = [], h0, np.zeros_like(h0)
    for t in range(x.shape[1]):
        steps.append(Step(x[:, t], h, c, Wx, Wh, b))
        h, c = steps[-1].h, steps[-1].c
    return np.stack([step.h for step in steps], axis=1), steps


def lstm_backward(dh, cache):
    grads, dh_next, dc_next = [], 0, 0
    for t, step in reversed(list(enumerate(cache))):
        dx, dh_next, dc_next, *weights = step.back(dh[:, t] + dh_next, dc_next)
        grads.append((dx, weights))
    dx = np.stack([one for one, _ in grads[::-1]], axis=1)
    dWx, dWh, db = (sum(parts) for parts in zip(*(weights for _, weights in grads)))
    return dx, dh_next, dWx, dWh, db


def temporal_affine_forward(x, w, b):
    return np.einsum("ntd,dm->ntm", x, w) + b, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    return (np.einsum("ntm,dm->ntd", dout, w), np.einsum("ntd,ntm->dm", x, dout),
            np.einsum("ntm->m", dout))


def temporal_softmax_loss(x, y, mask, verbose=False):
    log_p = x - np.logaddexp.reduce(x, axis=2, keepdims=True)
    hot = np.eye(x.shape[2])[y] * mask[..., None]
    return -(log_p * hot).sum() / len(x), (np.exp(log_p) * mask[..., None] - hot) / len(x)
