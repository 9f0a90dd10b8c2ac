"""Fully connected layer: every example flattened to a row, times w, plus b."""


def inputs(draw):
    n, (a, c, m) = draw.batch(), draw.sizes(3, high=6)
    return {"x": draw(n, a, c), "w": draw(a * c, m), "b": draw(m)}


def forward(x, w, b):
    return x.flatten(1) @ w + b


def student(x, w, b, dout):
    dx, dw, db = Linear.backward(dout, (x, w, b))
    return {"x": dx, "w": dw, "b": db}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, w, b, dout):
    dx, dw, db = Linear.backward(dout, Linear.forward(x, w, b)[1])
    return {"x": dx, "w": dw, "b": db}


def own_forward(x, w, b):
    return Linear.forward(x, w, b)[0]


def reference(dout, cache):
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)
