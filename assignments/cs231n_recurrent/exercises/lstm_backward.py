"""An LSTM over a sequence (N, T, D): from h0 and a cell of zeros, the same step T times."""


def inputs(draw):
    n, (t, d, h) = draw.batch(low=2, high=5), draw.sizes(3)
    return {
        "x": draw(n, t, d),
        "h0": draw(n, h),
        "Wx": draw(d, 4 * h, scale=0.5),
        "Wh": draw(h, 4 * h, scale=0.5),
        "b": draw(4 * h, scale=0.5),
    }


def forward(x, h0, Wx, Wh, b):
    import torch

    states, state, cell = [], h0, torch.zeros_like(h0)
    for step in range(x.shape[1]):
        i, f, o, g = (x[:, step] @ Wx + state @ Wh + b).chunk(4, dim=1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
        states.append(state)
    return {"h": torch.stack(states, dim=1)}


def own_forward(x, h0, Wx, Wh, b):
    return {"h": lstm_forward(x, h0, Wx, Wh, b)[0]}


def student(x, h0, Wx, Wh, b, dh):
    h, cache = lstm_forward(x, h0, Wx, Wh, b)
    dx, dh0, dWx, dWh, db = lstm_backward(dh, cache)
    return {"x": dx, "h0": dh0, "Wx": dWx, "Wh": dWh, "b": db}
