"""The multiclass hinge loss of a linear classifier and its gradient, with loops and without."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,), reg a float → loss, dW (D, C); with loops.

    Every class but the right one costs what its score in X W is above the right one's less 1; summed over
    classes, mean over examples, plus reg times the sum of all squares in W.
    """
    loss = 0.0
    dW = np.zeros_like(W)
    ### BEGIN SOLUTION
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
    ### END SOLUTION
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    """The same as svm_loss_naive, without loops."""
    loss = 0.0
    dW = np.zeros_like(W)
    ### BEGIN SOLUTION
    examples = np.arange(X.shape[0])
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[examples, y][:, None] + 1)
    margins[examples, y] = 0
    loss = margins.sum() / X.shape[0] + reg * np.sum(W * W)
    dscores = (margins > 0).astype(W.dtype)
    dscores[examples, y] = -dscores.sum(axis=1)
    dW = X.T.dot(dscores) / X.shape[0] + 2 * reg * W
    ### END SOLUTION
    return loss, dW
