"""Softmax of each row."""


def inputs(draw):
    return {"x": draw(draw.batch(), *draw.sizes(1, low=3), scale=2.0)}


def forward(x):
    return x.softmax(1)


def student(x, dout):
    from other_interfaces import backward

    layer = made()
    layer.forward(x)
    return {"x": backward(layer, x, dout)}


def own_forward(x):
    return made().forward(x)


def made():
    try:
        return Softmax()
    except TypeError:  # some ask for the dimension
        return Softmax(1)
