import torch
import torch.nn.functional as F
from a3_helper import softmax_loss
from fully_connected_networks import Linear_ReLU, Linear, Solver, ReLU


def hello_convolutional_networks():
    print("Hello from convolutional_networks.py!")


class Conv(object):

    @staticmethod
    def forward(x, w, b, conv_param):
        stride, pad = conv_param['stride'], conv_param['pad']
        N, C, H, W = x.shape
        K, _, HH, WW = w.shape
        H_out = 1 + (H + 2 * pad - HH) // stride
        W_out = 1 + (W + 2 * pad - WW) // stride
        cols = F.unfold(x, (HH, WW), padding=pad, stride=stride)
        out = w.view(K, -1) @ cols + b.view(-1, 1)
        return out.view(N, K, H_out, W_out), (x, w, b, conv_param)

    @staticmethod
    def backward(dout, cache):
        x, w, b, conv_param = cache
        stride, pad = conv_param['stride'], conv_param['pad']
        N, K = dout.shape[:2]
        cols = F.unfold(x, w.shape[2:], padding=pad, stride=stride)
        d = dout.reshape(N, K, -1)
        dw = torch.einsum('nkl,ncl->kc', d, cols).view_as(w)
        dcols = torch.einsum('kc,nkl->ncl', w.view(K, -1), d)
        dx = F.fold(dcols, x.shape[2:], w.shape[2:], padding=pad, stride=stride)
        return dx, dw, d.sum(dim=(0, 2))


class MaxPool(object):

    @staticmethod
    def forward(x, pool_param):
        PH, PW, S = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
        windows = x.unfold(2, PH, S).unfold(3, PW, S)
        return windows.amax(dim=(-2, -1)), (x, pool_param)

    @staticmethod
    def backward(dout, cache):
        x, pool_param = cache
        PH, PW, S = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
        N, C, H, W = x.shape
        dx = torch.zeros_like(x)
        for n in range(N):
            for c in range(C):
                for i in range(dout.shape[2]):
                    for j in range(dout.shape[3]):
                        window = x[n, c, i * S:i * S + PH, j * S:j * S + PW]
                        k = window.reshape(-1).argmax()
                        a, b = k // PW, k % PW
                        dx[n, c, i * S + a, j * S + b] += dout[n, c, i, j]
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
        cache = None
        if mode == 'train':
            var, mean = torch.var_mean(x, dim=0, correction=0)
            xhat = (x - mean) * torch.rsqrt(var + eps)
            out = torch.addcmul(beta, gamma, xhat)
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
            cache = {'x': x, 'mean': mean, 'var': var, 'eps': eps, 'gamma': gamma}
        else:
            out = (x - running_mean) / torch.sqrt(running_var + eps) * gamma + beta
        bn_param['running_mean'] = running_mean.detach()
        bn_param['running_var'] = running_var.detach()
        return out, cache

    @staticmethod
    def backward(dout, cache):
        x, mean, var, eps, gamma = [cache.pop(k) for k in ('x', 'mean', 'var', 'eps', 'gamma')]
        N = x.shape[0]
        # out = gamma * xhat + beta
        d1 = dout * gamma
        dbeta = dout.sum(0)
        xmu = x - mean
        istd = 1 / torch.sqrt(var + eps)
        dgamma = (dout * xmu * istd).sum(0)
        # xhat = xmu * istd
        dxmu1 = d1 * istd
        distd = (d1 * xmu).sum(0)
        # istd = (var + eps) ** -.5
        dvar = -0.5 * (var + eps) ** (-1.5) * distd
        # var = sum(xmu ** 2) / N
        dxmu2 = 2 * xmu * torch.ones_like(x) / N * dvar
        # xmu = x - mean
        dxmu = dxmu1 + dxmu2
        dmean = -1 * dxmu.sum(0)
        dx = dxmu + 1. / N * torch.ones_like(x) * dmean
        return dx, dgamma, dbeta

    @staticmethod
    def backward_alt(dout, cache):
        x, mean, var, eps, gamma = cache['x'], cache['mean'], cache['var'], cache['eps'], cache['gamma']
        N = x.shape[0]
        s = torch.sqrt(var + eps)
        xhat = (x - mean) / s
        dgamma = torch.sum(xhat * dout, dim=0)
        dbeta = torch.sum(dout, dim=0)
        dx = (N * dout - dbeta - xhat * dgamma) * (gamma / (N * s))
        return dx, dgamma, dbeta


class SpatialBatchNorm(object):

    @staticmethod
    def forward(x, gamma, beta, bn_param):
        N, C, H, W = x.shape
        rows = x.transpose(0, 1).reshape(C, -1).t()
        out, cache = BatchNorm.forward(rows, gamma, beta, bn_param)
        return out.t().reshape(C, N, H, W).transpose(0, 1), cache

    @staticmethod
    def backward(dout, cache):
        N, C, H, W = dout.shape
        rows = dout.transpose(0, 1).reshape(C, -1).t()
        dx, dgamma, dbeta = BatchNorm.backward_alt(rows, cache)
        return dx.t().reshape(C, N, H, W).transpose(0, 1), dgamma, dbeta
