"""Convolution of images (N, C, H, W) with filters (F, C, K, K), zeros around, and a bias each."""

# Square images and filters, and a padding: what courses use. Height, filter, stride, padding.
SHAPES = [(5, 3, 1, 1), (6, 4, 2, 1), (4, 5, 1, 2)]


def inputs(draw):
    size, kernel, stride, padding = SHAPES[draw.case % 3]
    n, (c, f) = draw.batch(low=2, high=4), draw.sizes(2, high=5)
    return {
        "x": draw(n, c, size, size),
        "weight": draw(f, c, kernel, kernel),
        "bias": draw(f),
        "stride": stride,
        "padding": padding,
    }


def forward(x, weight, bias, stride, padding):
    from torch.nn.functional import conv2d

    return conv2d(x, weight, bias, stride, padding)


def student(x, weight, bias, stride, padding, dout):
    layer = made(weight, bias, stride, padding)
    # Twice, as in training: gradients are overwritten, and nothing of the first call is left.
    layer.forward(x.copy())
    layer.backward(dout.copy())
    layer.forward(x)
    dx = layer.backward(dout)
    return {"x": dx, "weight": layer.grads.get("weight"), "bias": layer.grads.get("bias")}


def own_forward(x, weight, bias, stride, padding):
    return made(weight, bias, stride, padding).forward(x)


def made(weight, bias, stride, padding):
    from other_interfaces import built, layer_of

    filters, channels, kernel, _ = weight.shape
    sizes = {"in_channels": channels, "out_channels": filters, "kernel_size": kernel}
    return layer_of(
        lambda: built(Conv2d, sizes, stride=stride, padding=padding),
        {"weight": weight, "bias": bias},
    )
