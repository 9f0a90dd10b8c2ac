"""Layer normalisation: every example by its own mean and (biased) variance over the features."""


def inputs(draw):
    n, (d,) = draw.batch(), draw.sizes(1, low=4, high=8)
    return {"x": draw(n, d, scale=2.0, mean=0.5), "gamma": draw(d), "beta": draw(d)}


def forward(x, gamma, beta):
    centred = x - x.mean(1, keepdim=True)
    return gamma * centred / ((centred * centred).mean(1, keepdim=True) + 1e-5).sqrt() + beta


def own_forward(x, gamma, beta):
    return layernorm_forward(x, gamma, beta, {})[0]


def student(x, gamma, beta, dout):
    out, cache = layernorm_forward(x, gamma, beta, {})
    dx, dgamma, dbeta = layernorm_backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}
