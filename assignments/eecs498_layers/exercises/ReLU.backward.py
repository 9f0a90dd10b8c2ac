"""ReLU: what is negative becomes zero."""


def inputs(draw):
    return {"x": draw.off_zero(draw.batch(), *draw.sizes(2))}


def forward(x):
    return x.relu()


def student(x, dout):
    return {"x": ReLU.backward(dout, x)}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, dout):
    return {"x": ReLU.backward(dout, ReLU.forward(x)[1])}


def own_forward(x):
    return ReLU.forward(x)[0]


def reference(dout, cache):
    return dout * (cache > 0)
