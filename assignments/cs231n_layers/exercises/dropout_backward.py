"""Inverted dropout: in training units are silenced at random and the others scaled up; in a test all pass."""

import numpy as np

# Which units are silenced depends on how a student draws. So the layer is given many copies of x,
# as rows of one batch, and of each element one copy is looked at that it let pass or that it
# silenced, as `kept` says. Nothing then depends on random numbers, nor on the student's cache.
COPIES = 60


def inputs(draw):
    n, d = draw.sizes(2, low=3)
    mode = "test" if draw.case == 1 else "train"
    p = 0.7 if draw.case == 0 else 0.4
    kept = draw.index(n, d, high=2)
    return {"x": draw.off_zero(n, d), "kept": kept, "mode": mode, "p": p, "seed": draw.seed()}


# In later course years p is the chance to stay, before that the chance to go.
variants = [{"stays": True}, {"stays": False}]


def forward(x, kept, mode, p, seed, stays):
    if mode == "test":
        return x * 1.0
    return x * kept / (p if stays else 1 - p)


def own_forward(x, kept, mode, p, seed):
    out, cache = dropout_forward(copies(x), {"mode": mode, "p": p, "seed": seed})
    return chosen(out, out, kept)


def student(x, kept, mode, p, seed, dout):
    out, cache = dropout_forward(copies(x), {"mode": mode, "p": p, "seed": seed})
    passed = None if out is None else np.array(out)  # students write into what they returned
    return {"x": chosen(dropout_backward(copies(dout), cache), passed, kept)}


def copies(x):
    return np.tile(x, (COPIES, 1))


def chosen(result, out, kept):
    """Of each element its first copy that passed (was silenced) where it is to; the first if none."""
    if result is None or out is None:
        return None
    passed = (np.asarray(out) != 0).reshape(COPIES, *kept.shape)
    which = (passed == (kept != 0)).argmax(axis=0)
    return np.take_along_axis(np.asarray(result).reshape(passed.shape), which[None], axis=0)[0]
