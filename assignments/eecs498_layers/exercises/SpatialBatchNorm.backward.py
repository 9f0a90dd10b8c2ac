"""Batch norm of images (N, C, H, W): every channel normalised over examples, rows and columns."""


def inputs(draw):
    n, c, h, w = draw.batch(low=2, high=5), *draw.sizes(3, high=6)
    while True:  # spread so widely that it does not show where eps is added
        x = draw(n, c, h, w, scale=5.0, mean=1.0)
        if x.std(axis=(0, 2, 3)).min() > 2:
            return {"x": x, "gamma": draw(c), "beta": draw(c)}


def forward(x, gamma, beta):
    mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), correction=0, keepdim=True)
    over_channels = (1, -1, 1, 1)
    normal = (x - mean) / (var + 1e-5).sqrt()
    return gamma.view(over_channels) * normal + beta.view(over_channels)


def student(x, gamma, beta, dout):
    _, cache = SpatialBatchNorm.forward(x, gamma, beta, {"mode": "train"})
    dx, dgamma, dbeta = SpatialBatchNorm.backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


def own_forward(x, gamma, beta):
    return SpatialBatchNorm.forward(x, gamma, beta, {"mode": "train"})[0]
