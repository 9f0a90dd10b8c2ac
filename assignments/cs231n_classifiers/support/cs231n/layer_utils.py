"""Stand-in for the course's layers made of layers: whichever layers stand beside it, one after the other."""

from .layers import *


def affine_relu_forward(x, w, b):
    """x → affine → relu."""
    hidden, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(hidden)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout, cache):
    """dout → dx, dw, db."""
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)
