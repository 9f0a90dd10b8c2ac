"""Rectified linear unit: out = max(0, x), of any shape."""


def inputs(draw):
    n, (d1, d2) = draw.batch(), draw.sizes(2)
    return {"x": draw.off_zero(n, d1, d2)}  # away from the kink


def forward(x):
    return x.relu()


def own_forward(x):
    return relu_forward(x)[0]


def student(x, dout):
    return {"x": relu_backward(dout, x)}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, dout):
    return {"x": relu_backward(dout, relu_forward(x)[1])}
