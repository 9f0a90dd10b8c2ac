"""Logistic regression: A = σ(wᵀX + b), examples in columns, and the mean cross entropy."""

import numpy as np
import torch


def inputs(draw):
    features = draw.sizes(1)[0]
    examples = draw.batch()
    Y = draw.index(1, examples, high=2)
    Y[0, :2] = [1, 0][:examples]  # both classes, where there is room: one alone would hide mistakes
    return {
        "w": draw(features, 1, scale=0.5),
        "b": draw(1),
        "X": draw(features, examples),
        "Y": Y,
    }


def forward(w, b, X, Y):
    A = torch.sigmoid(w.T @ X + b)
    return -(Y * torch.log(A) + (1 - Y) * torch.log(1 - A)).mean()


def own_forward(w, b, X, Y):
    return parted(propagate(w, float(b[0]), X, Y), w)[2]


def student(w, b, X, Y):
    grads, _ = propagate(w, float(b[0]), X, Y)
    return {"w": grads.get("dw"), "b": grads.get("db")}


# For those who return the cost first or not at all, or each gradient by itself, or say dW.
def otherwise(w, b, X, Y):
    dw, db, _ = parted(propagate(w, float(b[0]), X, Y), w)
    return {"w": dw, "b": db}


def parted(result, w):
    """dw, db and the cost, in whatever order and form they come; db behind dw."""
    parts = (result, None) if isinstance(result, dict) else tuple(result)
    grads = next((each for each in parts if isinstance(each, dict)), None)
    if grads is not None:
        named = {str(key).lower(): each for key, each in grads.items()}
        return named.get("dw"), named.get("db"), next(e for e in parts if e is not grads)
    at = [np.size(each) for each in parts].index(w.size)
    return parts[at], parts[at + 1], [*parts[:at], *parts[at + 2 :]][0]


def reference_sigmoid(z):
    return 1 / (1 + np.exp(-z))
