import numpy as np
from random import shuffle
from past.builtins import xrange


def svm_loss_naive(W, X, y, reg):
    """Hinge loss, in loops. W (D, C), X (N, D), y (N,)."""
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in xrange(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        wrong = 0
        for j in xrange(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                wrong += 1
                loss += margin
                dW[:, j] += X[i, :].T
        dW[:, y[i]] += -wrong * X[i, :].T
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += reg * 2 * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    """The same without a loop."""
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[list(range(num_train)), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + 1)
    margins[list(range(num_train)), y] = 0
    loss = np.mean(np.sum(margins, axis=1)) + reg * np.sum(W * W)
    binary = margins
    binary[margins > 0] = 1
    row_sum = np.sum(binary, axis=1)
    binary[np.arange(num_train), y] = -row_sum.T
    dW = np.dot(X.T, binary)
    dW /= num_train
    dW += 2 * reg * W
    return loss, dW
