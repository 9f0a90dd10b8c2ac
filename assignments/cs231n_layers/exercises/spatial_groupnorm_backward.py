"""Group normalisation: each example's channels in G groups, every group by its own mean and variance."""


def inputs(draw):
    groups, size = ((2, 3), (3, 2), (2, 4))[draw.case % 3]
    n, (h, w) = draw.batch(low=3, high=5), draw.sizes(2, low=2, high=5)
    c = groups * size
    while True:  # spread so widely that it does not show where eps is added
        x = draw(n, c, h, w, scale=5.0, mean=0.5)
        if x.reshape(n, groups, -1).std(axis=2).min() > 2:
            break
    return {"x": x, "gamma": draw(1, c, 1, 1), "beta": draw(1, c, 1, 1), "G": groups}


def forward(x, gamma, beta, G):
    n, c, h, w = x.shape
    grouped = x.reshape(n, G, -1)
    centred = grouped - grouped.mean(2, keepdim=True)
    normal = centred / (centred.square().mean(2, keepdim=True) + 1e-5).sqrt()
    return gamma * normal.reshape(n, c, h, w) + beta


def own_forward(x, gamma, beta, G):
    return spatial_groupnorm_forward(x, gamma, beta, G, {})[0]


def student(x, gamma, beta, G, dout):
    out, cache = spatial_groupnorm_forward(x, gamma, beta, G, {})
    dx, dgamma, dbeta = spatial_groupnorm_backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


# In some course years gamma and beta are rows (C,), to be turned by the student.
def otherwise(x, gamma, beta, G, dout):
    out, cache = spatial_groupnorm_forward(x, gamma.reshape(-1), beta.reshape(-1), G, {})
    dx, dgamma, dbeta = spatial_groupnorm_backward(dout, cache)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}
