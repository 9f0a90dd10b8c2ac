"""Hyperbolic tangent of each element."""


def inputs(draw):
    return {"x": draw(draw.batch(), *draw.sizes(2))}


def forward(x):
    return x.tanh()


def student(x, dout):
    layer = Tanh()
    layer.forward(x)
    return {"x": layer.backward(dout)}


def own_forward(x):
    return Tanh().forward(x)
