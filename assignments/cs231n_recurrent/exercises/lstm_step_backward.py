"""One step of an LSTM: gates i, f, o by sigmoid and g by tanh, side by side in this order in x Wx + prev_h Wh + b."""


def inputs(draw):
    n, (d, h) = draw.batch(), draw.sizes(2)
    return {
        "x": draw(n, d),
        "prev_h": draw(n, h),
        "prev_c": draw(n, h),
        "Wx": draw(d, 4 * h, scale=0.5),
        "Wh": draw(h, 4 * h, scale=0.5),
        "b": draw(4 * h, scale=0.5),
    }


def forward(x, prev_h, prev_c, Wx, Wh, b):
    i, f, o, g = (x @ Wx + prev_h @ Wh + b).chunk(4, dim=1)
    next_c = f.sigmoid() * prev_c + i.sigmoid() * g.tanh()
    return {"next_h": o.sigmoid() * next_c.tanh(), "next_c": next_c}


def own_forward(x, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, cache = lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)
    return {"next_h": next_h, "next_c": next_c}


def student(x, prev_h, prev_c, Wx, Wh, b, dnext_h, dnext_c):
    next_h, next_c, cache = lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)
    dx, dprev_h, dprev_c, dWx, dWh, db = lstm_step_backward(dnext_h, dnext_c, cache)
    return {"x": dx, "prev_h": dprev_h, "prev_c": dprev_c, "Wx": dWx, "Wh": dWh, "b": db}


# The cache is the student's own: the reference is given what made it.
records = "lstm_step_forward"


def reference(dnext_h, dnext_c, x, prev_h, prev_c, Wx, Wh, b):
    import numpy as np

    total = x @ Wx + prev_h @ Wh + b
    blocks = np.split(total, 4, axis=1)
    i, f, o = (1 / (1 + np.exp(-block)) for block in blocks[:3])
    g = np.tanh(blocks[3])
    cell = np.tanh(f * prev_c + i * g)
    dc = dnext_c + dnext_h * o * (1 - cell**2)
    gates = (dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * cell * o * (1 - o))
    inner = np.concatenate([*gates, dc * i * (1 - g**2)], axis=1)
    dx, dprev_h, dWx, dWh = inner @ Wx.T, inner @ Wh.T, x.T @ inner, prev_h.T @ inner
    return dx, dprev_h, dc * f, dWx, dWh, inner.sum(axis=0)
