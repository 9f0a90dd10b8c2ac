"""Sigmoid of each element."""


def inputs(draw):
    return {"x": draw(draw.batch(), *draw.sizes(2))}


def forward(x):
    return x.sigmoid()


def student(x, dout):
    layer = Sigmoid()
    layer.forward(x)
    return {"x": layer.backward(dout)}


def own_forward(x):
    return Sigmoid().forward(x)
