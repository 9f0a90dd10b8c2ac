"""ReLU: what is negative becomes zero."""


def inputs(draw):
    return {"x": draw.off_zero(draw.batch(), *draw.sizes(2))}


def forward(x):
    return x.relu()


def student(x, dout):
    from other_interfaces import backward

    layer = ReLU()
    layer.forward(x)
    return {"x": backward(layer, x, dout)}


def own_forward(x):
    return ReLU().forward(x)
