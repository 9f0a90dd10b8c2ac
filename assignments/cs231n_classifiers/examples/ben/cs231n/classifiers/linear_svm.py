"""The multiclass hinge loss of a linear classifier and its gradient, with loops and without."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,), reg a float → loss, dW (D, C); with loops.

    Every class but the right one costs what its score in X W is above the right one's less 1; summed over
    classes, mean over examples, plus reg times the sum of all squares in W.
    """
    loss = 0.0
    dW = np.zeros_like(W)
    examples, classes = X.shape[0], W.shape[1]
    for i in range(examples):
        scores = X[i].dot(W)
        for j in range(classes):
            margin = scores[j] - scores[y[i]] + 1
            if j == y[i] or margin <= 0:
                continue
            loss += margin
            dW[:, j] += X[i]
            dW[:, y[i]] -= X[i]
    loss = loss / examples + reg * np.sum(W * W)
    dW = dW / examples + 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    """The same as svm_loss_naive, without loops."""
    loss = 0.0
    dW = np.zeros_like(W)
    # YOUR CODE HERE
    ...
    return loss, dW
