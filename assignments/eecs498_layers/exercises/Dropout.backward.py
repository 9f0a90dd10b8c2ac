"""Dropout in training: each element is dropped with probability p, the others divided by 1 - p."""

import torch

# Which elements a student's forward drops depends on how it draws, and no two draw alike. So it is
# given many copies of x: of each element, one copy that it kept or one that it dropped is looked
# at, as `kept` says. Nothing then depends on its random numbers, nor on its cache.
COPIES = 60


def inputs(draw):
    n, d = draw.sizes(2, low=3)
    p = (0.3, 0.6, 0.45)[draw.case % 3]
    return {"x": draw.off_zero(n, d), "kept": draw.index(n, d, high=2), "p": p, "seed": draw.seed()}


def forward(x, kept, p, seed):
    return x * kept / (1 - p)


def student(x, kept, p, seed, dout):
    out, cache = Dropout.forward(copies(x), {"p": p, "mode": "train", "seed": seed})
    dx = Dropout.backward(copies(dout), cache)
    return {"x": chosen(dx, out, kept)}


def own_forward(x, kept, p, seed):
    out, _ = Dropout.forward(copies(x), {"p": p, "mode": "train", "seed": seed})
    return chosen(out, out, kept)


def copies(x):
    """One below the other: still rows of features, which is all that some expect."""
    return x.repeat(COPIES, 1)


def chosen(result, out, kept):
    """Of each element, its first copy that was kept (dropped) where it is to be; the first if none."""
    if result is None or out is None:
        return None
    result, out = (each.reshape(COPIES, *kept.shape) for each in (result, out))
    wanted = ((out != 0) == (kept != 0)).to(torch.uint8)
    return result.gather(0, wanted.argmax(0, keepdim=True))[0]
