"""A net of two layers, affine – relu – affine – softmax: the gradient of its loss for every parameter."""


def inputs(draw):
    import numpy as np

    n, (d, h, c) = draw.batch(), draw.sizes(3, low=3, high=8)
    while True:  # no hidden unit at the kink of relu
        X, W1, b1 = draw(n, d), draw(d, h, scale=0.6), draw(h, scale=0.5)
        if np.abs(X @ W1 + b1).min() > 0.02:
            break
    return {
        "X": X,
        "y": draw.labels(n, classes=c),
        "reg": 0.3 + 0.1 * draw.case,
        "W1": W1,
        "b1": b1,
        "W2": draw(h, c, scale=0.6),
        "b2": draw(c, scale=0.5),
    }


def forward(X, y, reg, W1, b1, W2, b2, factor):
    import torch

    scores = (X @ W1 + b1).relu() @ W2 + b2
    weights = W1.square().sum() + W2.square().sum()
    return torch.nn.functional.cross_entropy(scores, y) + factor * reg * weights


# Course years differ: half of reg · ΣW² where the net knows reg, the whole where loss() is told it.
variants = [{"factor": 0.5}, {"factor": 1.0}]


def loss_and_gradients(X, y, reg, W1, b1, W2, b2):
    import inspect

    net = TwoLayerNet(W1.shape[0], W1.shape[1], W2.shape[1])
    net.params.update(W1=W1, b1=b1, W2=W2, b2=b2)
    if "reg" in inspect.signature(net.loss).parameters:  # course years until 2019
        return net.loss(X, y, reg=reg)
    net.reg = reg
    return net.loss(X, y)


def own_forward(X, y, reg, W1, b1, W2, b2):
    return loss_and_gradients(X, y, reg, W1, b1, W2, b2)[0]


def student(X, y, reg, W1, b1, W2, b2):
    loss, grads = loss_and_gradients(X, y, reg, W1, b1, W2, b2)
    return {name: grads.get(name) for name in ("W1", "b1", "W2", "b2")}
