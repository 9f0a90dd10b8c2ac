"""What students of the deep-learning specialisation write, as edits of the solutions.

For each function, of a mistake: what stands in the solution, what is put there, and the targets that
are wrong by it. Of other ways that are right: the first two.
"""

from __future__ import annotations

import ast
import json
from typing import Any

Mistakes = dict[str, list[tuple[str, str, str]]]

LOGISTIC: Mistakes = {
    "propagate": [
        ("dZ = A - Y", "dZ = Y - A", "w b"),
        ("np.dot(X, dZ.T) / m", "np.dot(X, dZ.T)", "w"),
        ("np.sum(dZ) / m", "np.sum(dZ)", "b"),
        ("dZ = A - Y", "dZ = A", "w b"),
        ("dZ = A - Y", "dZ = (A - Y) * A * (1 - A)", "w b"),
        ("np.dot(X, dZ.T) / m", "np.dot(X, dZ.T) / X.shape[0]", "w"),
        ("np.sum(dZ) / m", "np.sum(A) / m", "b"),
        ("np.dot(X, dZ.T) / m", "np.sum(X, axis=1, keepdims=True) / m", "w"),
        ("np.sum(dZ) / m", "dZ[0, 0] / m", "b"),
    ]
}

SHALLOW: Mistakes = {
    "backward_propagation": [
        ("dZ2 = A2 - Y", "dZ2 = Y - A2", "W1 b1 W2 b2"),
        ("dZ2 = A2 - Y", "dZ2 = (A2 - Y) / m", "W1 b1 W2 b2"),
        ("dZ2 = A2 - Y", "dZ2 = (A2 - Y) * A2 * (1 - A2)", "W1 b1 W2 b2"),
        (" * (1 - A1**2)", "", "W1 b1"),
        ("(1 - A1**2)", "(1 - A1)", "W1 b1"),
        ("(1 - A1**2)", "A1 * (1 - A1)", "W1 b1"),
        ("(1 - A1**2)", "(A1 > 0)", "W1 b1"),
        ("np.dot(dZ2, A1.T) / m", "np.dot(dZ2, A1.T)", "W2"),
        ("np.dot(dZ2, A1.T) / m", 'np.dot(dZ2, cache["Z1"].T) / m', "W2"),
        ("np.sum(dZ2, axis=1, keepdims=True) / m", "dZ2 / m", "b2"),
        ("np.sum(dZ1, axis=1, keepdims=True) / m", "np.sum(dZ1) / m", "b1"),
        ("np.sum(dZ1, axis=1, keepdims=True) / m", "np.sum(dZ1, axis=1, keepdims=True)", "b1"),
        ("np.dot(dZ1, X.T) / m", "np.dot(dZ1, A1.T) / m", "W1"),
    ]
}

DEEP: Mistakes = {
    "linear_backward": [
        ("np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev.T)", "W"),
        ("np.sum(dZ, axis=1, keepdims=True) / m", "np.sum(dZ, axis=1, keepdims=True)", "b"),
        ("np.dot(W.T, dZ)", "np.dot(W.T, dZ) / m", "A_prev"),
        ("axis=1, keepdims=True", "axis=0, keepdims=True", "b"),
        ("m = A_prev.shape[1]", "m = A_prev.shape[0]", "W b"),
        ("np.dot(dZ, A_prev.T) / m", "np.dot(A_prev, dZ.T) / m", "W"),
        ("np.sum(dZ, axis=1, keepdims=True) / m", "np.mean(dZ)", "b"),
        ("np.dot(W.T, dZ)", "np.dot(W.T, dZ) * (A_prev > 0)", "A_prev"),
        ("np.dot(dZ, A_prev.T) / m", "-np.dot(dZ, A_prev.T) / m", "W"),
    ],
    "linear_activation_backward": [
        ("relu_backward(dA, activation_cache)", "dA", "A_prev W b"),
        ("relu_backward(dA, activation_cache)", "np.maximum(dA, 0)", "A_prev W b"),
        ("sigmoid_backward(dA, activation_cache)", "dA", "A_prev W b"),
        (
            "sigmoid_backward(dA, activation_cache)",
            "dA * activation_cache * (1 - activation_cache)",
            "A_prev W b",
        ),
        ("linear_backward(dZ, linear_cache)", "linear_backward(dA, linear_cache)", "A_prev W b"),
        ("dA_prev, dW, db = linear_b", "dA_prev, db, dW = linear_b", "W b"),
        ("relu_backward(dA, activation_cache)", "dA * activation_cache", "A_prev W b"),
        ('activation == "relu"', 'activation != "relu"', "A_prev W b"),
    ],
    "L_model_backward": [
        ("dA = -(np.divide", "dA = (np.divide", "A0 W1 b1 A1 W2 b2 A2 W3 b3"),
        ("dA = -(np.divide", "dA = AL - Y\n    _ = (np.divide", "A0 W1 b1 A1 W2 b2 A2 W3 b3"),
        ("(1 - Y, 1 - AL))", "(1 - Y, 1 - AL)) / Y.shape[1]", "A0 W1 b1 A1 W2 b2 A2 W3 b3"),
        ("np.divide(Y, AL) - np", "np.divide(Y, AL) + np", "A0 W1 b1 A1 W2 b2 A2 W3 b3"),
        ('"sigmoid" if l == L - 1 else "relu"', '"sigmoid"', "A0 W1 b1 A1 W2 b2"),
        ('"sigmoid" if l == L - 1 else "relu"', '"relu"', "A0 W1 b1 A1 W2 b2 A2 W3 b3"),
        ('grads[f"dW{l + 1}"]', 'grads[f"dW{l}"]', "W1 W2 W3"),
        ("reversed(range(L))", "reversed(range(1, L))", "A0 W1 b1"),
        ('grads[f"dA{l}"] = dA', 'grads[f"dA{l}"] = dA = dA / L', "A0 W1 b1 A1 W2 b2 A2"),
    ],
}

CONVOLUTION: Mistakes = {
    "conv_backward": [
        ("top, left = h * stride, w * stride", "top, left = h, w", "A_prev W"),
        ("db[:, :, :, c] += dZ", "db[:, :, :, c] = dZ", "b"),
        ("dW[:, :, :, c] += window", "dW[:, :, :, c] = window", "W"),
        (":] += W[", ":] = W[", "A_prev"),
        ("pad : pad + A_prev.shape[1]", ": A_prev.shape[1]", "A_prev"),
        ("window = A_prev_pad[i,", "window = A_prev_pad[0,", "W"),
        ("W[:, :, :, c] * dZ", "W[::-1, ::-1, :, c] * dZ", "A_prev"),
        ("db[:, :, :, c] += dZ[i, h, w, c]", "db += dZ[i, h, w, c]", "b"),
        ("+= window * dZ[i, h, w, c]", "+= window * dZ[i, h, w, c] / len(dZ)", "W"),
        ("W[:, :, :, c] * dZ[i, h, w, c]", "W[:, :, :, c] * window", "A_prev"),
    ],
    "create_mask_from_window": [
        ("x == np.max(x)", "x > 0", "x"),
        ("x == np.max(x)", "x == np.min(x)", "x"),
        ("np.max(x)", "np.max(x, axis=0)", "x"),
        ("x == np.max(x)", "x * (x == np.max(x))", "x"),
        ("x == np.max(x)", "x >= np.mean(x)", "x"),
        ("x == np.max(x)", "np.max(x)", "x"),
        ("x == np.max(x)", "x != np.max(x)", "x"),
    ],
    "distribute_value": [
        (" / (n_H * n_W)", "", "a"),
        ("n_H * n_W", "n_H + n_W", "a"),
        ("n_H * n_W", "n_H", "a"),
        ("n_H * n_W", "n_W * n_W", "a"),
        ("np.ones(shape) * dz", "np.ones(shape)", "a"),
        ("np.ones(shape) * dz", "np.eye(n_H, n_W) * dz", "a"),
        ("/ (n_H * n_W)", "* (n_H * n_W)", "a"),
    ],
    "pool_backward": [
        ("+= mask", "= mask", "A_prev"),
        ("+= distribute_value", "= distribute_value", "A_prev"),
        ("mask * dA[i, h, w, c]", "mask", "A_prev"),
        ("slice(h * stride, h * stride + f)", "slice(h, h + f)", "A_prev"),
        ("distribute_value(dA[i, h, w, c], (f, f))", "dA[i, h, w, c]", "A_prev"),
        ("mask * dA[i, h, w, c]", "mask * dA[i, h, w, 0]", "A_prev"),
        ("(dA[i, h, w, c], (f, f))", "(dA[0, h, w, c], (f, f))", "A_prev"),
        ("mask * dA[i, h, w, c]", "mask * A_prev[i, rows, columns, c]", "A_prev"),
    ],
}

RNN = "x a0 Wax Waa ba"
LSTM = "x a0 Wf bf Wi bi Wc bc Wo bo"
RECURRENT: Mistakes = {
    "rnn_cell_backward": [
        ("(1 - a_next**2)", "(1 - a_prev**2)", "xt a_prev Wax Waa ba"),
        ("(1 - a_next**2) * da_next", "da_next", "xt a_prev Wax Waa ba"),
        ("(1 - a_next**2)", "a_next * (1 - a_next)", "xt a_prev Wax Waa ba"),
        ("np.sum(dtanh, axis=1, keepdims=True)", "dtanh", "ba"),
        ('np.dot(parameters["Waa"].T, dtanh)', 'np.dot(parameters["Waa"], dtanh)', "a_prev"),
        ("np.sum(dtanh, axis=1, keepdims=True)", "np.mean(dtanh, axis=1, keepdims=True)", "ba"),
        ("np.dot(dtanh, a_prev.T)", "np.dot(dtanh, a_next.T)", "Waa"),
        ('(parameters["Wax"].T, dtanh)', '(parameters["Wax"].T, da_next)', "xt"),
        ("np.dot(dtanh, xt.T)", "np.dot(dtanh, xt.T) / xt.shape[1]", "Wax"),
    ],
    "rnn_backward": [
        ("da[:, :, t] + da_prevt", "da[:, :, t]", RNN),
        ("reversed(range(T_x))", "range(T_x)", RNN),
        ("da_prevt = gradients", "da_prevt += gradients", RNN),
        ("dWax += gradients", "dWax = gradients", "Wax"),
        ("da0 = da_prevt", "da0 = da[:, :, 0]", "a0"),
        ("caches[t])", "caches[T_x - 1 - t])", RNN),
        ("dx[:, :, t]", "dx[:, :, T_x - 1 - t]", "x"),
        ("dba += gradients", "dba = gradients", "ba"),
        ('dWaa += gradients["dWaa"]', 'dWaa += gradients["dWaa"] / T_x', "Waa"),
    ],
    "lstm_cell_backward": [
        ("dc = dc_next + da_next", "dc = da_next", "xt a_prev c_prev Wf bf Wi bi Wc bc"),
        (" * ot * (1 - np.tanh(c_next) ** 2)", " * ot", "xt a_prev c_prev Wf bf Wi bi Wc bc"),
        ("np.tanh(c_next) * ot * (1 - ot)", "np.tanh(c_next) * (1 - ot)", "xt a_prev Wo bo"),
        ("dc * it * (1 - cct**2)", "dc * it", "xt a_prev Wc bc"),
        ("dc * cct * it * (1 - it)", "dc_next * cct * it * (1 - it)", "xt a_prev Wi bi"),
        ("dc * c_prev * ft", "dc * c_next * ft", "xt a_prev Wf bf"),
        ('    dconcat += np.dot(parameters["Wc"].T, dcct)\n', "", "xt a_prev"),
        ("dc_prev = dc * ft", "dc_prev = dc_next * ft", "c_prev"),
        (
            "da_prev, dxt = dconcat[:n_a], dconcat[n_a:]",
            "dxt, da_prev = dconcat[:n_a], dconcat[n_a:]",
            "xt a_prev",
        ),
        ("np.tanh(c_next) * ot * (1 - ot)", "c_next * ot * (1 - ot)", "xt a_prev Wo bo"),
        ("np.concatenate([a_prev, xt])", "np.concatenate([xt, a_prev])", "Wf Wi Wc Wo"),
        ("np.sum(dft, axis=1, keepdims=True)", "np.sum(dft)", "bf"),
        ("dc * cct * it * (1 - it)", "dc * cct * it * (1 - cct)", "xt a_prev Wi bi"),
    ],
    "lstm_backward": [
        ("da[:, :, t] + da_prevt", "da[:, :, t]", LSTM),
        ('        dc_prevt = gradients["dc_prev"]\n', "", LSTM),
        ("reversed(range(T_x))", "range(T_x)", LSTM),
        ("dWf += gradients", "dWf = gradients", "Wf"),
        ("da0 = da_prevt", "da0 = dc_prevt", "a0"),
        ('        dbo += gradients["dbo"]\n', "", "bo"),
        ("dx[:, :, t]", "dx[:, :, T_x - 1 - t]", "x"),
        ("dc_prevt = gradients", "dc_prevt += gradients", LSTM),
        ('dWi += gradients["dWi"]', 'dWi += gradients["dWc"]', "Wi"),
        ("da[:, :, t] + da_prevt, dc_prevt", "da[:, :, t] + da_prevt + dc_prevt, dc_prevt", LSTM),
    ],
}

MISTAKES = {
    "dlai_logistic": LOGISTIC,
    "dlai_shallow": SHALLOW,
    "dlai_deep": DEEP,
    "dlai_convolution": CONVOLUTION,
    "dlai_recurrent": RECURRENT,
}


HELPERS = {
    "dlai_logistic": ("sigmoid", "np.exp(-z)", "np.exp(z)", "propagate"),
    "dlai_convolution": ("zero_pad", "(0, 0)))", "(0, 0)), constant_values=1)", "conv_backward"),
}
"""Mistakes in what is no exercise, and the exercise that calls it."""

OTHER_WAYS: dict[str, dict[str, list[tuple[str, str]]]] = {
    "dlai_logistic": {
        "propagate": [
            ("np.sum(dZ) / m", "np.sum(dZ, axis=1, keepdims=True) / m"),
            ("np.dot(X, dZ.T) / m", "(dZ @ X.T / m).reshape(-1)"),
            ("dZ = A - Y", "dZ = ((1 - Y) / (1 - A) - Y / A) * A * (1 - A)"),
            ('"db": db}, cost', '"db": float(db)}, np.squeeze(np.array(cost))'),
        ]
    },
    "dlai_shallow": {
        "backward_propagation": [
            ("(1 - A1**2)", '(1 - np.tanh(cache["Z1"]) ** 2)'),
            ("np.sum(dZ1, axis=1, keepdims=True) / m", "np.mean(dZ1, axis=1)"),
            ('cache["A1"], cache["A2"]', 'cache.pop("A1"), cache.pop("A2")'),
            ("np.sum(dZ2, axis=1, keepdims=True) / m", "float(np.mean(dZ2))"),
        ]
    },
    "dlai_deep": {
        "linear_backward": [
            # one number, as the course took it in 2017
            ("np.sum(dZ, axis=1, keepdims=True) / m", "np.sum(dZ) / m"),
            ("np.sum(dZ, axis=1, keepdims=True) / m", "np.squeeze(np.mean(dZ, axis=1))"),
            ("dW = np.dot(dZ, A_prev.T) / m", "dW = np.einsum('im,jm->ij', dZ / m, A_prev)"),
        ],
        "linear_activation_backward": [
            (
                "dZ = relu_backward(dA, activation_cache)",
                "dZ = dA\n        dZ[activation_cache <= 0] = 0",
            ),
            ("linear_backward(dZ, linear_cache)", "linear_backward(dZ=dZ, cache=linear_cache)"),
            (
                "sigmoid_backward(dA, activation_cache)",
                "dA * np.exp(-activation_cache) / (1 + np.exp(-activation_cache)) ** 2",
            ),
        ],
        "L_model_backward": [
            # numbered by the layer that it comes out of, as the course did at first
            ('grads[f"dA{l}"] = dA', 'grads[f"dA{l + 1}"] = dA'),
            ("(dA, caches[l], activation)", "(dA=dA, cache=caches.pop(), activation=activation)"),
            (
                "dA, dW, db = linear_activation_backward(dA, caches[l], activation)",
                (
                    "back = sigmoid_backward if l == L - 1 else relu_backward\n"
                    "        dA, dW, db = linear_backward(back(dA, caches[l][1]), caches[l][0])"
                ),
            ),
        ],
    },
    "dlai_convolution": {
        "conv_backward": [
            ("db[:, :, :, c] += dZ[i, h, w, c]", "db = dZ.sum(axis=(0, 1, 2))"),
            ("pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2]", "pad:-pad, pad:-pad"),
            ("zero_pad(A_prev, pad)", 'np.pad(A_prev, [(0,), (pad,), (pad,), (0,)], "constant")'),
        ],
        "create_mask_from_window": [
            ("x == np.max(x)", "(x >= x.max()).astype(int)"),
            ("x == np.max(x)", "np.where(x == x.max(), 1.0, 0.0)"),
            ("x == np.max(x)", "np.arange(x.size).reshape(x.shape) == np.argmax(x)"),
        ],
        "distribute_value": [
            ("np.ones(shape) * dz / (n_H * n_W)", "np.full((n_H, n_W), dz / (n_H * n_W))"),
            ("np.ones(shape) * dz", "np.ones(shape, dtype=np.float32) * dz"),
            ("np.ones(shape) * dz / (n_H * n_W)", "np.tile(dz / np.prod(shape), (n_H, n_W))"),
        ],
        "pool_backward": [
            ("mask * dA[i, h, w, c]", "np.multiply(mask, dA[i, h, w, c])"),
            ("distribute_value(dA[i, h, w, c], (f, f))", "dA[i, h, w, c] / f**2"),
            ("dA_prev = np.zeros(A_prev.shape)", "dA_prev = np.zeros_like(A_prev)"),
        ],
    },
    "dlai_recurrent": {
        "rnn_cell_backward": [
            ("np.sum(dtanh, axis=1, keepdims=True)", "dtanh.sum(1)"),
            ("dtanh = (1 - a_next**2) * da_next", "dtanh = da_next\n    dtanh *= 1 - a_next**2"),
            ("(1 - a_next**2)", "np.cosh(np.arctanh(a_next)) ** -2"),
        ],
        "rnn_backward": [
            ("n_a, m, T_x = da.shape", "(n_a, m, _), T_x = da.shape, x.shape[2]"),
            (
                "(da[:, :, t] + da_prevt, caches[t])",
                "(da_next=da[:, :, t] + da_prevt, cache=caches.pop())",
            ),
            ("n_a, m, T_x = da.shape", "(n_a, m, _), T_x = da.shape, len(caches)"),
        ],
        "lstm_cell_backward": [
            (
                "dc_prev = dc * ft",
                "dc_prev = dc_next * ft + da_next * ot * ft * (1 - np.tanh(c_next) ** 2)",
            ),
            ("np.tanh(c_next) * ot * (1 - ot)", "a_next * (1 - ot)"),
            ("np.concatenate([a_prev, xt])", "np.vstack((a_prev, xt))"),
        ],
        "lstm_backward": [
            ("n_a, m, T_x = da.shape", "(n_a, m, _), T_x = da.shape, x.shape[2]"),
            (
                "(da[:, :, t] + da_prevt, dc_prevt, caches[t])",
                "(da_next=da[:, :, t] + da_prevt, dc_next=dc_prevt, cache=caches.pop())",
            ),
            ("dWf += gradients", "dWf = dWf + gradients"),
        ],
    },
}


# What is handed on in another form, by the functions of one file among themselves: edits of one notebook,
# function, old and new.
OTHER_FORMS: dict[str, list[list[tuple[str, str, str]]]] = {
    "dlai_logistic": [
        [("propagate", 'return {"dw": dw, "db": db}, cost', 'return cost, {"dw": dw, "db": db}')],
        [("propagate", 'return {"dw": dw, "db": db}, cost', "return float(cost), dw, db")],
        [("propagate", 'return {"dw": dw, "db": db}, cost', "return dw.ravel(), db, cost")],
        [("propagate", 'return {"dw": dw, "db": db}, cost', 'return {"dW": dw, "db": db}')],
    ],
    "dlai_shallow": [
        [
            (
                "forward_propagation",
                'return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}',
                'return {"hidden": A1, "out": A2}',
            ),
            (
                "backward_propagation",
                'A1, A2 = cache["A1"], cache["A2"]',
                'A1, A2 = cache["hidden"], cache["out"]',
            ),
        ],
    ],
    "dlai_deep": [
        [
            (
                "L_model_forward",
                "caches.append(cache)",
                'caches.append({"linear": cache[0], "Z": cache[1]})',
            ),
            (
                "L_model_backward",
                "(dA, caches[l], activation)",
                '(dA, (caches[l]["linear"], caches[l]["Z"]), activation)',
            ),
        ],
    ],
}


def edited(notebook: str, function: str, old: str, new: str) -> str:
    """A notebook's text, with one place of one function changed."""
    content: dict[str, Any] = json.loads(notebook)
    for cell in content["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or f"def {function}(" not in source:
            continue
        nodes = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
        text = ast.get_source_segment(source, nodes[function]) or ""
        assert text.count(old) == 1, (function, old, text.count(old))
        cell["source"] = source.replace(text, text.replace(old, new))
        return json.dumps(content)
    raise AssertionError(f"{function} is not defined")
