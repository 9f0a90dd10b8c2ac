"""Convolutional layers and batch norm in PyTorch, forward and backward by hand.

Layers are made as in fully_connected_networks.py. No method may use autograd, nor the layers and
their functions that PyTorch has for this (torch.nn).
"""

import torch

# Functions of your own may stand here.
### BEGIN SOLUTION


def _padded(x, pad):
    n, c, h, w = x.shape
    padded = x.new_zeros(n, c, h + 2 * pad, w + 2 * pad)
    padded[:, :, pad : pad + h, pad : pad + w] = x
    return padded


def _window(place, stride, size):
    return slice(place * stride, place * stride + size)


def _by_pixel(images):
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


def _to_images(rows, shape):
    n, c, h, w = shape
    return rows.reshape(n, h, w, c).permute(0, 3, 1, 2)


### END SOLUTION


class Conv:
    @staticmethod
    def forward(x, w, b, conv_param):
        """Each of the F filters of w (F, C, HH, WW) laid over the images x (N, C, H, W) at every place,
        plus b (F,).

        conv_param holds stride, the step from place to place in pixels, and pad, how many rows and
        columns of zeros are set around each image. Returns the output (N, F, H', W') with
        H' = 1 + (H + 2 pad - HH) / stride, W' likewise, and the cache (x, w, b, conv_param).
        """
        out = None
        ### BEGIN SOLUTION
        stride, pad = conv_param["stride"], conv_param["pad"]
        padded = _padded(x, pad)
        rows, columns = (1 + (padded.shape[d] - w.shape[d]) // stride for d in (2, 3))
        out = x.new_zeros(x.shape[0], w.shape[0], rows, columns)
        for i in range(rows):
            for j in range(columns):
                seen = padded[:, :, _window(i, stride, w.shape[2]), _window(j, stride, w.shape[3])]
                out[:, :, i, j] = seen.flatten(1) @ w.flatten(1).t() + b
        ### END SOLUTION
        cache = (x, w, b, conv_param)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, F, H', W') → dx, dw, db in the shapes of x, w, b."""
        dx, dw, db = None, None, None
        ### BEGIN SOLUTION
        x, w, b, conv_param = cache
        stride, pad = conv_param["stride"], conv_param["pad"]
        padded = _padded(x, pad)
        dpadded, dw = torch.zeros_like(padded), torch.zeros_like(w)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                down, across = _window(i, stride, w.shape[2]), _window(j, stride, w.shape[3])
                d = dout[:, :, i, j]
                dw += (d.t() @ padded[:, :, down, across].flatten(1)).reshape(w.shape)
                dpadded[:, :, down, across] += (d @ w.flatten(1)).reshape(-1, *w.shape[1:])
        dx = dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
        db = dout.sum(dim=(0, 2, 3))
        ### END SOLUTION
        return dx, dw, db


class MaxPool:
    @staticmethod
    def forward(x, pool_param):
        """The greatest element of each window of the images x (N, C, H, W).

        pool_param holds pool_height and pool_width, the size of a window, and stride, the step from
        window to window. Returns the output (N, C, H', W') with H' = 1 + (H - pool_height) / stride,
        W' likewise, and the cache (x, pool_param).
        """
        out = None
        ### BEGIN SOLUTION
        high, wide, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
        n, c, h, w = x.shape
        out = x.new_zeros(n, c, 1 + (h - high) // stride, 1 + (w - wide) // stride)
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                window = x[:, :, _window(i, stride, high), _window(j, stride, wide)]
                out[:, :, i, j] = window.amax(dim=(2, 3))
        ### END SOLUTION
        cache = (x, pool_param)
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, C, H', W') → dx in the shape of x."""
        dx = None
        ### BEGIN SOLUTION
        x, pool_param = cache
        high, wide, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
        dx = torch.zeros_like(x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                down, across = _window(i, stride, high), _window(j, stride, wide)
                window = x[:, :, down, across]
                greatest = window == window.amax(dim=(2, 3), keepdim=True)
                dx[:, :, down, across] += greatest * dout[:, :, i : i + 1, j : j + 1]
        ### END SOLUTION
        return dx


class BatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        """Every feature of x (N, D) brought to mean 0 and variance 1, times gamma (D,), plus beta (D,).

        bn_param holds mode, "train" or "test"; perhaps eps, which is added to the variance (1e-5),
        and momentum (0.9); and running_mean and running_var (D,), which are written by training and
        used by testing. In training mean and variance are those of the batch; the variance divides
        by N. The running averages are new = momentum · old + (1 - momentum) · batch's.
        Returns the output (N, D) and a cache of your choice.
        """
        mode = bn_param["mode"]
        eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        D = x.shape[1]
        running_mean = bn_param.get("running_mean", torch.zeros(D, dtype=x.dtype, device=x.device))
        running_var = bn_param.get("running_var", torch.zeros(D, dtype=x.dtype, device=x.device))

        out, cache = None, None
        ### BEGIN SOLUTION
        if mode == "train":
            mean = x.mean(dim=0)
            centred = x - mean
            var = (centred**2).mean(dim=0)
            std = (var + eps).sqrt()
            normal = centred / std
            out = gamma * normal + beta
            cache = (centred, std, normal, gamma)
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
        else:
            out = gamma * (x - running_mean) / (running_var + eps).sqrt() + beta
        ### END SOLUTION
        bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,), back through each node of the graph. For
        training only."""
        dx, dgamma, dbeta = None, None, None
        ### BEGIN SOLUTION
        centred, std, normal, gamma = cache
        count = dout.shape[0]
        dbeta = dout.sum(dim=0)
        dgamma = (dout * normal).sum(dim=0)
        dnormal = dout * gamma
        dstd = -(dnormal * centred).sum(dim=0) / std**2
        dvar = dstd / (2 * std)
        dcentred = dnormal / std + 2 * centred * dvar / count
        dmean = -dcentred.sum(dim=0)
        dx = dcentred + dmean / count
        ### END SOLUTION
        return dx, dgamma, dbeta

    @staticmethod
    def backward_alt(dout, cache):
        """The same as backward, from the same cache, with dx in one formula, made simple on paper."""
        dx, dgamma, dbeta = None, None, None
        ### BEGIN SOLUTION
        _, std, normal, gamma = cache
        dbeta = dout.sum(dim=0)
        dgamma = (dout * normal).sum(dim=0)
        dx = gamma / std * (dout - (dbeta + normal * dgamma) / dout.shape[0])
        ### END SOLUTION
        return dx, dgamma, dbeta


class SpatialBatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        """Batch norm of images x (N, C, H, W): every channel over all examples and pixels, with gamma
        and beta (C,). bn_param as for BatchNorm. Returns the output and a cache of your choice."""
        out, cache = None, None
        ### BEGIN SOLUTION
        rows, cache = BatchNorm.forward(_by_pixel(x), gamma, beta, bn_param)
        out = _to_images(rows, x.shape)
        ### END SOLUTION
        return out, cache

    @staticmethod
    def backward(dout, cache):
        """dout (N, C, H, W) → dx (N, C, H, W), dgamma (C,), dbeta (C,)."""
        dx, dgamma, dbeta = None, None, None
        ### BEGIN SOLUTION
        rows, dgamma, dbeta = BatchNorm.backward(_by_pixel(dout), cache)
        dx = _to_images(rows, dout.shape)
        ### END SOLUTION
        return dx, dgamma, dbeta
