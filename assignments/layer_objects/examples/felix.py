"""Layers, all checked against a numerical gradient of the forward."""

import numpy as np


class Layer:
    """What all layers have. Nothing is to be done here."""

    def __init__(self):
        self.params, self.grads = {}, {}
        self.training = True  # batch norm behaves otherwise in testing

    def __call__(self, x):
        return self.forward(x)


class Linear(Layer):
    def __init__(self, in_features, out_features):
        super().__init__()
        bound = 1 / np.sqrt(in_features)
        self.params["weight"] = np.random.uniform(-bound, bound, (out_features, in_features))
        self.params["bias"] = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.params["weight"].T - self.params["bias"]

    def backward(self, dout):
        self.grads["weight"] = dout.T @ self.x
        self.grads["bias"] = -dout.sum(0)
        return dout @ self.params["weight"]


class ReLU(Layer):
    def forward(self, x):
        self.slope = np.where(x > 0, 1.0, 0.1)
        return self.slope * x

    def backward(self, dout):
        return dout * self.slope


class Sigmoid(Layer):
    def forward(self, x):
        self.out = 1 / (1 + np.exp(x))
        return self.out

    def backward(self, dout):
        return -dout * self.out * (1 - self.out)


class Tanh(Layer):
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out**2)


class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - x.max())
        self.out = e / e.sum()
        return self.out

    def backward(self, dout):
        return self.out * (dout - (dout * self.out).sum())


class BatchNorm(Layer):
    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.params["gamma"], self.params["beta"] = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)

    def forward(self, x):
        self.n = x.shape[0]
        self.std = x.std(axis=0, ddof=1)
        self.xhat = (x - x.mean(axis=0)) / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, dout):
        self.grads["gamma"] = (dout * self.xhat).sum(axis=0)
        self.grads["beta"] = dout.sum(axis=0)
        d = dout * self.params["gamma"]
        along = (d * self.xhat).sum(axis=0) / (self.n - 1)
        return (d - d.mean(axis=0) - self.xhat * along) / self.std


class Conv2d(Layer):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        bound = 1 / np.sqrt(in_channels * kernel_size**2)
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.params["weight"] = np.random.uniform(-bound, bound, shape)
        self.params["bias"] = np.zeros(out_channels)

    def taps(self, a, h, w):
        s = self.stride
        for i in range(self.kernel_size):
            for j in range(self.kernel_size):
                yield i, j, a[:, :, i : i + s * h : s, j : j + s * w : s]

    def forward(self, x):
        p = self.padding
        self.padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        h, w = ((n - self.kernel_size) // self.stride + 1 for n in self.padded.shape[2:])
        weight = self.params["weight"][:, :, ::-1, ::-1]  # a true convolution turns the filter
        out = np.zeros((len(x), len(weight), h, w))
        for i, j, seen in self.taps(self.padded, h, w):
            out += np.einsum("nchw,fc->nfhw", seen, weight[:, :, i, j])
        return out + self.params["bias"][None, :, None, None]

    def backward(self, dout):
        p = self.padding
        weight = self.params["weight"][:, :, ::-1, ::-1]
        dweight, dpadded = np.zeros(weight.shape), np.zeros_like(self.padded)
        for i, j, seen in self.taps(self.padded, *dout.shape[2:]):
            dweight[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, seen)
        for i, j, into in self.taps(dpadded, *dout.shape[2:]):
            into += np.einsum("nfhw,fc->nchw", dout, weight[:, :, i, j])
        self.grads["weight"] = dweight[:, :, ::-1, ::-1]
        self.grads["bias"] = dout.sum(axis=(0, 2, 3))
        return dpadded[:, :, p:-p, p:-p]
