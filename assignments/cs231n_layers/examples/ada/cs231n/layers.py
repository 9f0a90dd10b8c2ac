from builtins import range
import numpy as np


def affine_forward(x, w, b):
    num_train = x.shape[0]
    x_flat = np.reshape(x, (num_train, -1))
    out = np.einsum('nd,dm->nm', x_flat, w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    num_train = x.shape[0]
    dx = np.einsum('nm,dm->nd', dout, w).reshape(x.shape)
    dw = np.reshape(x, (num_train, -1)).T @ dout
    db = np.ones(num_train) @ dout
    return dx, dw, db


def relu_forward(x):
    out = x * (x > 0)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = np.where(x > 0, dout, 0.0)
    return dx


def softmax_loss(x, y):
    num_train = x.shape[0]
    p = np.exp(x - np.max(x, axis=1)[:, np.newaxis])
    p = p / np.sum(p, axis=1)[:, np.newaxis]
    loss = 0.0
    dx = np.zeros(x.shape)
    for i in range(num_train):
        loss += -np.log(p[i, y[i]]) / num_train
        for j in range(x.shape[1]):
            dx[i, j] = (p[i, j] - (1 if j == y[i] else 0)) / num_train
    return loss, dx


def svm_loss(x, y):
    loss = 0.0
    dx = np.zeros(x.shape)
    num_train = x.shape[0]
    for i in range(num_train):
        correct = x[i, y[i]]
        for j in range(x.shape[1]):
            if j == y[i]:
                continue
            margin = x[i, j] - correct + 1
            if margin > 0:
                loss += margin
                dx[i, j] += 1
                dx[i, y[i]] -= 1
    return loss / num_train, dx / num_train


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)

    N, D = x.shape
    running_mean = bn_param.get('running_mean', np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get('running_var', np.zeros(D, dtype=x.dtype))

    out, cache = None, None
    if mode == 'train':
        mu = 1 / float(N) * np.sum(x, axis=0)
        xmu = x - mu
        sq = xmu ** 2
        var = 1 / float(N) * np.sum(sq, axis=0)
        sqrtvar = np.sqrt(var + eps)
        ivar = 1. / sqrtvar
        xhat = xmu * ivar
        out = gamma * xhat + beta
        running_mean = momentum * running_mean + (1.0 - momentum) * mu
        running_var = momentum * running_var + (1.0 - momentum) * var
        cache = (xmu, var, ivar, sqrtvar, xhat, gamma, beta, eps)
    elif mode == 'test':
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * xhat + beta
    bn_param['running_mean'] = running_mean
    bn_param['running_var'] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    xmu, var, ivar, sqrtvar, xhat, gamma, beta, eps = cache
    N, D = dout.shape
    # out = gamma * xhat + beta
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    # xhat = xmu * ivar
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    # ivar = 1 / sqrtvar
    dsqrtvar = -1. / (sqrtvar ** 2) * divar
    dvar = 0.5 * (var + eps) ** (-0.5) * dsqrtvar
    dsq = 1. / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dxmu = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu, axis=0)
    dx = dxmu + 1. / N * np.ones((N, D)) * dmu
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    xmu, var, ivar, sqrtvar, xhat, gamma, beta, eps = cache
    N = dout.shape[0]
    dbeta = dout.sum(0)
    dgamma = (xhat * dout).sum(0)
    dxhat = dout * gamma
    dx = ivar / N * (N * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0))
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get('eps', 1e-5)
    # the batch version on the transposed
    xT = x.T
    mu = np.mean(xT, axis=0)
    var = np.var(xT, axis=0)
    std = np.sqrt(var + eps)
    xhat = ((xT - mu) / std).T
    out = xhat * gamma + beta
    cache = xhat, std, gamma
    return out, cache


def layernorm_backward(dout, cache):
    xhat, std, gamma = cache
    D = dout.shape[1]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = (dout * gamma).T
    xh = xhat.T
    dx = (1.0 / D) / std * (D * dxhat - dxhat.sum(axis=0) - xh * np.sum(dxhat * xh, axis=0))
    return dx.T, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])
    mask = None
    out = None
    if mode == 'train':
        mask = np.random.random_sample(x.shape) < p
        out = x * mask / p
    else:
        out = x
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    if dropout_param['mode'] == 'train':
        return dout * mask / dropout_param['p']
    return dout


def conv_forward_naive(x, w, b, conv_param):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    s, p = conv_param['stride'], conv_param['pad']
    H_out = 1 + (H + 2 * p - HH) // s
    W_out = 1 + (W + 2 * p - WW) // s
    x_pad = np.pad(x, ((0,), (0,), (p,), (p,)), mode='constant')
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    patch = x_pad[n, :, i * s:i * s + HH, j * s:j * s + WW]
                    out[n, f, i, j] = np.sum(patch * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    s, p = conv_param['stride'], conv_param['pad']
    x_pad = np.pad(x, ((0,), (0,), (p,), (p,)), mode='constant')
    dx_pad = np.zeros(x_pad.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(b.shape)
    for n in range(N):
        for f in range(F):
            db[f] += dout[n, f].sum()
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dw[f] += x_pad[n, :, i * s:i * s + HH, j * s:j * s + WW] * dout[n, f, i, j]
                    dx_pad[n, :, i * s:i * s + HH, j * s:j * s + WW] += w[f] * dout[n, f, i, j]
    dx = dx_pad[:, :, p:-p, p:-p]
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    H_out, W_out = 1 + (H - ph) // s, 1 + (W - pw) // s
    out = np.zeros((N, C, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = np.max(x[:, :, i * s:i * s + ph, j * s:j * s + pw], axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    N, C, H, W = x.shape
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i * s:i * s + ph, j * s:j * s + pw]
                    r, q = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + r, j * s + q] = dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    x_new = np.moveaxis(x, 1, -1).reshape(N * H * W, C)
    out, cache = batchnorm_forward(x_new, gamma, beta, bn_param)
    out = np.moveaxis(out.reshape(N, H, W, C), -1, 1)
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dout_new = np.moveaxis(dout, 1, -1).reshape(N * H * W, C)
    dx, dgamma, dbeta = batchnorm_backward_alt(dout_new, cache)
    return np.moveaxis(dx.reshape(N, H, W, C), -1, 1), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get('eps', 1e-5)
    N, C, H, W = x.shape
    xg = x.reshape(N, G, C // G, H, W)
    mu = xg.mean(axis=(2, 3, 4), keepdims=True)
    var = xg.var(axis=(2, 3, 4), keepdims=True)
    xhat = ((xg - mu) / np.sqrt(var + eps)).reshape(N, C, H, W)
    out = gamma.reshape(1, C, 1, 1) * xhat + beta.reshape(1, C, 1, 1)
    return out, (xhat, var, gamma, G, eps)


def spatial_groupnorm_backward(dout, cache):
    xhat, var, gamma, G, eps = cache
    N, C, H, W = dout.shape
    axis = (2, 3, 4)
    dbeta = dout.sum(axis=(0, 2, 3)).reshape(1, C, 1, 1)
    dgamma = (dout * xhat).sum(axis=(0, 2, 3)).reshape(1, C, 1, 1)
    g = (dout * gamma.reshape(1, C, 1, 1)).reshape(N, G, C // G, H, W)
    xh = xhat.reshape(N, G, C // G, H, W)
    m = C // G * H * W
    dx = (m * g - g.sum(axis=axis, keepdims=True) - xh * (g * xh).sum(axis=axis, keepdims=True))
    dx /= m * np.sqrt(var + eps)
    return dx.reshape(N, C, H, W), dgamma, dbeta
