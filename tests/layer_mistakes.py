"""Mistakes that people make in layers, as edits of the bundled solutions.

Exercise → edits of its class: what stands there, what is written instead, and the targets that are
wrong by it. What stands there stands there once.
"""

from __future__ import annotations

import re

Mistakes = dict[str, list[tuple[str, str, str]]]

TORCH: Mistakes = {
    "Linear.backward": [
        ("db = dout.sum(dim=0)", "db = dout", "b"),
        ("db = dout.sum(dim=0)", "db = dout.mean(dim=0)", "b"),
        ("db = dout.sum(dim=0)", "db = dout.sum(dim=1)", "b"),
        ("-1).t() @ dout", "-1).t() @ dout / x.shape[0]", "w"),
        ("dw = x.reshape(x.shape[0], -1).t() @ dout", "dw = dout.t() @ x.flatten(1)", "w"),
        ("(dout @ w.t()).reshape(x.shape)", "dout @ w.t()", "x"),
        ("dx = (dout", "dx = -(dout", "x"),
        ("(dout @ w.t())", "(torch.ones_like(dout) @ w.t())", "x"),
    ],
    "ReLU.backward": [
        ("dout * (x > 0)", "dout * (dout > 0)", "x"),
        ("dout * (x > 0)", "dout * x.clamp(min=0)", "x"),
        ("dout * (x > 0)", "(x > 0).to(x.dtype)", "x"),
        ("dout * (x > 0)", "dout * (x < 0)", "x"),
        ("dout * (x > 0)", "dout", "x"),
        ("dout * (x > 0)", "dout.clamp(min=0)", "x"),
        ("dout * (x > 0)", "dout * x.sign()", "x"),
    ],
    "TwoLayerNet.loss": [
        ("+ 2 * self.reg *", "+ self.reg *", "W1 W2"),
        ("grads[name] + 2 * self.reg * self.params[name]", "grads[name]", "W1 W2"),
        (
            "Linear_ReLU.backward(dhidden, hidden_cache)",
            "Linear.backward(dhidden, hidden_cache[0])",
            "W1 b1",
        ),
        ("Linear_ReLU.backward(dhidden, ", "Linear_ReLU.backward(hidden, ", "W1 b1"),
        ("2 * self.reg * self.params[name]", '2 * self.reg * self.params["W1"].mean()', "W1 W2"),
        (
            "softmax_loss(scores, y)",
            "softmax_loss(scores, y)\n        dscores = dscores / X.shape[0]",
            "W1 b1 W2 b2",
        ),
        ('dhidden, grads["W2"], grads["b2"]', 'dhidden, grads["b2"], grads["W2"]', "W2 b2"),
    ],
    "Dropout.backward": [
        ("dout * mask if", "dout * (mask > 0) if", "x"),
        ("dout * mask if", 'dout * mask * (1 - dropout_param["p"]) if', "x"),
        ('dout * mask if mode == "train" else dout', "dout", "x"),
        ("dout * mask if", "mask if", "x"),
        ("dout * mask if", "dout * (mask == 0) if", "x"),
        ("dout * mask if", 'dout * mask / (1 - dropout_param["p"]) if', "x"),
        ("dout * mask if", 'dout * (1 - dropout_param["p"]) if', "x"),
    ],
    "Conv.backward": [
        ("dw += (d.t()", "dw = (d.t()", "w"),
        ("across] += (d @", "across] = (d @", "x"),
        ("db = dout.sum(dim=(0, 2, 3))", "db = dout.mean(dim=(0, 2, 3))", "b"),
        ("db = dout.sum(dim=(0, 2, 3))", "db = dout[0].sum(dim=(1, 2))", "b"),
        (
            "dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]",
            "dpadded[:, :, : x.shape[2], : x.shape[3]]",
            "x",
        ),
        (
            "_window(i, stride, w.shape[2]), _window(j, stride, w.shape[3])\n                d =",
            "_window(i, 1, w.shape[2]), _window(j, 1, w.shape[3])\n                d =",
            "x w",
        ),
        ("(d @ w.flatten(1))", "(d @ w.flip(2, 3).flatten(1))", "x"),
        ("db = dout.sum(dim=(0, 2, 3))", "db = dout.sum(dim=(0, 2, 3))\n        dw /= len(x)", "w"),
    ],
    "MaxPool.backward": [
        ("greatest * dout[:, :, i : i + 1, j : j + 1]", "greatest * window", "x"),
        ("window == window.amax(dim=(2, 3), keepdim=True)", "window > 0", "x"),
        ("greatest * dout", "torch.ones_like(window) * dout", "x"),
        ("greatest * dout", "torch.ones_like(window) / (high * wide) * dout", "x"),
        ("window == window.amax", "window == window.amin", "x"),
        ("greatest * dout[:, :, i : i + 1, j : j + 1]", "greatest", "x"),
        ("amax(dim=(2, 3), keepdim", "amax(dim=(0, 2, 3), keepdim", "x"),
    ],
    "BatchNorm.backward": [
        (
            "dgamma = (dout * normal).sum(dim=0)\n        dnormal",
            "dgamma = (dout * centred).sum(dim=0)\n        dnormal",
            "gamma",
        ),
        (
            "dbeta = dout.sum(dim=0)\n        dgamma = (dout * normal).sum(dim=0)\n        dn",
            "dbeta = dout.mean(dim=0)\n        dgamma = (dout * normal).sum(dim=0)\n        dn",
            "beta",
        ),
        ("dx = dcentred + dmean / count", "dx = dcentred", "x"),
        ("dnormal / std + 2 * centred * dvar / count", "dnormal / std", "x"),
        ("dx = dcentred + dmean / count", "dx = dcentred + dmean", "x"),
        ("dnormal = dout * gamma", "dnormal = dout", "x"),
        ("dstd = -(", "dstd = (", "x"),
        ("dstd / (2 * std)", "dstd / std", "x"),
        ("count = dout.shape[0]", "count = dout.shape[1]", "x"),
    ],
    "BatchNorm.backward_alt": [
        ("dx = gamma / std * (dout", "dx = 1 / std * (dout", "x"),
        ("(dbeta + normal * dgamma) / dout.shape[0]", "(dbeta + normal * dgamma)", "x"),
        ("(dbeta + normal * dgamma) /", "dbeta /", "x"),
        ("(dbeta + normal * dgamma) /", "normal * dgamma /", "x"),
        ("dx = gamma / std *", "dx = gamma * std *", "x"),
        (
            "(dbeta + normal * dgamma) / dout.shape[0])",
            "(dbeta + normal * dgamma) / dout.shape[0])\n        dgamma, dbeta = dbeta, dgamma",
            "gamma beta",
        ),
    ],
    "SpatialBatchNorm.backward": [
        ("_to_images(rows, dout.shape)", "rows.reshape(dout.shape)", "x"),
        ("_to_images(rows, dout.shape)", "_to_images(rows, dout.shape) / len(dout)", "x"),
        ("rows, dgamma, dbeta =", "rows, dbeta, dgamma =", "gamma beta"),
        ("_by_pixel(dout)", "dout.reshape(-1, dout.shape[1])", "x gamma beta"),
        (
            "_to_images(rows, dout.shape)",
            "_to_images(rows, dout.shape)\n        dgamma = dgamma / dout[:, 0].numel()",
            "gamma",
        ),
        (
            "_to_images(rows, dout.shape)",
            "_to_images(rows, dout.shape)\n        dbeta = dout.sum(dim=0)",
            "beta",
        ),
    ],
}

NUMPY: Mistakes = {
    "Linear.backward": [
        ("dout.sum(axis=0)", "dout.mean(axis=0)", "bias"),
        ("dout.sum(axis=0)", "dout.sum(axis=1)", "bias"),
        ("dout.sum(axis=0)", "dout.sum()", "bias"),
        ("dout.T @ self.x", "dout.T @ self.x / len(dout)", "weight"),
        ("dout.T @ self.x", "self.x.T @ dout", "weight"),
        ('self.grads["weight"] = dout.T @ self.x',
         'self.grads["weight"] = self.grads.get("weight", 0) + dout.T @ self.x', "weight"),
        ('dx = dout @ self.params["weight"]', 'dx = dout @ self.grads["weight"]', "x"),
        ("dx = dout @", "dx = -dout @", "x"),
    ],
    "ReLU.backward": [
        ("dout * self.positive", "dout * (dout > 0)", "x"),
        ("dout * self.positive", "dout", "x"),
        ("dout * self.positive", "self.positive.astype(float)", "x"),
        ("dout * self.positive", "dout * ~self.positive", "x"),
        ("dout * self.positive", "np.maximum(dout, 0)", "x"),
        ("dout * self.positive", "dout * np.where(self.positive, 1, -1)", "x"),
    ],
    "Sigmoid.backward": [
        ("dout * self.out * (1 - self.out)", "dout * dout * (1 - dout)", "x"),
        ("dout * self.out * (1 - self.out)", "self.out * (1 - self.out)", "x"),
        ("dout * self.out * (1 - self.out)", "dout * self.out", "x"),
        ("(1 - self.out)", "(1 + self.out)", "x"),
        ("(1 - self.out)", "(1 - self.out**2)", "x"),
        ("(1 - self.out)", "(self.out - 1)", "x"),
    ],
    "Tanh.backward": [
        ("(1 - self.out**2)", "(1 - self.out)", "x"),
        ("(1 - self.out**2)", "(1 + self.out**2)", "x"),
        ("dout * (1 - self.out**2)", "1 - self.out**2", "x"),
        ("(1 - self.out**2)", "(1 - self.out) ** 2", "x"),
        ("(1 - self.out**2)", "self.out * (1 - self.out)", "x"),
        ("(1 - self.out**2)", "(1 - np.tanh(self.out) ** 2)", "x"),
    ],
    "Softmax.backward": [
        ("p * (dout - (dout * p).sum(axis=1, keepdims=True))", "dout * p * (1 - p)", "x"),
        ("p * (dout - (dout * p).sum(axis=1, keepdims=True))", "p * dout", "x"),
        ("(dout * p).sum(axis=1", "(dout * p).sum(axis=0", "x"),
        ("(dout * p).sum(axis=1", "(dout * p).mean(axis=1", "x"),
        ("(dout * p).sum(axis=1", "dout.sum(axis=1", "x"),
        ("(dout - (dout", "(dout + (dout", "x"),
        ("dx = p *", "dx =", "x"),
        ("keepdims=True))\n        ###", "keepdims=True)) / len(p)\n        ###", "x"),
    ],
    "BatchNorm.backward": [
        ("(dout * self.normal).sum(axis=0)", "(dout * self.normal).mean(axis=0)", "gamma"),
        ("dout.sum(axis=0)", "dout.mean(axis=0)", "beta"),
        ("(dout * self.normal).sum", "(dout * self.normal * self.std).sum", "gamma"),
        (' * self.params["gamma"]\n        along', "\n        along", "x"),
        ("dnormal - dnormal.mean(axis=0) -", "dnormal -", "x"),
        ("dnormal.mean(axis=0) - self.normal * along)", "dnormal.mean(axis=0))", "x"),
        (" / self.std\n        ###", "\n        ###", "x"),
        ("- dnormal.mean(axis=0)", "- dnormal.sum(axis=0)", "x"),
        ("- self.normal * along", "+ self.normal * along", "x"),
        ("(dnormal * self.normal).mean(axis=0)", "(dnormal * self.normal).mean()", "x"),
        (" / self.std\n        ###", " / (self.std**2 + self.eps) ** 0.5 * 2\n        ###", "x"),
    ],
    "Conv2d.backward": [
        ('dweight[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, seen)',
         'dweight[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, seen) / len(dout)', "weight"),
        ("dout.sum(axis=(0, 2, 3))", "dout.mean(axis=(0, 2, 3))", "bias"),
        ("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(2, 3))[0]", "bias"),
        ("reached +=", "reached[:] =", "x"),
        ("dout, weight[:, :, i, j])\n        self",
         "dout, weight[:, :, -1 - i, -1 - j])\n        self", "x"),
        ("dpadded[:, :, self.padding : high, self.padding : wide]",
         "dpadded[:, :, 2 * self.padding :, 2 * self.padding :]", "x"),
        ("dweight[:, :, i, j] = np", "dweight[:, :, j, i] = np", "weight"),
        ("dx = dpadded[", 'self.grads["weight"] = dweight[:, :, ::-1, ::-1]\n        dx = dpadded[',
         "weight"),
    ],
}  # fmt: skip


def edited(source: str, exercise: str, old: str, new: str) -> str:
    """The module with one edit in the class that an exercise is about."""
    name = exercise.partition(".")[0]
    found = re.search(rf"^class {name}\b.*?(?=^class |\Z)", source, re.DOTALL | re.MULTILINE)
    assert found is not None, exercise
    assert found[0].count(old) == 1, f"{exercise}: {old!r} stands there {found[0].count(old)} times"
    return source[: found.start()] + found[0].replace(old, new) + source[found.end() :]
