"""Homework: layers."""

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
        self.grads["weight"] = np.zeros_like(self.params["weight"])
        self.grads["bias"] = np.zeros_like(self.params["bias"])

    def forward(self, x):
        self.input = x
        return np.matmul(x, self.params["weight"].T) + self.params["bias"]

    def backward(self, dout):
        # adds up like in the lecture
        self.grads["weight"] += np.matmul(dout.T, self.input)
        self.grads["bias"] += np.sum(dout, axis=0)
        return np.matmul(dout, self.params["weight"])


class ReLU(Layer):
    def forward(self, x):
        self.out = np.where(x > 0, x, 0)
        return self.out

    def backward(self, dout):
        return dout * self.out


class Sigmoid(Layer):
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return self.out * (1 - self.out)


class Tanh(Layer):
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return -dout * (1 - self.out**2)


class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        return self.out * (dout - (dout * self.out).sum(axis=0, keepdims=True))


class BatchNorm(Layer):
    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.params["gamma"], self.params["beta"] = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)

    def forward(self, x):
        self.mu = np.mean(x, axis=0)
        self.sigma2 = np.var(x, axis=0)
        self.xc = x - self.mu
        self.xhat = self.xc / np.sqrt(self.sigma2 + self.eps)
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, dout):
        m = dout.shape[0]
        self.grads["gamma"] = (dout * self.xc).sum(axis=0)
        self.grads["beta"] = dout.sum(axis=0)
        inv = 1 / np.sqrt(self.sigma2 + self.eps)
        dxhat = dout * self.params["gamma"]
        dsigma2 = (dxhat * self.xc).sum(axis=0) * -0.5 * inv**3
        dmu = -(dxhat * inv).sum(axis=0)
        return dxhat * inv + 2 * dsigma2 * self.xc + dmu / m


class Conv2d(Layer):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        bound = 1 / np.sqrt(in_channels * kernel_size**2)
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.params["weight"] = np.random.uniform(-bound, bound, shape)
        self.params["bias"] = np.zeros(out_channels)

    def patches(self, x):
        k, s = self.kernel_size, self.stride
        view = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
        return view[:, :, ::s, ::s]

    def forward(self, x):
        p = self.padding
        self.padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        out = np.einsum("ncijkl,fckl->nfij", self.patches(self.padded), self.params["weight"])
        return out + self.params["bias"].reshape(1, -1, 1, 1)

    def backward(self, dout):
        p, s, k = self.padding, self.stride, self.kernel_size
        self.grads["bias"] = dout.sum(axis=(0, 2))
        self.grads["weight"] = np.einsum(
            "nfij,ncijkl->fckl", dout, self.patches(self.padded)
        ) / len(dout)
        dx = np.zeros_like(self.padded)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                step = np.einsum("nf,fckl->nckl", dout[:, :, i, j], self.params["weight"])
                dx[:, :, i : i + k, j : j + k] += step
        return dx[:, :, p:-p, p:-p]
