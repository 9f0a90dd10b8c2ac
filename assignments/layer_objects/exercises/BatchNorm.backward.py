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
    layer = made(gamma, beta)
    # Twice, as in training: gradients are overwritten, and nothing of the first call is left.
    layer.forward(x.copy())
    layer.backward(dout.copy())
    layer.forward(x)
    dx = layer.backward(dout)
    return {"x": dx, "gamma": layer.grads.get("gamma"), "beta": layer.grads.get("beta")}


def own_forward(x, gamma, beta):
    return made(gamma, beta).forward(x)


def made(gamma, beta):
    from other_interfaces import layer_of

    return layer_of(lambda: BatchNorm(len(gamma)), {"gamma": gamma, "beta": beta})
