import numpy as np


class TwoLayerNet:

    def __init__(
        self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0
    ):
        self.reg = reg
        self.params = {
            "W1": weight_scale * np.random.randn(input_dim, hidden_dim),
            "b1": np.zeros(hidden_dim),
            "W2": weight_scale * np.random.randn(hidden_dim, num_classes),
            "b2": np.zeros(num_classes),
        }

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        rows = X.reshape(X.shape[0], -1)
        hidden = np.maximum(0, rows.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores

        examples = np.arange(X.shape[0])
        shifted = scores - scores.max(axis=1, keepdims=True)
        probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        loss = -np.log(probs[examples, y]).mean()
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        dscores = probs.copy()
        dscores[examples, y] -= 1
        dscores /= X.shape[0]
        dhidden = dscores.dot(W2.T)
        grads = {
            "W2": hidden.T.dot(dscores) + self.reg * W2,
            "b2": dscores.sum(axis=0),
            "W1": rows.T.dot(dhidden) + self.reg * W1,
            "b1": dhidden.sum(axis=0),
        }
        return loss, grads
