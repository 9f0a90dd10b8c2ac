import numpy as np
from random import shuffle
from past.builtins import xrange


def softmax_loss_naive(W, X, y, reg):
    """Softmax loss, in loops. W (D, C), X (N, D), y (N,)."""
    loss = 0.0
    dW = np.zeros_like(W)
    num_train, num_classes = X.shape[0], W.shape[1]
    for i in xrange(num_train):
        f = X[i].dot(W)
        f -= np.max(f)
        denominator = 0.0
        for j in xrange(num_classes):
            denominator += np.exp(f[j])
        loss += -f[y[i]] + np.log(denominator)
        for j in xrange(num_classes):
            p = np.exp(f[j]) / denominator
            if j == y[i]:
                dW[:, j] += (p - 1) * X[i]
            else:
                dW[:, j] += p * X[i]
    loss = loss / num_train + reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    """The same without a loop."""
    num_train = X.shape[0]
    f = X @ W
    f = f - f.max(axis=1).reshape(-1, 1)
    total = np.sum(np.exp(f), axis=1, keepdims=True)
    p = np.exp(f) / total
    loss = np.sum(-np.log(p[np.arange(num_train), y])) / num_train + reg * np.sum(W * W)
    ind = np.zeros_like(p)
    ind[np.arange(num_train), y] = 1
    dW = X.T.dot(p - ind) / num_train + 2 * reg * W
    return loss, dW
