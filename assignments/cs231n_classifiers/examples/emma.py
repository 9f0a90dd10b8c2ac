"""All of it in one module, with half of reg in front of the squares."""
import numpy as np


def regularised(per_example_loss, dscores, W, X, reg):
    n = len(X)
    return (per_example_loss.sum() / n + reg / 2 * (W ** 2).sum(),
            np.einsum("nd,nc->dc", X, dscores) / n + reg * W)


def one_hot(y, c):
    return (y[:, None] == np.arange(c)) * 1.0


def hinge(scores, y):
    right = one_hot(y, scores.shape[1])
    gap = np.clip(scores - (scores * right).sum(1, keepdims=True) + 1 - right, 0, None)
    guilty = np.sign(gap)
    return gap.sum(1), guilty - right * guilty.sum(1, keepdims=True)


def cross_entropy(scores, y):
    right = one_hot(y, scores.shape[1])
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return -(log_p * right).sum(1), np.exp(log_p) - right


def svm_loss_vectorized(W, X, y, reg):
    return regularised(*hinge(X @ W, y), W, X, reg)


def softmax_loss_vectorized(W, X, y, reg):
    return regularised(*cross_entropy(X @ W, y), W, X, reg)


def looped(criterion):
    """One example at a time."""

    def loss(W, X, y, reg):
        total, dW = 0.5 * reg * np.vdot(W, W), reg * W
        for x, label in zip(X, y):
            one, dscores = criterion((x @ W)[None], np.array([label]))
            total += one[0] / len(X)
            dW = dW + np.outer(x, dscores) / len(X)
        return total, dW

    return loss


svm_loss_naive = looped(hinge)
softmax_loss_naive = looped(cross_entropy)


class TwoLayerNet:
    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        shapes = dict(W1=(input_dim, hidden_dim), b1=(hidden_dim,), W2=(hidden_dim, num_classes), b2=(num_classes,))
        self.params = {name: weight_scale * np.random.randn(*shape) for name, shape in shapes.items()}
        self.reg = reg

    def loss(self, X, y=None):
        p, n = self.params, len(X)
        x1 = np.c_[X.reshape(n, -1), np.ones(n)]          # biases as one more row of the weights
        first, second = np.vstack([p["W1"], p["b1"]]), np.vstack([p["W2"], p["b2"]])
        a = x1 @ first
        h1 = np.c_[a * (a > 0), np.ones(n)]
        scores = h1 @ second
        if y is None:
            return scores
        losses, ds = cross_entropy(scores, y)
        d2 = h1.T @ ds / n
        d1 = x1.T @ (ds @ p["W2"].T * (a > 0)) / n
        grads = dict(W1=d1[:-1], b1=d1[-1], W2=d2[:-1], b2=d2[-1])
        for name in "W1", "W2":
            grads[name] = grads[name] + self.reg * p[name]
        return losses.mean() + 0.5 * self.reg * sum((p[k] ** 2).sum() for k in ("W1", "W2")), grads
