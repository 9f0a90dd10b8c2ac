"""Convolution (N, C, H, W) with filters (F, C, HH, WW), a stride, zero padding and a bias for each filter."""


def inputs(draw):
    n, (c, f) = draw.batch(low=2, high=4), draw.sizes(2, low=2, high=4)
    # Squares that the filters tile exactly, and never without padding, as in the course.
    image, filter_size, stride, pad = ((5, 3, 1, 1), (4, 4, 2, 1), (7, 3, 2, 1))[draw.case % 3]
    return {
        "x": draw(n, c, image, image),
        "w": draw(f, c, filter_size, filter_size, scale=0.5),
        "b": draw(f),
        "conv_param": {"stride": stride, "pad": pad},
    }


def forward(x, w, b, conv_param):
    import torch

    return torch.nn.functional.conv2d(
        x, w, b, stride=conv_param["stride"], padding=conv_param["pad"]
    )


def own_forward(x, w, b, conv_param):
    return conv_forward_naive(x, w, b, conv_param)[0]


def student(x, w, b, conv_param, dout):
    dx, dw, db = conv_backward_naive(dout, (x, w, b, conv_param))
    return {"x": dx, "w": dw, "b": db}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, w, b, conv_param, dout):
    dx, dw, db = conv_backward_naive(dout, conv_forward_naive(x, w, b, conv_param)[1])
    return {"x": dx, "w": dw, "b": db}
