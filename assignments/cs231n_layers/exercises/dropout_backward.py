"""Inverted dropout: in training units are silenced at random and the others scaled up; in a test all pass."""


def inputs(draw):
    n, (d,) = draw.batch(low=5, high=9), draw.sizes(1, low=6, high=11)
    mode = "test" if draw.case == 1 else "train"
    p = 0.7 if draw.case == 0 else 0.4
    return {"x": draw.off_zero(n, d), "mode": mode, "p": p, "seed": draw.seed()}


# In later course years p is the chance to stay, before that the chance to go. From one seed the
# usual ways to draw the mask silence different units; the student's output tells which it was.
variants = [
    {"stays": stays, "drawn": drawn}
    for stays in (True, False)
    for drawn in ("below", "above", "binomial")
]


def forward(x, mode, p, seed, stays, drawn):
    import numpy as np
    import torch

    if mode == "test":
        return x * 1.0
    generator, keep = np.random.RandomState(seed), p if stays else 1 - p
    if drawn == "binomial":
        mask = generator.binomial(1, keep, size=tuple(x.shape))
    elif drawn == "below":
        mask = generator.rand(*x.shape) < keep
    else:
        mask = generator.rand(*x.shape) >= 1 - keep
    return x * torch.from_numpy(mask / keep)


def own_forward(x, mode, p, seed):
    return dropout_forward(x, {"mode": mode, "p": p, "seed": seed})[0]


def student(x, mode, p, seed, dout):
    out, cache = dropout_forward(x, {"mode": mode, "p": p, "seed": seed})
    return {"x": dropout_backward(dout, cache)}
