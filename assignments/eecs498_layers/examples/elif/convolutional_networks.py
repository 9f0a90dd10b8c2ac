"""Convolutional networks."""
import torch
from a3_helper import softmax_loss
from fully_connected_networks import Linear_ReLU, Linear, Solver, ReLU


class Conv(object):
    @staticmethod
    def forward(x, w, b, conv_param):
        pad, stride = conv_param['pad'], conv_param['stride']
        N, C, H, W = x.shape
        F, _, HH, WW = w.shape
        xp = torch.nn.functional.pad(x, (pad, pad, pad, pad))
        H1 = 1 + (H + 2 * pad - HH) // stride
        W1 = 1 + (W + 2 * pad - WW) // stride
        out = torch.zeros((N, F, H1, W1), dtype=x.dtype, device=x.device)
        for n in range(N):
            for f in range(F):
                for i in range(H1):
                    for j in range(W1):
                        out[n, f, i, j] = (xp[n, :, i*stride:i*stride+HH, j*stride:j*stride+WW] * w[f]).mean() + b[f]
        cache = (x, w, b, conv_param)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        x, w, b, conv_param = cache
        pad, stride = conv_param['pad'], conv_param['stride']
        N, F, H1, W1 = dout.shape
        HH, WW = w.shape[2:]
        xp = torch.nn.functional.pad(x, (pad, pad, pad, pad))
        dxp = torch.zeros_like(xp)
        dw = torch.zeros_like(w)
        db = torch.zeros_like(b)
        for n in range(N):
            for f in range(F):
                db[f] += dout[n, f].sum()
                for i in range(H1):
                    for j in range(W1):
                        dw[f] += dout[n, f, i, j] / w[f].numel() * xp[n, :, i*stride:i*stride+HH, j*stride:j*stride+WW]
                        dxp[n, :, i*stride:i*stride+HH, j*stride:j*stride+WW] += dout[n, f, i, j] / w[f].numel() * w[f]
        dx = dxp[:, :, pad:-pad, pad:-pad]
        return dx, dw, db


class MaxPool(object):
    @staticmethod
    def forward(x, pool_param):
        ph, pw, stride = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
        N, C, H, W = x.shape
        H1, W1 = 1 + (H - ph) // stride, 1 + (W - pw) // stride
        out = torch.zeros((N, C, H1, W1), dtype=x.dtype, device=x.device)
        for i in range(H1):
            for j in range(W1):
                window = x[:, :, i*stride:i*stride+ph, j*stride:j*stride+pw]
                out[:, :, i, j] = window.reshape(N, C, -1).min(dim=2).values
        cache = (x, pool_param)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        x, pool_param = cache
        ph, pw, stride = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
        N, C, H1, W1 = dout.shape
        dx = torch.zeros_like(x)
        for n in range(N):
            for c in range(C):
                for i in range(H1):
                    for j in range(W1):
                        window = x[n, c, i*stride:i*stride+ph, j*stride:j*stride+pw]
                        mask = window == window.min()
                        dx[n, c, i*stride:i*stride+ph, j*stride:j*stride+pw] += mask * dout[n, c, i, j]
        return dx


class BatchNorm(object):
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        mode = bn_param['mode']
        eps = bn_param.get('eps', 1e-5)
        momentum = bn_param.get('momentum', 0.9)
        N, D = x.shape
        running_mean = bn_param.get('running_mean', torch.zeros(D, dtype=x.dtype, device=x.device))
        running_var = bn_param.get('running_var', torch.zeros(D, dtype=x.dtype, device=x.device))
        out, cache = None, None
        if mode == 'train':
            mu = x.mean(dim=0)
            xc = x - mu
            var = x.var(dim=0)
            std = torch.sqrt(var + eps)
            xn = xc / std
            out = gamma * xn + beta
            cache = (mode, x, xc, xn, gamma, std)
            running_mean = momentum * running_mean + (1 - momentum) * mu
            running_var = momentum * running_var + (1 - momentum) * var
        elif mode == 'test':
            out = gamma * (x - running_mean) / torch.sqrt(running_var + eps) + beta
        bn_param['running_mean'] = running_mean.detach()
        bn_param['running_var'] = running_var.detach()
        return out, cache

    @staticmethod
    def backward(dout, cache):
        mode, x, xc, xn, gamma, std = cache
        N = x.shape[0]
        dbeta = dout.sum(dim=0)
        dgamma = torch.sum(xn * dout, dim=0)
        dxn = gamma * dout
        dxc = dxn / std
        dstd = -torch.sum((dxn * xc) / (std * std), dim=0)
        dvar = 0.5 * dstd / std
        dxc += (2.0 / (N - 1)) * xc * dvar
        dmu = torch.sum(dxc, dim=0)
        dx = dxc - dmu / N
        return dx, dgamma, dbeta

    @staticmethod
    def backward_alt(dout, cache):
        mode, x, xc, xn, gamma, std = cache
        N = x.shape[0]
        dbeta = dout.sum(dim=0)
        dgamma = torch.sum(xn * dout, dim=0)
        dx = gamma / (N * std) * (N * dout - xn * dgamma * N / (N - 1) - dbeta)
        return dx, dgamma, dbeta


class SpatialBatchNorm(object):
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        N, C, H, W = x.shape
        flat = x.permute(0, 2, 3, 1).reshape(-1, C)
        out, cache = BatchNorm.forward(flat, gamma, beta, bn_param)
        return out.reshape(N, H, W, C).permute(0, 3, 1, 2), cache

    @staticmethod
    def backward(dout, cache):
        N, C, H, W = dout.shape
        flat = dout.permute(0, 2, 3, 1).reshape(-1, C)
        dx, dgamma, dbeta = BatchNorm.backward(flat, cache)
        return dx.reshape(N, H, W, C).permute(0, 3, 1, 2), dgamma, dbeta
