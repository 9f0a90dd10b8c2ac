"""An LSTM over all steps, from a cell state of zeros: x is (inputs, examples, steps), a likewise."""

import numpy as np
import torch


def inputs(draw):
    features, hidden, outputs = draw.sizes(3)
    steps = draw.sizes(1, low=3)[0]
    examples = draw.batch()
    weights = {"W" + gate: draw(hidden, hidden + features, scale=0.4) for gate in "fico"}
    biases = {"b" + gate: draw(hidden, 1, scale=0.4) for gate in "fico"}
    return {
        "x": draw(features, examples, steps),
        "a0": draw(hidden, examples),
        **weights,
        **biases,
        "Wy": draw(outputs, hidden),
        "by": draw(outputs, 1),
    }


# Both states carry the gradient back through time. A table of results that is passed around
# leaves one of them out; this is what is right.
def forward(x, a0, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by):
    a, c, states = a0, torch.zeros_like(a0), []
    for xt in x.unbind(2):
        both = torch.cat([a, xt])
        ft = torch.sigmoid(Wf @ both + bf)
        it = torch.sigmoid(Wi @ both + bi)
        c = ft * c + it * torch.tanh(Wc @ both + bc)
        a = torch.sigmoid(Wo @ both + bo) * torch.tanh(c)
        states.append(a)
    return {"a": torch.stack(states, 2)}


def own_forward(x, a0, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by):
    parameters = {"Wf": Wf, "Wi": Wi, "Wc": Wc, "Wo": Wo, "Wy": Wy}
    parameters |= {"bf": bf, "bi": bi, "bc": bc, "bo": bo, "by": by}
    return {"a": lstm_forward(x, a0, parameters)[0]}


# Students loop over da's steps. It has as many as x here: one who counts x's is right as well.
def student(x, a0, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by, da):
    parameters = {"Wf": Wf, "Wi": Wi, "Wc": Wc, "Wo": Wo, "Wy": Wy}
    parameters |= {"bf": bf, "bi": bi, "bc": bc, "bo": bo, "by": by}
    caches, a_next, c_next = [], a0, np.zeros_like(a0)
    for t in range(x.shape[2]):
        xt, a_prev, c_prev = x[:, :, t], a_next, c_next
        both = np.concatenate([a_prev, xt])
        ft = 1 / (1 + np.exp(-(Wf @ both + bf)))
        it = 1 / (1 + np.exp(-(Wi @ both + bi)))
        cct = np.tanh(Wc @ both + bc)
        ot = 1 / (1 + np.exp(-(Wo @ both + bo)))
        c_next = ft * c_prev + it * cct
        a_next = ot * np.tanh(c_next)
        caches.append((a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters))
    gradients = lstm_backward(da, (caches, x)) or {}
    targets = ["x", "a0", "Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"]
    return {name: gradients.get("d" + name) for name in targets}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, a0, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by, da):
    parameters = {"Wf": Wf, "Wi": Wi, "Wc": Wc, "Wo": Wo, "Wy": Wy}
    parameters |= {"bf": bf, "bi": bi, "bc": bc, "bo": bo, "by": by}
    gradients = lstm_backward(da, lstm_forward(x, a0, parameters)[-1]) or {}
    targets = ["x", "a0", "Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"]
    return {name: gradients.get("d" + name) for name in targets}
