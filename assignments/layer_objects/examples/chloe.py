"""My layers."""

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
        return x @ self.params["weight"].T + self.params["bias"]

    def backward(self, dout):
        self.grads["weight"] = dout.T @ self.x
        self.grads["bias"] = dout.mean(axis=0)
        return dout @ self.params["weight"]


class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * (dout > 0)


class Sigmoid(Layer):
    def forward(self, x):
        self.x = x
        return 1 / (1 + np.exp(-x))

    def backward(self, dout):
        return dout * self.x * (1 - self.x)


class Tanh(Layer):
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out)


class Softmax(Layer):
    def forward(self, x):
        z = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.out = z / np.sum(z, axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


class BatchNorm(Layer):
    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.params["gamma"], self.params["beta"] = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)

    def forward(self, x):
        self.mean, self.var = x.mean(axis=0), x.var(axis=0)
        self.x_hat = (x - self.mean) / np.sqrt(self.var + self.eps)
        return self.params["gamma"] * self.x_hat + self.params["beta"]

    def backward(self, dout):
        self.grads["gamma"] = np.sum(dout * self.x_hat, axis=0)
        self.grads["beta"] = np.sum(dout, axis=0)
        dx_hat = dout * self.params["gamma"]
        # mean and variance are only numbers, so they are constants here
        return dx_hat / np.sqrt(self.var + self.eps)


class Conv2d(Layer):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        bound = 1 / np.sqrt(in_channels * kernel_size**2)
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.params["weight"] = np.random.uniform(-bound, bound, shape)
        self.params["bias"] = np.zeros(out_channels)

    def forward(self, x):
        p, s, k = self.padding, self.stride, self.kernel_size
        self.x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        h = (self.x.shape[2] - k) // s + 1
        w = (self.x.shape[3] - k) // s + 1
        out = np.zeros((x.shape[0], self.params["weight"].shape[0], h, w))
        for i in range(h):
            for j in range(w):
                window = self.x[:, None, :, i * s : i * s + k, j * s : j * s + k]
                out[:, :, i, j] = (window * self.params["weight"]).sum(axis=(2, 3, 4))
        return out + self.params["bias"][:, None, None]

    def backward(self, dout):
        p, s, k = self.padding, self.stride, self.kernel_size
        weight = self.params["weight"]
        dweight, dx = np.zeros_like(weight), np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows, cols = slice(i * s, i * s + k), slice(j * s, j * s + k)
                d = dout[:, :, i, j]
                dweight += np.einsum("nf,nchw->fchw", d, self.x[:, :, rows, cols])
                dx[:, :, rows, cols] = np.einsum("nf,fchw->nchw", d, weight)
        self.grads["weight"] = dweight
        self.grads["bias"] = dout.sum(axis=(0, 2, 3))
        return dx[:, :, p:-p, p:-p]
