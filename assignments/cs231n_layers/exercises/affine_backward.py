"""Affine layer: out = x W + b, with every example of x flattened to a row."""


def inputs(draw):
    n, (d1, d2, m) = draw.batch(), draw.sizes(3)
    return {"x": draw(n, d1, d2), "w": draw(d1 * d2, m), "b": draw(m)}


def forward(x, w, b):
    return x.flatten(1) @ w + b


def own_forward(x, w, b):
    return affine_forward(x, w, b)[0]


def student(x, w, b, dout):
    dx, dw, db = affine_backward(dout, (x, w, b))
    return {"x": dx, "w": dw, "b": db}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, w, b, dout):
    dx, dw, db = affine_backward(dout, affine_forward(x, w, b)[1])
    return {"x": dx, "w": dw, "b": db}
