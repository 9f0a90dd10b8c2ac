"""Cross entropy of softmax with explicit loops: scores X W, mean over examples, plus L2."""


def inputs(draw):
    n, (d, c) = draw.batch(), draw.sizes(2, low=3)
    return {
        "W": draw(d, c, scale=0.6),
        "X": draw(n, d),
        "y": draw.labels(n, classes=c),
        "reg": 0.3 + 0.1 * draw.case,
    }


def forward(W, X, y, reg, factor):
    import torch

    return torch.nn.functional.cross_entropy(X @ W, y) + factor * reg * W.square().sum()


# Course years differ in the regularisation: reg · ΣW² or half of it. The student's loss tells which.
variants = [{"factor": 1.0}, {"factor": 0.5}]


def own_forward(W, X, y, reg):
    return softmax_loss_naive(W, X, y, reg)[0]


def student(W, X, y, reg):
    loss, dW = softmax_loss_naive(W, X, y, reg)
    return {"W": dW}


# The first year had examples and classes the other way round: W is (C, D), X is (D, N).
def otherwise(W, X, y, reg):
    loss, dW = softmax_loss_naive(W.T.copy(), X.T.copy(), y, reg)
    return {"W": dW.T}
