"""Sigmoid of each element."""


def inputs(draw):
    return {"x": draw(draw.batch(), *draw.sizes(2))}


def forward(x):
    return x.sigmoid()


def student(x, dout):
    from other_interfaces import backward

    layer = Sigmoid()
    layer.forward(x)
    return {"x": backward(layer, x, dout)}


def own_forward(x):
    return Sigmoid().forward(x)
