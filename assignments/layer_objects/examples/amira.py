"""Layers. Everything in loops or in place, so that I see what happens."""

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
        self.cache = x
        N = x.shape[0]
        out = np.empty((N, self.params["weight"].shape[0]))
        for n in range(N):
            out[n] = np.dot(self.params["weight"], x[n]) + self.params["bias"]
        return out

    def backward(self, dout):
        x, W = self.cache, self.params["weight"]
        dW, db, dx = np.zeros_like(W), np.zeros(W.shape[0]), np.zeros_like(x)
        for n in range(x.shape[0]):
            dW += np.outer(dout[n], x[n])
            db += dout[n]
            dx[n] = np.dot(dout[n], W)
        self.grads = {"weight": dW, "bias": db}
        return dx


class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, dout):
        dout[self.x <= 0] = 0  # in place, nobody needs the old one
        return dout


class Sigmoid(Layer):
    def forward(self, x):
        self.y = np.zeros_like(x)
        pos = x >= 0
        self.y[pos] = 1 / (1 + np.exp(-x[pos]))
        e = np.exp(x[~pos])
        self.y[~pos] = e / (1 + e)
        return self.y

    def backward(self, dout):
        dout *= self.y
        dout *= 1 - self.y
        return dout


class Tanh(Layer):
    def forward(self, x):
        self.x = x
        return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))

    def backward(self, dout):
        return dout / np.cosh(self.x) ** 2


class Softmax(Layer):
    def forward(self, x):
        self.y = np.exp(x) / np.exp(x).sum(axis=1).reshape(-1, 1)
        return self.y

    def backward(self, dout):
        dx = np.zeros_like(dout)
        for n in range(len(dout)):
            y = self.y[n].reshape(-1, 1)
            jacobian = np.diagflat(y) - y @ y.T
            dx[n] = jacobian @ dout[n]
        return dx


class BatchNorm(Layer):
    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.params["gamma"], self.params["beta"] = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)

    def forward(self, x):
        if not self.training:
            xhat = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.params["gamma"] * xhat + self.params["beta"]
        mu = np.mean(x, axis=0)
        var = np.var(x, axis=0)
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mu
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        self.xmu = x - mu
        self.ivar = (var + self.eps) ** -0.5
        return self.params["gamma"] * self.xmu * self.ivar + self.params["beta"]

    def backward(self, dout):
        N = dout.shape[0]
        xhat = self.xmu * self.ivar
        self.grads["beta"] = np.einsum("nf->f", dout)
        self.grads["gamma"] = np.einsum("nf,nf->f", dout, xhat)
        dxhat = dout * self.params["gamma"]
        dvar = np.sum(dxhat * self.xmu, axis=0) * -0.5 * self.ivar**3
        dmu = np.sum(-dxhat * self.ivar, axis=0) + dvar * np.mean(-2 * self.xmu, axis=0)
        return dxhat * self.ivar + dvar * 2 * self.xmu / N + dmu / N


class Conv2d(Layer):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        bound = 1 / np.sqrt(in_channels * kernel_size**2)
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.params["weight"] = np.random.uniform(-bound, bound, shape)
        self.params["bias"] = np.zeros(out_channels)

    def forward(self, x):
        P, S, K = self.padding, self.stride, self.kernel_size
        N, C, H, W = x.shape
        F = self.params["weight"].shape[0]
        self.x_pad = np.zeros((N, C, H + 2 * P, W + 2 * P))
        self.x_pad[:, :, P : P + H, P : P + W] = x
        Ho, Wo = (H + 2 * P - K) // S + 1, (W + 2 * P - K) // S + 1
        out = np.zeros((N, F, Ho, Wo))
        for n in range(N):
            for f in range(F):
                for i in range(Ho):
                    for j in range(Wo):
                        piece = self.x_pad[n, :, i * S : i * S + K, j * S : j * S + K]
                        out[n, f, i, j] = np.sum(piece * self.params["weight"][f])
                out[n, f] += self.params["bias"][f]
        return out

    def backward(self, dout):
        P, S, K = self.padding, self.stride, self.kernel_size
        N, F, Ho, Wo = dout.shape
        w = self.params["weight"]
        dw, dx_pad = np.zeros_like(w), np.zeros_like(self.x_pad)
        for n in range(N):
            for f in range(F):
                for i in range(Ho):
                    for j in range(Wo):
                        rows, cols = slice(i * S, i * S + K), slice(j * S, j * S + K)
                        dw[f] += dout[n, f, i, j] * self.x_pad[n, :, rows, cols]
                        dx_pad[n, :, rows, cols] += dout[n, f, i, j] * w[f]
        self.grads["weight"] = dw
        self.grads["bias"] = dout.sum(axis=3).sum(axis=2).sum(axis=0)
        return dx_pad[:, :, P:-P, P:-P]
