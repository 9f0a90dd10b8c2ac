"""Layer normalisation: every example by its own mean and (biased) variance over the features."""


def inputs(draw):
    n, (d,) = draw.batch(), draw.sizes(1, low=4, high=8)
    while True:  # spread so widely that it does not show where eps is added
        x = draw(n, d, scale=5.0, mean=0.5)
        if x.std(axis=1).min() > 2:
            return {"x": x, "gamma": draw(d), "beta": draw(d)}


def forward(x, gamma, beta):
    centred = x - x.mean(1, keepdim=True)
    return gamma * centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt() + beta


def own_forward(x, gamma, beta):
    return layernorm_forward(x, gamma, beta, {})[0]


def student(x, gamma, beta, dout):
    out, cache = layernorm_forward(x, gamma, beta, {})
    dx, dgamma, dbeta = layernorm_backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


# The cache is the student's own: the reference is given what made it.
records = "layernorm_forward"


def reference(dout, x, gamma, beta, ln_param):
    import numpy as np

    std = np.sqrt(x.var(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    normal = (x - x.mean(axis=1, keepdims=True)) / std
    inner = dout * gamma
    along = normal * (inner * normal).mean(axis=1, keepdims=True)
    dx = (inner - inner.mean(axis=1, keepdims=True) - along) / std
    return dx, (dout * normal).sum(axis=0), dout.sum(axis=0)
