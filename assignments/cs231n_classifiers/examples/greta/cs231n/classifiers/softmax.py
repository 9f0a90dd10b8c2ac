import numpy as np


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    examples, classes = X.shape[0], W.shape[1]
    for i in range(examples):
        scores = X[i].dot(W)
        scores -= scores.max()
        probs = np.exp(scores) / np.exp(scores).sum()
        loss -= np.log(probs[y[i]])
        for j in range(classes):
            dW[:, j] += ((j == y[i]) - probs[j]) * X[i]
    loss = loss / examples + reg * np.sum(W * W)
    dW = dW / examples + 2 * reg * W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    examples = np.arange(X.shape[0])
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    probs = np.exp(scores)
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -np.log(probs[examples, y]).mean() + reg * np.sum(W * W)
    dscores = probs.copy()
    dscores[examples, y] -= 1
    dW = X.T.dot(dscores) / X.shape[0]
    return loss, dW
