"""A recurrent net over all steps: x is (inputs, examples, steps), a is (hidden, examples, steps)."""

import numpy as np
import torch


def inputs(draw):
    features, hidden, outputs = draw.sizes(3)
    steps = draw.sizes(1, low=3)[0]
    examples = draw.batch()
    return {
        "x": draw(features, examples, steps),
        "a0": draw(hidden, examples),
        "Wax": draw(hidden, features, scale=0.4),
        "Waa": draw(hidden, hidden, scale=0.4),
        "ba": draw(hidden, 1, scale=0.4),
        "Wya": draw(outputs, hidden),
        "by": draw(outputs, 1),
    }


def forward(x, a0, Wax, Waa, ba, Wya, by):
    states = [a0]
    for xt in x.unbind(2):
        states.append(torch.tanh(Waa @ states[-1] + Wax @ xt + ba))
    return {"a": torch.stack(states[1:], 2)}


def own_forward(x, a0, Wax, Waa, ba, Wya, by):
    parameters = {"Wax": Wax, "Waa": Waa, "Wya": Wya, "ba": ba, "by": by}
    return {"a": rnn_forward(x, a0, parameters)[0]}


# Students loop over da's steps. It has as many as x here: one who counts x's is right as well.
def student(x, a0, Wax, Waa, ba, Wya, by, da):
    parameters = {"Wax": Wax, "Waa": Waa, "Wya": Wya, "ba": ba, "by": by}
    caches, a_next = [], a0
    for t in range(x.shape[2]):
        xt, a_prev = x[:, :, t], a_next
        a_next = np.tanh(Waa @ a_prev + Wax @ xt + ba)
        caches.append((a_next, a_prev, xt, parameters))
    gradients = rnn_backward(da, (caches, x)) or {}
    return {name: gradients.get("d" + name) for name in ["x", "a0", "Wax", "Waa", "ba"]}


# With the cache of their own forward function, for those who gave it another form.
def otherwise(x, a0, Wax, Waa, ba, Wya, by, da):
    parameters = {"Wax": Wax, "Waa": Waa, "Wya": Wya, "ba": ba, "by": by}
    gradients = rnn_backward(da, rnn_forward(x, a0, parameters)[-1]) or {}
    return {name: gradients.get("d" + name) for name in ["x", "a0", "Wax", "Waa", "ba"]}
