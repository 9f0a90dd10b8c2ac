"""Spatial batch normalisation: every channel by its mean and variance over examples and positions."""


def inputs(draw):
    n, (c, h, w) = draw.batch(low=2, high=4), draw.sizes(3, low=3, high=6)
    while True:  # spread so widely that it does not show where eps is added
        x = draw(n, c, h, w, scale=5.0, mean=0.5)
        if x.std(axis=(0, 2, 3)).min() > 2:
            return {"x": x, "gamma": draw(c), "beta": draw(c)}


def forward(x, gamma, beta):
    centred = x - x.mean((0, 2, 3), keepdim=True)
    variance = centred.square().mean((0, 2, 3), keepdim=True)
    normal = centred / (variance + 1e-5).sqrt()
    return gamma[:, None, None] * normal + beta[:, None, None]


def own_forward(x, gamma, beta):
    return spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})[0]


def student(x, gamma, beta, dout):
    out, cache = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
    dx, dgamma, dbeta = spatial_batchnorm_backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}
