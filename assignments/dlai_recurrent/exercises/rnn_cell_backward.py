"""One step of a recurrent net: a_next = tanh(Waa a_prev + Wax xt + ba), examples in columns."""

import numpy as np
import torch


def inputs(draw):
    features, hidden, outputs = draw.sizes(3)
    examples = draw.batch()
    return {
        "xt": draw(features, examples),
        "a_prev": draw(hidden, examples),
        "Wax": draw(hidden, features, scale=0.4),
        "Waa": draw(hidden, hidden, scale=0.4),
        "ba": draw(hidden, 1, scale=0.4),
        "Wya": draw(outputs, hidden),
        "by": draw(outputs, 1),
    }


def forward(xt, a_prev, Wax, Waa, ba, Wya, by):
    return {"a_next": torch.tanh(Waa @ a_prev + Wax @ xt + ba)}


def own_forward(xt, a_prev, Wax, Waa, ba, Wya, by):
    parameters = {"Wax": Wax, "Waa": Waa, "Wya": Wya, "ba": ba, "by": by}
    return {"a_next": rnn_cell_forward(xt, a_prev, parameters)[0]}


def student(xt, a_prev, Wax, Waa, ba, Wya, by, da_next):
    parameters = {"Wax": Wax, "Waa": Waa, "Wya": Wya, "ba": ba, "by": by}
    a_next = np.tanh(Waa @ a_prev + Wax @ xt + ba)
    gradients = rnn_cell_backward(da_next, (a_next, a_prev, xt, parameters)) or {}
    return {name: gradients.get("d" + name) for name in ["xt", "a_prev", "Wax", "Waa", "ba"]}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(xt, a_prev, Wax, Waa, ba, Wya, by, da_next):
    parameters = {"Wax": Wax, "Waa": Waa, "Wya": Wya, "ba": ba, "by": by}
    gradients = rnn_cell_backward(da_next, rnn_cell_forward(xt, a_prev, parameters)[-1]) or {}
    return {name: gradients.get("d" + name) for name in ["xt", "a_prev", "Wax", "Waa", "ba"]}


def reference(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    dz = (1 - a_next**2) * da_next
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }
