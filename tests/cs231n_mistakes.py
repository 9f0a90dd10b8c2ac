"""Typical mistakes, as edits of the solutions: function → (what stands there, what a student writes, the
targets whose gradients are wrong by it). Every other target stays right."""

Mistake = tuple[str, str, str]

LAYERS: dict[str, list[Mistake]] = {
    "affine_backward": [
        ("dout.dot(w.T).reshape(x.shape)", "dout.dot(w.T)", "x"),
        ("db = dout.sum(axis=0)", "db = dout.sum()", "b"),
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=1)", "b"),
        ("db = dout.sum(axis=0)", "db = dout", "b"),
        ("dw = rows.T.dot(dout)", "dw = rows.T.dot(dout) / len(x)", "w"),
        ("dw = rows.T.dot(dout)", "dw = dout.T.dot(rows)", "w"),
        ("return dx, dw, db", "return dw, dx, db", "x w"),
    ],
    "relu_backward": [
        ("dout * (x > 0)", "dout * (x < 0)", "x"),
        ("dout * (x > 0)", "dout", "x"),
        ("dout * (x > 0)", "dout * np.maximum(0, x)", "x"),
        ("dout * (x > 0)", "dout * np.sign(x)", "x"),
        ("dout * (x > 0)", "np.maximum(0, dout)", "x"),
        ("dout * (x > 0)", "1.0 * (x > 0)", "x"),
    ],
    "batchnorm_backward": [
        ("dx_hat = dout * gamma", "dx_hat = dout", "x"),
        ("dvar = -0.5 *", "dvar = 0.5 *", "x"),
        ("inv_std**3", "inv_std**2", "x"),
        ("2 * centred * dvar / examples", "2 * centred * dvar", "x"),
        ("2 * centred * dvar / examples", "0", "x"),
        ("dcentred.mean(axis=0)", "dcentred.sum(axis=0)", "x"),
        ("dcentred - dcentred.mean(axis=0)", "dcentred + dcentred.mean(axis=0)", "x"),
        ("(dout * x_hat).sum(axis=0)", "(dout * x_hat).mean(axis=0)", "gamma"),
        ("dbeta = dout.sum(axis=0)", "dbeta = dout.sum(axis=1)", "beta"),
    ],
    "batchnorm_backward_alt": [
        ("gamma * inv_std / examples *", "gamma * inv_std *", "x"),
        ("examples * dout - dbeta", "dout - dbeta", "x"),
        ("- dbeta -", "-", "x"),
        ("- x_hat * dgamma", "- dgamma", "x"),
        ("- dbeta - x_hat * dgamma", "- x_hat * dgamma", "x"),
        ("(dout * x_hat).sum(axis=0)", "dout.sum(axis=0)", "x gamma"),
        ("dbeta = dout.sum(axis=0)", "dbeta = dout.sum()", "x beta"),
    ],
    "layernorm_backward": [
        ("dx_hat = dout * gamma", "dx_hat = dout", "x"),
        ("(dx_hat * x_hat).mean(", "(dx_hat * x_hat).sum(", "x"),
        ("dx = inv_std * (dx_hat", "dx = (dx_hat", "x"),
        ("- dx_hat.mean(axis=1, keepdims=True)", "- dx_hat.mean()", "x"),
        ("dbeta = dout.sum(axis=0)", "dbeta = dout.sum(axis=1)", "beta"),
        ("dgamma = (dout * x_hat).sum(axis=0)", "dgamma = (dout * x_hat).sum(axis=1)", "gamma"),
        ("dgamma = (dout * x_hat).sum(axis=0)", "dgamma = dout * x_hat", "gamma"),
    ],
    "dropout_backward": [
        ("dx = dout * mask", "dx = dout", "x"),
        ("dx = dout * mask", "dx = dout * (mask > 0)", "x"),
        ("dx = dout * mask", "dx = mask", "x"),
        ("dx = dout * mask", "dx = dout * (1 - mask)", "x"),
        ("        dx = dout\n", '        dx = dout * dropout_param["p"]\n', "x"),
        ("dx = dout * mask", 'dx = dout * mask / dropout_param["p"]', "x"),
    ],
    "conv_backward_naive": [
        ("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=0)", "b"),
        ("dout.sum(axis=(0, 2, 3))", "dout.mean(axis=(0, 2, 3))", "b"),
        ("dpadded[:, :, down, along] += ", "dpadded[:, :, down, along] = ", "x"),
        ("dw += np", "dw = np", "w"),
        ("np.tensordot(here, w, axes", "np.tensordot(here, w[:, :, ::-1, ::-1], axes", "x"),
        ("slice(i * stride, i * stride + hh)", "slice(i, i + hh)", "x w"),
        (
            "dpadded[:, :, pad : pad + height, pad : pad + width]",
            "dpadded[:, :, :height, :width]",
            "x",
        ),
    ],
    "max_pool_backward_naive": [
        ("+= first * dout", "+= (1 - first) * dout", "x"),
        ("first * dout[:, :, i : i + 1, j : j + 1]", "first", "x"),
        ("first * dout[:", "first / (hh * ww) * dout[:", "x"),
        ("window.max(axis=(2, 3), keepdims=True)", "window.max()", "x"),
        ("first * dout[:", "window * dout[:", "x"),
        ("slice(j * stride, j * stride + ww)", "slice(j, j + ww)", "x"),
    ],
    "spatial_groupnorm_backward": [
        ("dx_hat = (dout * gamma)", "dx_hat = dout", "x"),
        ("(dx_hat * x_hat).mean(axis=2", "(dx_hat * x_hat).sum(axis=2", "x"),
        ("dx = inv_std * (", "dx = (", "x"),
        ("dx_hat.mean(axis=2, keepdims=True) - ", "", "x"),
        ("dbeta = dout.sum(axis=(0, 2, 3)", "dbeta = dout.sum(axis=(2, 3)", "beta"),
        (
            "reshape(dout.shape)).sum(axis=(0, 2, 3)",
            "reshape(dout.shape)).mean(axis=(0, 2, 3)",
            "gamma",
        ),
    ],
    "svm_loss": [
        ("-= dx.sum(axis=1)", "+= dx.sum(axis=1)", "x"),
        ("-= dx.sum(axis=1)", "-= 1", "x"),
        ("dx /= x.shape[0]", "dx /= x.shape[1]", "x"),
        ("(margins > 0).astype(x.dtype)", "margins.copy()", "x"),
        ("(margins > 0)", "(margins >= 0)", "x"),
        ("(margins > 0)", "(margins > 1)", "x"),
    ],
    "softmax_loss": [
        ("dx /= x.shape[0]", "dx /= x.size", "x"),
        ("dx[examples, y] -= 1", "dx -= 1", "x"),
        ("dx[examples, y] -= 1", "pass", "x"),
        ("dx = np.exp(log_probs)", "dx = log_probs.copy()", "x"),
        ("dx = np.exp(log_probs)", "dx = np.exp(shifted)", "x"),
        ("dx /= x.shape[0]", "dx /= -x.shape[0]", "x"),
    ],
}
LAYERS_CALLING: dict[str, list[Mistake]] = {
    "spatial_batchnorm_backward": [
        (
            "dout.transpose(0, 2, 3, 1).reshape",
            "dout.transpose(0, 2, 1, 3).reshape",
            "x gamma beta",
        ),
        ("dx.reshape(n, height, width, c).transpose(0, 3, 1, 2)", "dx.reshape(dout.shape)", "x"),
        ("return dx, dgamma, dbeta", "return dx, dbeta, dgamma", "gamma beta"),
        ("return dx, dgamma, dbeta", "return dx / n, dgamma, dbeta", "x"),
        ("return dx, dgamma, dbeta", "return dx, dgamma / (height * width), dbeta", "gamma"),
    ],
}

RECURRENT: dict[str, list[Mistake]] = {
    "rnn_step_backward": [
        ("(1 - next_h**2)", "1", "x prev_h Wx Wh b"),
        ("(1 - next_h**2)", "(1 + next_h**2)", "x prev_h Wx Wh b"),
        ("(1 - next_h**2)", "next_h * (1 - next_h)", "x prev_h Wx Wh b"),
        ("dsum.dot(Wh.T)", "dsum.dot(Wh)", "prev_h"),
        ("x.T.dot(dsum)", "x.T.dot(dnext_h)", "Wx"),
        ("dsum.sum(axis=0)", "dsum", "b"),
        ("return dx, dprev_h, dWx, dWh, db", "return dx, dprev_h, dWh, dWx, db", "Wx Wh"),
    ],
    "word_embedding_backward": [
        ("np.add.at(dW, x, dout)", "dW[x] = dout", "W"),
        ("np.add.at(dW, x, dout)", "np.add.at(dW, x, dout / x.size)", "W"),
        ("np.add.at(dW, x, dout)", "np.add.at(dW, x, 1)", "W"),
        ("np.add.at(dW, x, dout)", "np.add.at(dW, x[:, 0], dout[:, 0])", "W"),
        ("np.add.at(dW, x, dout)", "np.subtract.at(dW, x, dout)", "W"),
    ],
    "lstm_step_backward": [
        ("dc = dnext_c + dnext_h * o * (1 - tanh_c**2)", "dc = dnext_c", "x prev_h prev_c Wx Wh b"),
        (
            "dc = dnext_c + dnext_h * o * (1 - tanh_c**2)",
            "dc = dnext_h * o * (1 - tanh_c**2)",
            "x prev_h prev_c Wx Wh b",
        ),
        ("dc * g * i * (1 - i)", "dc * g", "x prev_h Wx Wh b"),
        ("dc * prev_c * f", "dc * next_c * f", "x prev_h Wx Wh b"),
        ("dc * i * (1 - g**2)", "dc * i * g * (1 - g)", "x prev_h Wx Wh b"),
        ("dprev_c = dc * f", "dprev_c = dnext_c * f", "prev_c"),
        ("do = dnext_h * tanh_c", "do = dnext_h * next_c", "x prev_h Wx Wh b"),
    ],
    "temporal_affine_backward": [
        ("dout.dot(w.T)", "dout.dot(w.T) / len(x)", "x"),
        (
            "np.tensordot(x, dout, axes=([0, 1], [0, 1]))",
            "np.tensordot(dout, x, axes=([0, 1], [0, 1]))",
            "w",
        ),
        (
            "np.tensordot(x, dout, axes=([0, 1], [0, 1]))",
            "x.sum(axis=1).T.dot(dout.sum(axis=1))",
            "w",
        ),
        ("dout.sum(axis=(0, 1))", "dout.sum(axis=1)", "b"),
        ("dout.sum(axis=(0, 1))", "dout.mean(axis=(0, 1))", "b"),
    ],
    "temporal_softmax_loss": [
        ("dx *= mask[:, :, None] / n", "dx *= mask[:, :, None]", "x"),
        ("dx *= mask[:, :, None] / n", "dx *= mask[:, :, None] / mask.sum()", "x"),
        ("dx[sequence, step, y] -= 1", "dx[sequence, step, y] -= 1 / n", "x"),
        ("dx[sequence, step, y] -= 1", "pass", "x"),
        ("dx *= mask[:, :, None] / n", "dx *= ~mask[:, :, None] / n", "x"),
        ("dx = probs.copy()", "dx = -probs", "x"),
    ],
}
RECURRENT_CALLING: dict[str, list[Mistake]] = {
    "rnn_backward": [
        ("        db += db_t", "        db = db_t", "b"),
        ("dWh += dWh_t", "dWh -= dWh_t", "Wh"),
        ("dh0 = dstate", "dh0 = np.zeros((n, hidden))", "h0"),
        ("reversed(range(steps))", "range(steps)", "x h0 Wx Wh b"),
        ("dx[:, t], dstate", "dx[:, -1 - t], dstate", "x"),
        ("dh[:, t] + dstate", "dh[:, -1] + dstate", "x h0 Wx Wh b"),
    ],
    "lstm_backward": [
        ("        db += db_t", "        db = db_t", "b"),
        ("dh[:, t] + dstate, dcell", "dh[:, t], dcell", "x h0 Wx Wh b"),
        ("dh[:, t] + dstate, dcell, ", "dh[:, t] + dstate, dstate, ", "x h0 Wx Wh b"),
        ("dh0 = dstate", "dh0 = dcell", "h0"),
        ("reversed(range(steps))", "range(steps)", "x h0 Wx Wh b"),
        ("dWx += dWx_t", "dWx = dWx_t", "Wx"),
    ],
}

CLASSIFIERS: dict[str, list[Mistake]] = {
    "svm_loss_naive": [
        ("            dW[:, y[i]] -= X[i]\n", "", "W"),
        ("dW[:, y[i]] -= X[i]", "dW[:, y[i]] += X[i]", "W"),
        ("dW = dW / examples +", "dW = dW +", "W"),
        (" + 2 * reg * W", "", "W"),
        ("dW[:, j] += X[i]", "dW[:, j] += margin * X[i]", "W"),
        ("dW[:, j] += X[i]", "dW[:, j] = X[i]", "W"),
    ],
    "svm_loss_vectorized": [
        ("= -dscores.sum(axis=1)", "= dscores.sum(axis=1)", "W"),
        ("= -dscores.sum(axis=1)", "= -1", "W"),
        ("X.T.dot(dscores) / X.shape[0]", "X.T.dot(dscores)", "W"),
        ("2 * reg * W", "2 * reg * np.sum(W)", "W"),
        ("(margins > 0)", "(margins > 1)", "W"),
        ("+ 2 * reg * W", "- 2 * reg * W", "W"),
    ],
    "softmax_loss_naive": [
        ("(probs[j] - (j == y[i]))", "probs[j]", "W"),
        ("(probs[j] - (j == y[i]))", "(probs[j] * (j != y[i]))", "W"),
        (" + 2 * reg * W", "", "W"),
        ("2 * reg * W", "reg * W", "W"),
        ("dW[:, j] +=", "dW[:, j] =", "W"),
        ("(probs[j] - (j == y[i]))", "(scores[j] - (j == y[i]))", "W"),
    ],
    "softmax_loss_vectorized": [
        ("dscores[examples, y] -= 1", "dscores -= 1", "W"),
        ("dscores[examples, y] -= 1", "dscores[examples, y] += 1", "W"),
        ("X.T.dot(dscores) / X.shape[0]", "X.T.dot(dscores)", "W"),
        ("X.T.dot(dscores) / X.shape[0]", "X.T.dot(dscores) / X.size", "W"),
        ("2 * reg * W", "reg * W", "W"),
        ("2 * reg * W", "2 * W", "W"),
    ],
    "loss": [
        ("        dscores /= X.shape[0]\n", "", "W1 b1 W2 b2"),
        ("(hidden > 0)", "(hidden < 0.5)", "W1 b1"),
        ('"b1": dhidden.sum(axis=0)', '"b1": dhidden', "b1"),
        ("rows.T.dot(dhidden) + self.reg * W1", "rows.T.dot(dhidden)", "W1"),
        (
            "hidden.T.dot(dscores) + self.reg * W2",
            "hidden.T.dot(dscores) + 2 * self.reg * W2",
            "W2",
        ),
        ("dscores[examples, y] -= 1", "dscores[examples, y] -= 2", "W1 b1 W2 b2"),
        ('"b2": dscores.sum(axis=0)', '"b2": dscores.sum(axis=1)', "b2"),
        ('"W1": rows.T', '"w1": rows.T', "W1"),
    ],
}

WAYS: list[tuple[str, list[tuple[str, str, str]]]] = [
    # Other years' and other students' right ways: edits (function, before, after) of one solution.
    (
        "cs231n_classifiers",
        [
            ("svm_loss_naive", "reg * np.sum", "0.5 * reg * np.sum"),
            ("svm_loss_naive", "2 * reg * W", "reg * W"),
            ("svm_loss_vectorized", "reg * np.sum(W * W)", "reg / 2 * (W**2).sum()"),
            ("svm_loss_vectorized", "2 * reg * W", "reg * W"),
            ("softmax_loss_naive", "reg * np.sum", "0.5 * reg * np.sum"),
            ("softmax_loss_naive", "2 * reg * W", "reg * W"),
            (
                "softmax_loss_vectorized",
                "dscores[examples, y] -= 1",
                "dscores -= np.eye(y.max() + 1)[y]",
            ),
            ("loss", "0.5 * self.reg", "self.reg"),
            ("loss", "self.reg * W1,", "2 * self.reg * W1,"),
            ("loss", "self.reg * W2,", "2 * self.reg * W2,"),
        ],
    ),
    (
        "cs231n_layers",
        [
            ("relu_backward", "dx = dout * (x > 0)", "dout[x <= 0] = 0\n    dx = dout"),
            ("dropout_forward", "rand(*x.shape) < p) / p", "rand(*x.shape) > p) / (1 - p)"),
            ("batchnorm_forward", "np.sqrt(var + eps)", "(np.sqrt(var) + eps)"),
            ("batchnorm_backward", "return dx, dgamma", "return dx.astype(np.float32), dgamma"),
            ("batchnorm_backward_alt", "inv_std, gamma = cache", "(inv_std, gamma) = cache"),
            (
                "batchnorm_backward_alt",
                "return dx, dgamma, dbeta",
                (
                    "return dx, dgamma, dbeta\n\n\n"
                    "def batchnorm_forward_alt(x, gamma, beta, bn_param):\n"
                    "    out, (x_hat, *rest) = batchnorm_forward(x, gamma, beta, bn_param)\n"
                    "    return out, (x_hat, rest)"
                ),
            ),
            ("layernorm_backward", "return dx, dgamma", "return dx, dgamma.reshape(1, -1)"),
            ("layernorm_forward", "keepdims=True) + eps)", "keepdims=True))"),
            ("spatial_groupnorm_backward", "return dx, dgamma", "return dx, np.squeeze(dgamma)"),
            ("spatial_groupnorm_backward", "dout * gamma)", "dout * gamma.reshape(1, -1, 1, 1))"),
            (
                "spatial_groupnorm_forward",
                "out = gamma * x_hat.reshape(x.shape) + beta",
                (
                    "out = x_hat.reshape(x.shape).copy()\n"
                    "    for c in range(x.shape[1]):\n"
                    "        out[:, c] = gamma[c] * out[:, c] + beta[c]"
                ),
            ),
            ("svm_loss", "margins > 0).astype(x.dtype)", "margins > 0) * 1"),
            ("svm_loss", "dx /= x.shape[0]", "dx = dx / len(x)"),
            ("max_pool_backward_naive", "+= first", "= first"),
            (
                "conv_backward_naive",
                "dout.sum(axis=(0, 2, 3))",
                "dout.sum(axis=(0, 2, 3)).reshape(-1, 1)",
            ),
        ],
    ),
    (
        "cs231n_layers",
        [
            (
                "dropout_forward",
                "(np.random.rand(*x.shape) < p) / p",
                "(np.random.rand(*x.shape) < (1 - p)) / (1 - p)",
            )
        ],
    ),
    (
        "cs231n_layers",
        [
            (
                "dropout_forward",
                "(np.random.rand(*x.shape) < p) / p",
                "np.random.choice([0, 1], x.shape, p=[1 - p, p]) / p",
            )
        ],
    ),
    (
        "cs231n_layers",
        [
            (
                "dropout_forward",
                "(np.random.rand(*x.shape) < p) / p",
                "np.random.binomial(1, p, size=x.shape) / p",
            )
        ],
    ),
    (
        "cs231n_layers",
        [
            (
                "dropout_forward",
                "(np.random.rand(*x.shape) < p) / p",
                "np.random.rand(*x.shape) < p",
            ),
            ("dropout_forward", "out = x * mask", "out = x * mask / p"),
            ("dropout_backward", "dx = dout * mask", 'dx = dout * mask / dropout_param["p"]'),
        ],
    ),
    (
        "cs231n_layers",
        [
            (
                "dropout_forward",
                "(np.random.rand(*x.shape) < p) / p",
                "(np.random.permutation(x.size) < p * x.size).reshape(x.shape) / p",
            ),
            ("dropout_forward", 'np.random.seed(dropout_param["seed"])', "pass"),
        ],
    ),
    (
        "cs231n_recurrent",
        [
            ("rnn_step_backward", "dsum = dnext_h *", "dnext_h = dnext_h *"),
            ("rnn_step_backward", "    dx = dsum", "    dsum = dnext_h\n    dx = dsum"),
            ("rnn_forward", "cache.append(step_cache)", "cache.insert(0, step_cache)"),
            ("rnn_backward", "cache[t])", "cache[steps - 1 - t])"),
            ("lstm_forward", "np.zeros_like(h0)", "np.zeros(h0.shape)"),
            (
                "word_embedding_backward",
                "np.add.at(dW, x, dout)",
                "np.add.at(dW, x.ravel(), dout.reshape(-1, shape[1]))",
            ),
        ],
    ),
]
