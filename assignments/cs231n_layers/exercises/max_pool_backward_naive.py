"""Max pooling over windows of 2 × 2 that do not overlap."""


def inputs(draw):
    n, (c,) = draw.batch(low=2, high=4), draw.sizes(1, low=2, high=4)
    side = (4, 6, 8)[draw.case % 3]
    return {
        "x": draw.distinct(n, c, side, side),  # no ties
        "pool_param": {"pool_height": 2, "pool_width": 2, "stride": 2},
    }


def forward(x, pool_param):
    import torch

    window = (pool_param["pool_height"], pool_param["pool_width"])
    return torch.nn.functional.max_pool2d(x, window, stride=pool_param["stride"])


def own_forward(x, pool_param):
    return max_pool_forward_naive(x, pool_param)[0]


def student(x, pool_param, dout):
    return {"x": max_pool_backward_naive(dout, (x, pool_param))}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, pool_param, dout):
    return {"x": max_pool_backward_naive(dout, max_pool_forward_naive(x, pool_param)[1])}
