"""My layers. Caches are whatever suits me: functions, dicts, objects."""
import numpy as np


class Standardised:
    """(x - mean) / sd along some axes, and the way back."""

    def __init__(self, x, axes, eps):
        self.axes = axes
        self.sd = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
        self.z = (x - x.mean(axis=axes, keepdims=True)) / self.sd

    def pull(self, dz):
        m = lambda a: a.mean(axis=self.axes, keepdims=True)
        return (dz - m(dz) - self.z * m(dz * self.z)) / self.sd


def affine_forward(x, w, b):
    return np.tensordot(x.reshape(len(x), -1), w, 1) + b[None], (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return [np.tensordot(dout, w, ([1], [1])).reshape(x.shape),
            np.tensordot(x.reshape(len(x), -1), dout, ([0], [0])),
            np.add.reduce(dout)]


def relu_forward(x):
    return x.clip(min=0), x


def relu_backward(dout, cache):
    dout[cache <= 0] = 0
    return dout


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    if bn_param["mode"] == "test":
        return gamma * (x - bn_param["running_mean"]) / np.sqrt(bn_param["running_var"] + eps) + beta, None
    momentum = bn_param.get("momentum", 0.9)
    for name, now in (("running_mean", x.mean(0)), ("running_var", x.var(0))):
        bn_param[name] = momentum * bn_param.get(name, 0) + (1 - momentum) * now
    s = Standardised(x, 0, eps)
    return gamma * s.z + beta, {"s": s, "gamma": gamma}


def batchnorm_backward(dout, cache):
    s = cache["s"]
    return s.pull(dout * cache["gamma"]), np.einsum("nd,nd->d", dout, s.z), dout.sum(0)


# the short way is the only way that I know
batchnorm_backward_alt = batchnorm_backward


def layernorm_forward(x, gamma, beta, ln_param):
    s = Standardised(x, 1, ln_param.get("eps", 1e-5))

    def back(dout):
        return s.pull(dout * gamma), (dout * s.z).sum(0), dout.sum(0)

    return gamma * s.z + beta, back


def layernorm_backward(dout, cache):
    return cache(dout)


def dropout_forward(x, dropout_param):
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    if dropout_param["mode"] == "test":
        return x, lambda dout: dout
    p = dropout_param["p"]
    keep = np.random.binomial(1, p, size=x.shape) / p
    return x * keep, lambda dout: dout * keep


def dropout_backward(dout, cache):
    return cache(dout)


def _windows(x, hh, ww, stride):
    """All windows of the last two axes, as a view."""
    view = np.lib.stride_tricks.sliding_window_view(x, (hh, ww), axis=(2, 3))
    return view[:, :, ::stride, ::stride]


def conv_forward_naive(x, w, b, conv_param):
    p, s = conv_param["pad"], conv_param["stride"]
    v = _windows(np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)]), w.shape[2], w.shape[3], s)
    return np.einsum("ncijhw,fchw->nfij", v, w) + b[:, None, None], (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    p, s = conv_param["pad"], conv_param["stride"]
    hh, ww = w.shape[2:]
    v = _windows(np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)]), hh, ww, s)
    dw = np.einsum("ncijhw,nfij->fchw", v, dout)
    # dx: the output spread out with zeros between, and a convolution with the filters turned round
    n, f, oh, ow = dout.shape
    spread = np.zeros((n, f, (oh - 1) * s + 1, (ow - 1) * s + 1))
    spread[:, :, ::s, ::s] = dout
    spread = np.pad(spread, [(0, 0), (0, 0), (hh - 1, hh - 1), (ww - 1, ww - 1)])
    full = np.einsum("nfijhw,fchw->ncij", _windows(spread, hh, ww, 1), w[:, :, ::-1, ::-1])
    return full[:, :, p:p + x.shape[2], p:p + x.shape[3]], dw, np.einsum("nfij->f", dout)


def max_pool_forward_naive(x, pool_param):
    v = _windows(x, pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"])
    return v.max(axis=(4, 5)), (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    h, w = pool_param["pool_height"], pool_param["pool_width"]
    n, c, oh, ow = dout.shape
    blocks = x[:, :, :oh * h, :ow * w].reshape(n, c, oh, h, ow, w)
    top = blocks == blocks.max(axis=(3, 5), keepdims=True)
    return (top * dout[:, :, :, None, :, None]).reshape(n, c, oh * h, ow * w)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    n, c, h, w = x.shape
    out, cache = batchnorm_forward(x.swapaxes(0, 1).reshape(c, -1).T, gamma, beta, bn_param)
    return out.T.reshape(c, n, h, w).swapaxes(0, 1), cache


def spatial_batchnorm_backward(dout, cache):
    n, c, h, w = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(dout.swapaxes(0, 1).reshape(c, -1).T, cache)
    return dx.T.reshape(c, n, h, w).swapaxes(0, 1), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    n, c, h, w = x.shape
    s = Standardised(x.reshape(n, G, -1), 2, gn_param.get("eps", 1e-5))
    z = s.z.reshape(x.shape)
    return gamma * z + beta, (s, z, gamma)


def spatial_groupnorm_backward(dout, cache):
    s, z, gamma = cache
    dx = s.pull((dout * gamma).reshape(s.z.shape)).reshape(z.shape)
    return dx, np.einsum("nchw,nchw->c", dout, z), np.einsum("nchw->c", dout)


def svm_loss(x, y):
    right = np.eye(x.shape[1], dtype=bool)[y]
    gap = 1 + x - x[right][:, None]
    guilty = (gap > 0) & ~right
    return gap[guilty].sum() / len(x), (guilty - guilty.sum(1, keepdims=True) * right) / len(x)


def softmax_loss(x, y):
    right = np.eye(x.shape[1])[y]
    log_p = x - np.logaddexp.reduce(x, axis=1, keepdims=True)
    return -(log_p * right).sum() / len(x), (np.exp(log_p) - right) / len(x)
