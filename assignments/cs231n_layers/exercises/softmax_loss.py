"""Cross entropy of the softmax of scores x (N, C) for the classes y, mean over examples."""


def inputs(draw):
    n, (c,) = draw.batch(), draw.sizes(1, low=3, high=8)
    return {"x": draw(n, c, scale=2.0), "y": draw.labels(n, classes=c)}


def forward(x, y):
    import torch

    return torch.nn.functional.cross_entropy(x, y)


def own_forward(x, y):
    return softmax_loss(x, y)[0]


def student(x, y):
    loss, dx = softmax_loss(x, y)
    return {"x": dx}
