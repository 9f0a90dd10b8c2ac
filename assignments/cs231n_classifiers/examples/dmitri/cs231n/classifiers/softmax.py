"""The cross entropy of a linear classifier's softmax and its gradient, with loops and without."""

import numpy as np


def softmax_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,), reg a float → loss, dW (D, C); with loops.

    The loss is the mean over examples of -log of the probability that the softmax of X W gives to the
    right class, plus reg times the sum of all squares in W.
    """
    loss = 0.0
    dW = np.zeros_like(W)
    # YOUR CODE HERE
    ...
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    """The same as softmax_loss_naive, without loops."""
    loss = 0.0
    dW = np.zeros_like(W)
    # YOUR CODE HERE
    ...
    return loss, dW
