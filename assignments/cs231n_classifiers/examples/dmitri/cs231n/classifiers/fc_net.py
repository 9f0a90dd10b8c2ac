"""A net of two layers: affine – relu – affine – softmax."""

import numpy as np


class TwoLayerNet:
    """D inputs, H hidden units, C classes. params holds W1 (D, H), b1 (H,), W2 (H, C), b2 (C,): weights
    drawn with standard deviation weight_scale, biases of zeros."""

    def __init__(
        self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0
    ):
        self.reg = reg
        self.params = {}
        # YOUR CODE HERE
        ...

    def loss(self, X, y=None):
        """X (N, d_1, …, d_k), y (N,) → loss and a dict of gradients, by the names in params.

        The loss is that of softmax, mean over examples, plus half of reg times the sum of all squares in
        W1 and W2. Without y it is the scores (N, C) that are returned.
        """
        scores = None
        # YOUR CODE HERE
        ...
        if y is None:
            return scores

        loss, grads = 0.0, {}
        # YOUR CODE HERE
        ...
        return loss, grads
