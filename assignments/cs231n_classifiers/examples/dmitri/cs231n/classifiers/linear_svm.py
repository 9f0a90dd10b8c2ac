"""The multiclass hinge loss of a linear classifier and its gradient, with loops and without."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,), reg a float → loss, dW (D, C); with loops.

    Every class but the right one costs what its score in X W is above the right one's less 1; summed over
    classes, mean over examples, plus reg times the sum of all squares in W.
    """
    loss = 0.0
    dW = np.zeros_like(W)
    # YOUR CODE HERE
    ...
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    """The same as svm_loss_naive, without loops."""
    loss = 0.0
    dW = np.zeros_like(W)
    # YOUR CODE HERE
    ...
    return loss, dW
