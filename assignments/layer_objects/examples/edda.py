"""Not done yet."""

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
        # bias comes later
        self.grads["weight"] = dout.T @ self.x
        return dout @ self.params["weight"]


class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dout):
        raise NotImplementedError


class Sigmoid(Layer):
    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, dout):
        pass


class Tanh(Layer):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, dout):
        return np.zeros_like(dout)


class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x)
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, dout):
        return dout * self.probs


class BatchNorm(Layer):
    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.params["gamma"], self.params["beta"] = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)

    def forward(self, x):
        # TODO
        return None

    def backward(self, dout):
        self.grads["gamma"] = np.zeros_like(self.params["gamma"])
        self.grads["beta"] = dout.sum(axis=0)
        dx = None
        return dx
