"""One step of a plain recurrent net: next_h = tanh(x Wx + prev_h Wh + b)."""


def inputs(draw):
    n, (d, h) = draw.batch(), draw.sizes(2)
    return {
        "x": draw(n, d),
        "prev_h": draw(n, h),
        "Wx": draw(d, h, scale=0.5),
        "Wh": draw(h, h, scale=0.5),
        "b": draw(h, scale=0.5),
    }


def forward(x, prev_h, Wx, Wh, b):
    return {"next_h": (x @ Wx + prev_h @ Wh + b).tanh()}


def own_forward(x, prev_h, Wx, Wh, b):
    return {"next_h": rnn_step_forward(x, prev_h, Wx, Wh, b)[0]}


def student(x, prev_h, Wx, Wh, b, dnext_h):
    next_h, cache = rnn_step_forward(x, prev_h, Wx, Wh, b)
    dx, dprev_h, dWx, dWh, db = rnn_step_backward(dnext_h, cache)
    return {"x": dx, "prev_h": dprev_h, "Wx": dWx, "Wh": dWh, "b": db}


# The cache is the student's own: the reference is given what made it.
records = "rnn_step_forward"


def reference(dnext_h, x, prev_h, Wx, Wh, b):
    import numpy as np

    inner = dnext_h * (1 - np.tanh(x @ Wx + prev_h @ Wh + b) ** 2)
    return inner @ Wx.T, inner @ Wh.T, x.T @ inner, prev_h.T @ inner, inner.sum(axis=0)
