"""Batch norm in training: every feature normalised over the batch (variance over N), scaled, shifted."""


def inputs(draw):
    n, d = draw.batch(low=4, one=False), *draw.sizes(1)
    while True:  # spread so widely that it does not show where eps is added
        x = draw(n, d, scale=5.0, mean=1.0)
        if x.std(axis=0).min() > 2:
            return {"x": x, "gamma": draw(d), "beta": draw(d)}


def forward(x, gamma, beta):
    return gamma * (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt() + beta


def student(x, gamma, beta, dout):
    _, cache = BatchNorm.forward(x, gamma, beta, {"mode": "train"})
    dx, dgamma, dbeta = BatchNorm.backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


def own_forward(x, gamma, beta):
    return BatchNorm.forward(x, gamma, beta, {"mode": "train"})[0]


# The cache is the student's own: the reference is given what made it.
records = "BatchNorm.forward"


def reference(dout, x, gamma, beta, bn_param):
    std = (x.var(0, correction=0) + bn_param.get("eps", 1e-5)) ** 0.5
    normal = (x - x.mean(0)) / std
    inner = dout * gamma
    dx = (inner - inner.mean(0) - normal * (inner * normal).mean(0)) / std
    return dx, (dout * normal).sum(0), dout.sum(0)
