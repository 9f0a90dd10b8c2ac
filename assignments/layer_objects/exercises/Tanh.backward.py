"""Hyperbolic tangent of each element."""


def inputs(draw):
    return {"x": draw(draw.batch(), *draw.sizes(2))}


def forward(x):
    return x.tanh()


def student(x, dout):
    from other_interfaces import backward

    layer = Tanh()
    layer.forward(x)
    return {"x": backward(layer, x, dout)}


def own_forward(x):
    return Tanh().forward(x)
