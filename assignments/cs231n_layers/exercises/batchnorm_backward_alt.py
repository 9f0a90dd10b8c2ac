"""Batch normalisation again, its gradient simplified on paper."""


def inputs(draw):
    # One example alone has no variance; two are always at ±1, where nearly nothing flows back.
    n, (d,) = draw.batch(low=4, one=False), draw.sizes(1)
    while True:  # spread so widely that it does not show where eps is added
        x = draw(n, d, scale=5.0, mean=0.5)
        if x.std(axis=0).min() > 2:
            return {"x": x, "gamma": draw(d), "beta": draw(d)}


def forward(x, gamma, beta):
    centred = x - x.mean(0)
    return gamma * centred / (centred.square().mean(0) + 1e-5).sqrt() + beta


def own_forward(x, gamma, beta):
    return batchnorm_forward(x, gamma, beta, {"mode": "train"})[0]


def student(x, gamma, beta, dout):
    out, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    dx, dgamma, dbeta = batchnorm_backward_alt(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


def otherwise(x, gamma, beta, dout):
    # Some write a forward pass of its own for it, whose cache holds only what it needs.
    forward = globals().get("batchnorm_forward_alt", batchnorm_forward)
    out, cache = forward(x, gamma, beta, {"mode": "train"})
    dx, dgamma, dbeta = batchnorm_backward_alt(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


# The cache is the student's own: the reference is given what made it.
records = "batchnorm_forward"


def reference(dout, x, gamma, beta, bn_param):
    import numpy as np

    std = np.sqrt(x.var(axis=0, keepdims=True) + bn_param.get("eps", 1e-5))
    normal = (x - x.mean(axis=0, keepdims=True)) / std
    inner = dout * gamma
    along = normal * (inner * normal).mean(axis=0, keepdims=True)
    dx = (inner - inner.mean(axis=0, keepdims=True) - along) / std
    return dx, (dout * normal).sum(axis=0), dout.sum(axis=0)
