"""Fully connected layers in PyTorch, forward and backward by hand.

A layer is a class with two static methods. `forward` returns its output and a cache; `backward`
takes the gradient of the loss with respect to that output, and the cache, and returns the gradients
with respect to what `forward` was given, in its order. No method may use autograd.
"""

import torch
from a3_helper import softmax_loss


class Linear:
    @staticmethod
    def forward(x, w, b):
        """Every example of x (N, d1, …, dk) as a row of D = d1 · … · dk numbers, times w (D, M), plus
        b (M,).

        Returns the output (N, M) and the cache (x, w, b).
        """
        out = None
        # YOUR CODE HERE
        ...
        cache = (x, w, b)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, M) → dx in the shape of x, dw (D, M), db (M,)."""
        x, w, b = cache
        dx, dw, db = None, None, None
        # YOUR CODE HERE
        ...
        return dx, dw, db


class ReLU:
    @staticmethod
    def forward(x):
        """max(x, 0) of each element, without changing x. Returns the output and the cache x."""
        out = None
        # YOUR CODE HERE
        ...
        cache = x
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout in the shape of x → dx."""
        x = cache
        dx = None
        # YOUR CODE HERE
        ...
        return dx


class Linear_ReLU:
    """A fully connected layer and ReLU after it. Nothing is to be done here."""

    @staticmethod
    def forward(x, w, b):
        a, linear_cache = Linear.forward(x, w, b)
        out, relu_cache = ReLU.forward(a)
        return out, (linear_cache, relu_cache)

    @staticmethod
    def backward(dout, cache):
        linear_cache, relu_cache = cache
        return Linear.backward(ReLU.backward(dout, relu_cache), linear_cache)


class TwoLayerNet:
    """Linear, ReLU, linear, softmax loss."""

    def __init__(
        self,
        input_dim=3 * 32 * 32,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dtype=torch.float32,
        device="cpu",
    ):
        """Fills self.params: weights W1 (D, H) and W2 (H, C) with normal random numbers of standard
        deviation weight_scale, biases b1 (H,) and b2 (C,) with zeros."""
        self.params = {}
        self.reg = reg
        # YOUR CODE HERE
        ...

    def loss(self, X, y=None):
        """Without y the scores (N, C) of X. With labels y (N,) the loss, and a dict with its gradient
        for each name in self.params.

        The loss is softmax_loss of the scores plus self.reg times the sum of the squares of W1 and of
        W2, without a factor of one half.
        """
        scores = None
        # YOUR CODE HERE
        ...
        if y is None:
            return scores

        loss, grads = 0, {}
        # YOUR CODE HERE
        ...
        return loss, grads


class Dropout:
    @staticmethod
    def forward(x, dropout_param):
        """Drops elements of x.

        dropout_param holds p, the probability that an element is *dropped*; mode, "train" or "test";
        and perhaps a seed, for the same elements at every call. In training what is kept is divided
        by 1 - p, so that nothing is to be done in testing. Returns the output in the shape of x, and
        the cache (dropout_param, mask).
        """
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            torch.manual_seed(dropout_param["seed"])

        mask, out = None, None
        # YOUR CODE HERE
        ...
        cache = (dropout_param, mask)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout in the shape of x → dx."""
        dropout_param, mask = cache
        mode = dropout_param["mode"]
        dx = None
        # YOUR CODE HERE
        ...
        return dx
