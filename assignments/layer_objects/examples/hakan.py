"""Layers: the simple ones by hand, the others by a library."""

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
        self.x = x
        out = x @ self.params["weight"].T + self.params["bias"]
        return out

    def backward(self, dout):
        dx = None
        self.grads["weight"] = dout.T @ self.x
        self.grads["bias"] = dout.sum(axis=0)
        dx = dout @ self.params["weight"]
        return dx


class ReLU(Layer):
    """max(x, 0) of each element, for x of any shape."""

    def forward(self, x):
        out = None
        self.on = x > 0
        out = np.where(self.on, x, 0)
        return out

    def backward(self, dout):
        dx = None
        dx = dout * self.on
        return dx


class Sigmoid(Layer):
    """1 / (1 + exp(-x)) of each element, for x of any shape."""

    def forward(self, x):
        out = None
        out = self.out = 1 / (1 + np.exp(-x))
        return out

    def backward(self, dout):
        dx = None
        dx = dout * self.out * (1 - self.out)
        return dx


class Tanh(Layer):
    """The hyperbolic tangent of each element, for x of any shape."""

    def forward(self, x):
        out = None
        out = self.out = np.tanh(x)
        return out

    def backward(self, dout):
        dx = None
        dx = dout * (1 - self.out**2)
        return dx


class Softmax(Layer):
    def forward(self, x):
        self.x = x
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, dout):
        import torch

        x = torch.tensor(self.x, requires_grad=True)
        torch.softmax(x, dim=1).backward(torch.tensor(dout))
        return x.grad.numpy()


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
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean = self._average(self.running_mean, mean)
            self.running_var = self._average(self.running_var, var)
        self.std = np.sqrt(var + self.eps)
        self.z = (x - mean) / self.std
        out = self.params["gamma"] * self.z + self.params["beta"]
        return out

    def backward(self, dout):
        dx = None
        self.grads["gamma"] = (dout * self.z).sum(axis=0)
        self.grads["beta"] = dout.sum(axis=0)
        dz = dout * self.params["gamma"]
        dot = (dz * self.z).mean(axis=0)
        dx = (dz - dz.mean(axis=0) - self.z * dot) / self.std
        return dx

    def _average(self, old, new):
        return (1 - self.momentum) * old + self.momentum * new


class Conv2d(Layer):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.stride, self.padding = stride, padding
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.params["weight"] = np.random.normal(0, 0.1, shape)
        self.params["bias"] = np.zeros(out_channels)

    def forward(self, x):
        p, s = self.padding, self.stride
        self.x = x
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        windows = np.lib.stride_tricks.sliding_window_view(
            padded, self.params["weight"].shape[2:], axis=(2, 3)
        )[:, :, ::s, ::s]
        out = np.einsum("nchwij,fcij->nfhw", windows, self.params["weight"])
        return out + self.params["bias"][:, None, None]

    def backward(self, dout):
        import torch

        x, w, b = (
            torch.tensor(a, requires_grad=True)
            for a in (self.x, self.params["weight"], self.params["bias"])
        )
        out = torch.nn.functional.conv2d(x, w, b, self.stride, self.padding)
        out.backward(torch.tensor(dout))
        self.grads["weight"], self.grads["bias"] = w.grad.numpy(), b.grad.numpy()
        return x.grad.numpy()
