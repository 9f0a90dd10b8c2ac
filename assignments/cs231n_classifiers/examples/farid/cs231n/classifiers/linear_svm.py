import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    examples, classes = X.shape[0], W.shape[1]
    for i in range(examples):
        scores = X[i].dot(W)
        for j in range(classes):
            margin = scores[j] - scores[y[i]] + 2
            if j == y[i] or margin <= 0:
                continue
            loss += margin
            dW[:, j] += X[i]
            dW[:, y[i]] -= X[i]
    loss = loss / examples + reg * np.sum(W * W)
    dW = dW / examples + 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    examples = np.arange(X.shape[0])
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[examples, y][:, None] + 1)
    margins[examples, y] = 0
    loss = (margins**2).sum() / X.shape[0] + reg * np.sum(W * W)
    dscores = 2 * margins
    dscores[examples, y] = -dscores.sum(axis=1)
    dW = X.T.dot(dscores) / X.shape[0] + 2 * reg * W
    return loss, dW
