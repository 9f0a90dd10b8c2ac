"""One step of an LSTM: gates from [a_prev; xt], c_next = f c_prev + i c̃, a_next = o tanh(c_next)."""

import numpy as np
import torch


def inputs(draw):
    features, hidden, outputs = draw.sizes(3)
    examples = draw.batch()
    weights = {"W" + gate: draw(hidden, hidden + features, scale=0.4) for gate in "fico"}
    biases = {"b" + gate: draw(hidden, 1, scale=0.4) for gate in "fico"}
    return {
        "xt": draw(features, examples),
        "a_prev": draw(hidden, examples),
        "c_prev": draw(hidden, examples),
        **weights,
        **biases,
        "Wy": draw(outputs, hidden),
        "by": draw(outputs, 1),
    }


def forward(xt, a_prev, c_prev, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by):
    both = torch.cat([a_prev, xt])
    ft = torch.sigmoid(Wf @ both + bf)
    it = torch.sigmoid(Wi @ both + bi)
    cct = torch.tanh(Wc @ both + bc)
    ot = torch.sigmoid(Wo @ both + bo)
    c_next = ft * c_prev + it * cct
    return {"a_next": ot * torch.tanh(c_next), "c_next": c_next}


def own_forward(xt, a_prev, c_prev, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by):
    parameters = {"Wf": Wf, "Wi": Wi, "Wc": Wc, "Wo": Wo, "Wy": Wy}
    parameters |= {"bf": bf, "bi": bi, "bc": bc, "bo": bo, "by": by}
    a_next, c_next = lstm_cell_forward(xt, a_prev, c_prev, parameters)[:2]
    return {"a_next": a_next, "c_next": c_next}


def student(xt, a_prev, c_prev, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by, da_next, dc_next):
    parameters = {"Wf": Wf, "Wi": Wi, "Wc": Wc, "Wo": Wo, "Wy": Wy}
    parameters |= {"bf": bf, "bi": bi, "bc": bc, "bo": bo, "by": by}
    both = np.concatenate([a_prev, xt])
    ft = 1 / (1 + np.exp(-(Wf @ both + bf)))
    it = 1 / (1 + np.exp(-(Wi @ both + bi)))
    cct = np.tanh(Wc @ both + bc)
    ot = 1 / (1 + np.exp(-(Wo @ both + bo)))
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    gradients = lstm_cell_backward(da_next, dc_next, cache) or {}
    targets = ["xt", "a_prev", "c_prev", "Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"]
    return {name: gradients.get("d" + name) for name in targets}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(xt, a_prev, c_prev, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by, da_next, dc_next):
    parameters = {"Wf": Wf, "Wi": Wi, "Wc": Wc, "Wo": Wo, "Wy": Wy}
    parameters |= {"bf": bf, "bi": bi, "bc": bc, "bo": bo, "by": by}
    cache = lstm_cell_forward(xt, a_prev, c_prev, parameters)[-1]
    gradients = lstm_cell_backward(da_next, dc_next, cache) or {}
    targets = ["xt", "a_prev", "c_prev", "Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"]
    return {name: gradients.get("d" + name) for name in targets}


def reference(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    dc = dc_next + da_next * ot * (1 - np.tanh(c_next) ** 2)
    before = {  # the gradients in front of the gates' nonlinearities
        "f": dc * c_prev * ft * (1 - ft),
        "i": dc * cct * it * (1 - it),
        "c": dc * it * (1 - cct**2),
        "o": da_next * np.tanh(c_next) * ot * (1 - ot),
    }
    both = np.concatenate([a_prev, xt])
    dboth = sum(parameters["W" + gate].T @ dz for gate, dz in before.items())
    hidden = len(a_prev)
    gradients = {"dxt": dboth[hidden:], "da_prev": dboth[:hidden], "dc_prev": dc * ft}
    for gate, dz in before.items():
        gradients["dW" + gate] = dz @ both.T
        gradients["db" + gate] = dz.sum(axis=1, keepdims=True)
    return gradients
