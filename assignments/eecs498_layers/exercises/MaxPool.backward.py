"""Max pooling of images (N, C, H, W): the greatest of each window; windows do not overlap."""

from torch.nn.functional import max_pool2d


def inputs(draw):
    n, c, size = draw.batch(low=2, high=5), *draw.sizes(1, high=5), (4, 8, 6)[draw.case % 3]
    return {
        "x": draw.distinct(n, c, size, size),
        "pool_param": {"pool_height": 2, "pool_width": 2, "stride": 2},
    }


def forward(x, pool_param):
    return max_pool2d(x, pool_param["pool_height"], pool_param["stride"])


def student(x, pool_param, dout):
    return {"x": MaxPool.backward(dout, (x, pool_param))}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, pool_param, dout):
    return {"x": MaxPool.backward(dout, MaxPool.forward(x, pool_param)[1])}


def own_forward(x, pool_param):
    return MaxPool.forward(x, pool_param)[0]
