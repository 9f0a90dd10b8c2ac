"""Layers as objects, forward and backward by hand, in NumPy.

    layer = Linear(3, 5)
    out = layer.forward(x)          # keeps in the object what backward will need
    dx = layer.backward(dout)       # dout: gradient of the loss with respect to out
    layer.params["weight"]          # a parameter, (out, in)
    layer.grads["weight"]           # its gradient, in the same shape

The interface:

* `params` and `grads` are dicts with the same keys. A layer without parameters has empty ones.
* `forward(x)` returns the output and may keep on `self` whatever it likes.
* `backward(dout)` belongs to the latest forward. It returns the gradient with respect to x, and puts
  the gradients of the parameters into `grads`. What stood there before is *overwritten*: gradients
  of two calls do not add up.
* Nobody's arrays are changed: neither x nor dout, nor the parameters.
* Examples are rows. Gradients are sums over the batch: a mean, where one is wanted, is the loss's.
"""

import numpy as np


class Layer:
    """What all layers have. Nothing is to be done here."""

    def __init__(self):
        self.params, self.grads = {}, {}
        self.training = True  # batch norm behaves otherwise in testing

    def __call__(self, x):
        return self.forward(x)


class Linear(Layer):
    """x (N, in) → x Wᵀ + b (N, out), with params["weight"] (out, in) and params["bias"] (out,)."""

    def __init__(self, in_features, out_features):
        super().__init__()
        bound = 1 / np.sqrt(in_features)
        self.params["weight"] = np.random.uniform(-bound, bound, (out_features, in_features))
        self.params["bias"] = np.zeros(out_features)

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        self.x = x
        out = x @ self.params["weight"].T + self.params["bias"]
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        self.grads["weight"] = dout.T @ self.x
        self.grads["bias"] = dout.sum(axis=0)
        dx = dout @ self.params["weight"]
        ### END SOLUTION
        return dx


class ReLU(Layer):
    """max(x, 0) of each element, for x of any shape."""

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        self.positive = x > 0
        out = np.where(self.positive, x, 0)
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        dx = dout * self.positive
        ### END SOLUTION
        return dx


class Sigmoid(Layer):
    """1 / (1 + exp(-x)) of each element, for x of any shape."""

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        out = self.out = 1 / (1 + np.exp(-x))
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        dx = dout * self.out * (1 - self.out)
        ### END SOLUTION
        return dx


class Tanh(Layer):
    """The hyperbolic tangent of each element, for x of any shape."""

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        out = self.out = np.tanh(x)
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        dx = dout * (1 - self.out**2)
        ### END SOLUTION
        return dx


class Softmax(Layer):
    """Each row of x (N, C) as probabilities: exp(x), divided by its sum over the row."""

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        e = np.exp(x - x.max(axis=1, keepdims=True))
        out = self.out = e / e.sum(axis=1, keepdims=True)
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        p = self.out
        dx = p * (dout - (dout * p).sum(axis=1, keepdims=True))
        ### END SOLUTION
        return dx


class BatchNorm(Layer):
    """Every feature of x (N, F) brought to mean 0 and variance 1 over the batch, times
    params["gamma"] (F,), plus params["beta"] (F,).

    The variance divides by N, and eps is added to it before its root is taken. In training the
    running averages become (1 - momentum) · old + momentum · batch's; in testing they are used in
    the place of the batch's. backward is asked for in training only.
    """

    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.params["gamma"], self.params["beta"] = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean = self._average(self.running_mean, mean)
            self.running_var = self._average(self.running_var, var)
        self.std = np.sqrt(var + self.eps)
        self.normal = (x - mean) / self.std
        out = self.params["gamma"] * self.normal + self.params["beta"]
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        self.grads["gamma"] = (dout * self.normal).sum(axis=0)
        self.grads["beta"] = dout.sum(axis=0)
        dnormal = dout * self.params["gamma"]
        along = (dnormal * self.normal).mean(axis=0)
        dx = (dnormal - dnormal.mean(axis=0) - self.normal * along) / self.std
        ### END SOLUTION
        return dx

    ### BEGIN SOLUTION
    def _average(self, old, new):
        return (1 - self.momentum) * old + self.momentum * new

    ### END SOLUTION


class Conv2d(Layer):
    """Square filters, params["weight"] (F, C, K, K), laid over images x (N, C, H, W) at every
    `stride`-th place, after `padding` rows and columns of zeros were set around each image; plus
    params["bias"] (F,).

    The output is (N, F, H', W') with H' = (H + 2 padding - K) / stride + 1, W' likewise.
    """

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        bound = 1 / np.sqrt(in_channels * kernel_size**2)
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.params["weight"] = np.random.uniform(-bound, bound, shape)
        self.params["bias"] = np.zeros(out_channels)

    def forward(self, x):
        out = None
        ### BEGIN SOLUTION
        around = ((0, 0), (0, 0), (self.padding, self.padding), (self.padding, self.padding))
        self.padded = np.pad(x, around)
        weight, bias = self.params["weight"], self.params["bias"][:, None, None]
        high, wide = ((s - self.kernel_size) // self.stride + 1 for s in self.padded.shape[2:])
        out = np.zeros((len(x), len(weight), high, wide)) + bias
        for i, j, seen in self._taps(self.padded, high, wide):
            out += np.einsum("nchw,fc->nfhw", seen, weight[:, :, i, j])
        ### END SOLUTION
        return out

    def backward(self, dout):
        dx = None
        ### BEGIN SOLUTION
        weight = self.params["weight"]
        dweight, dpadded = np.zeros_like(weight), np.zeros_like(self.padded)
        for i, j, seen in self._taps(self.padded, *dout.shape[2:]):
            dweight[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, seen)
        for i, j, reached in self._taps(dpadded, *dout.shape[2:]):
            reached += np.einsum("nfhw,fc->nchw", dout, weight[:, :, i, j])
        self.grads["weight"], self.grads["bias"] = dweight, dout.sum(axis=(0, 2, 3))
        high, wide = (s - self.padding for s in dpadded.shape[2:])
        dx = dpadded[:, :, self.padding : high, self.padding : wide]
        ### END SOLUTION
        return dx

    ### BEGIN SOLUTION
    def _taps(self, padded, high, wide):
        """For each element (i, j) of a filter: what it lies upon, at all places at once."""
        s = self.stride
        for i in range(self.kernel_size):
            for j in range(self.kernel_size):
                yield i, j, padded[:, :, i : i + s * high : s, j : j + s * wide : s]

    ### END SOLUTION
