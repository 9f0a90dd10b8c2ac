"""Convolutional layers and batch norm in PyTorch, forward and backward by hand.

Layers are made as in fully_connected_networks.py. No method may use autograd, nor the layers and
their functions that PyTorch has for this (torch.nn).
"""

import torch

# Functions of your own may stand here.
# YOUR CODE HERE


class Conv:
    @staticmethod
    def forward(x, w, b, conv_param):
        """Each of the F filters of w (F, C, HH, WW) laid over the images x (N, C, H, W) at every place,
        plus b (F,).

        conv_param holds stride, the step from place to place in pixels, and pad, how many rows and
        columns of zeros are set around each image. Returns the output (N, F, H', W') with
        H' = 1 + (H + 2 pad - HH) / stride, W' likewise, and the cache (x, w, b, conv_param).
        """
        out = None
        # YOUR CODE HERE
        ...
        cache = (x, w, b, conv_param)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, F, H', W') → dx, dw, db in the shapes of x, w, b."""
        dx, dw, db = None, None, None
        # YOUR CODE HERE
        ...
        return dx, dw, db


class MaxPool:
    @staticmethod
    def forward(x, pool_param):
        """The greatest element of each window of the images x (N, C, H, W).

        pool_param holds pool_height and pool_width, the size of a window, and stride, the step from
        window to window. Returns the output (N, C, H', W') with H' = 1 + (H - pool_height) / stride,
        W' likewise, and the cache (x, pool_param).
        """
        out = None
        # YOUR CODE HERE
        ...
        cache = (x, pool_param)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, C, H', W') → dx in the shape of x."""
        dx = None
        # YOUR CODE HERE
        ...
        return dx


class BatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        """Every feature of x (N, D) brought to mean 0 and variance 1, times gamma (D,), plus beta (D,).

        bn_param holds mode, "train" or "test"; perhaps eps, which is added to the variance (1e-5),
        and momentum (0.9); and running_mean and running_var (D,), which are written by training and
        used by testing. In training mean and variance are those of the batch; the variance divides
        by N. The running averages are new = momentum · old + (1 - momentum) · batch's.
        Returns the output (N, D) and a cache of your choice.
        """
        mode = bn_param["mode"]
        eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        D = x.shape[1]
        running_mean = bn_param.get("running_mean", torch.zeros(D, dtype=x.dtype, device=x.device))
        running_var = bn_param.get("running_var", torch.zeros(D, dtype=x.dtype, device=x.device))

        out, cache = None, None
        # YOUR CODE HERE
        ...
        bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,), back through each node of the graph. For
        training only."""
        dx, dgamma, dbeta = None, None, None
        # YOUR CODE HERE
        ...
        return dx, dgamma, dbeta

    @staticmethod
    def backward_alt(dout, cache):
        """The same as backward, from the same cache, with dx in one formula, made simple on paper."""
        dx, dgamma, dbeta = None, None, None
        # YOUR CODE HERE
        ...
        return dx, dgamma, dbeta


class SpatialBatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        """Batch norm of images x (N, C, H, W): every channel over all examples and pixels, with gamma
        and beta (C,). bn_param as for BatchNorm. Returns the output and a cache of your choice."""
        out, cache = None, None
        # YOUR CODE HERE
        ...
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, C, H, W) → dx (N, C, H, W), dgamma (C,), dbeta (C,)."""
        dx, dgamma, dbeta = None, None, None
        # YOUR CODE HERE
        ...
        return dx, dgamma, dbeta
