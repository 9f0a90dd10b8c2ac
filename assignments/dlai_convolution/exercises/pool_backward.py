"""Pooling of images (m, height, width, channels) by windows: their maximum or their average."""

import numpy as np
import torch.nn.functional as F


def inputs(draw):
    # The course itself tries windows that overlap (f = 2, stride = 1), so these belong to what it teaches.
    mode, f, stride = [("max", 2, 1), ("average", 3, 2), ("max", 3, 3), ("average", 2, 2)][draw.case % 4]
    channels = draw.sizes(1, low=2, high=3)[0]
    images = draw.batch(high=5)
    height, width = draw.sizes(2, low=6, high=9)  # more than one window, each way
    return {
        "A_prev": draw.distinct(images, height, width, channels),
        "hparameters": {"f": f, "stride": stride},
        "mode": mode,
    }


def forward(A_prev, hparameters, mode):
    pool = {"max": F.max_pool2d, "average": F.avg_pool2d}[mode]
    A = pool(A_prev.permute(0, 3, 1, 2), hparameters["f"], stride=hparameters["stride"])
    return {"A": A.permute(0, 2, 3, 1)}


def own_forward(A_prev, hparameters, mode):
    return {"A": pool_forward(A_prev, hparameters, mode)[0]}


def student(A_prev, hparameters, mode, dA):
    return {"A_prev": pool_backward(dA, (A_prev, hparameters), mode)}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(A_prev, hparameters, mode, dA):
    return {"A_prev": pool_backward(dA, pool_forward(A_prev, hparameters, mode)[1], mode)}
