"""A plain recurrent net over a sequence (N, T, D): the same step T times, from h0."""


def inputs(draw):
    n, (t, d, h) = draw.batch(low=2, high=5), draw.sizes(3)
    return {
        "x": draw(n, t, d),
        "h0": draw(n, h),
        "Wx": draw(d, h, scale=0.5),
        "Wh": draw(h, h, scale=0.5),
        "b": draw(h, scale=0.5),
    }


def forward(x, h0, Wx, Wh, b):
    import torch

    states, state = [], h0
    for step in range(x.shape[1]):
        state = (x[:, step] @ Wx + state @ Wh + b).tanh()
        states.append(state)
    return {"h": torch.stack(states, dim=1)}


def own_forward(x, h0, Wx, Wh, b):
    return {"h": rnn_forward(x, h0, Wx, Wh, b)[0]}


def student(x, h0, Wx, Wh, b, dh):
    h, cache = rnn_forward(x, h0, Wx, Wh, b)
    dx, dh0, dWx, dWh, db = rnn_backward(dh, cache)
    return {"x": dx, "h0": dh0, "Wx": dWx, "Wh": dWh, "b": db}
