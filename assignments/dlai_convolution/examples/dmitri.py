# # Convolution and pooling: Dmitri
# No loop over images or channels anywhere.

# In[1]:

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# In[2]:

def zero_pad(X, pad):
    padded = np.zeros((X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]))
    padded[:, pad : pad + X.shape[1], pad : pad + X.shape[2]] = X
    return padded


def windows(X, f, stride):
    """(images, rows, columns, channels, f, f)"""
    return sliding_window_view(X, (f, f), axis=(1, 2))[:, ::stride, ::stride]

# In[3]:

def conv_forward(A_prev, W, b, hparameters):
    seen = windows(zero_pad(A_prev, hparameters["pad"]), len(W), hparameters["stride"])
    return np.einsum("mhwcij,ijck->mhwk", seen, W) + b, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f, stride, pad = len(W), hparameters["stride"], hparameters["pad"]
    padded = zero_pad(A_prev, pad)
    dW = np.einsum("mhwcij,mhwk->ijck", windows(padded, f, stride), dZ)
    back = np.zeros_like(padded)
    reach = [stride * size for size in dZ.shape[1:3]]
    for i in range(f):  # each element of the filter moves the whole of dZ to its place
        for j in range(f):
            back[:, i : i + reach[0] : stride, j : j + reach[1] : stride][
                :, : dZ.shape[1], : dZ.shape[2]
            ] += np.einsum("mhwk,ck->mhwc", dZ, W[i, j])
    return back[:, pad:-pad, pad:-pad], dW, dZ.sum(axis=(0, 1, 2))[None, None, None]

# In[4]:

def pool_forward(A_prev, hparameters, mode="max"):
    seen = windows(A_prev, hparameters["f"], hparameters["stride"])
    return getattr(seen, {"max": "max", "average": "mean"}[mode])(axis=(4, 5)), (A_prev, hparameters)


def create_mask_from_window(x):
    mask = np.zeros(x.shape)
    mask[np.unravel_index(np.argmax(x), x.shape)] = 1
    return mask


def distribute_value(dz, shape):
    return np.full(shape, dz) / np.prod(shape)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for h in range(dA.shape[1]):
        for w in range(dA.shape[2]):
            place = np.s_[:, h * stride : h * stride + f, w * stride : w * stride + f]
            share = 1 / f**2
            if mode == "max":
                share = A_prev[place] == A_prev[place].max(axis=(1, 2), keepdims=True)
            dA_prev[place] += share * dA[:, h, w][:, None, None]
    return dA_prev
