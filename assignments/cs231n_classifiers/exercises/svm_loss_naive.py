"""Multiclass hinge loss with explicit loops: scores X W, margin 1, mean over examples, plus L2."""


def inputs(draw):
    import numpy as np

    n, (d, c) = draw.batch(), draw.sizes(2, low=3)
    while True:  # no margin at its kink, where the hinge has no derivative
        W, X, y = draw(d, c, scale=0.6), draw(n, d), draw.labels(n, classes=c)
        scores = X @ W
        margins = scores - scores[np.arange(n), y][:, None] + 1
        if np.abs(margins).min() > 0.02:
            return {"W": W, "X": X, "y": y, "reg": 0.3 + 0.1 * draw.case}


def forward(W, X, y, reg, factor):
    scores = X @ W
    margins = (scores - scores.gather(1, y[:, None]) + 1).clamp(min=0)
    hinge = margins.sum(1) - 1  # the right class is no rival of itself
    return hinge.mean() + factor * reg * W.square().sum()


# Course years differ in the regularisation: reg · ΣW² or half of it. The student's loss tells which.
variants = [{"factor": 1.0}, {"factor": 0.5}]


def own_forward(W, X, y, reg):
    return svm_loss_naive(W, X, y, reg)[0]


def student(W, X, y, reg):
    loss, dW = svm_loss_naive(W, X, y, reg)
    return {"W": dW}


# The first year had examples and classes the other way round: W is (C, D), X is (D, N).
def otherwise(W, X, y, reg):
    loss, dW = svm_loss_naive(W.T.copy(), X.T.copy(), y, reg)
    return {"W": dW.T}
