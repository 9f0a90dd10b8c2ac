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
