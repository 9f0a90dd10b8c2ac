"""Fully connected layer: x times the transposed weight, plus a bias."""


def inputs(draw):
    n, (d, m) = draw.batch(), draw.sizes(2)
    return {"x": draw(n, d), "weight": draw(m, d), "bias": draw(m)}


def forward(x, weight, bias):
    return x @ weight.T + bias


def student(x, weight, bias, dout):
    layer = made(weight, bias)
    # Twice, as in training: gradients are overwritten, and nothing of the first call is left.
    layer.forward(x.copy())
    layer.backward(dout.copy())
    layer.forward(x)
    dx = layer.backward(dout)
    return {"x": dx, "weight": layer.grads.get("weight"), "bias": layer.grads.get("bias")}


def own_forward(x, weight, bias):
    return made(weight, bias).forward(x)


def made(weight, bias):
    from other_interfaces import layer_of

    (outputs, inputs), parameters = weight.shape, {"weight": weight, "bias": bias}
    return layer_of(lambda: Linear(inputs, outputs), parameters)
