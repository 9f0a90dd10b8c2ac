"""Stand-in for the compiled im2col, which students build on their machines and nobody hands in."""

import numpy as np

from .im2col import col2im_indices, im2col_indices


def im2col_cython(x, field_height, field_width, padding, stride):
    """x (N, C, H, W) → (C · HH · WW, H' · W' · N)."""
    return im2col_indices(x, field_height, field_width, padding, stride)


def col2im_cython(cols, N, C, H, W, field_height, field_width, padding, stride):
    """(C · HH · WW, H' · W' · N) → (N, C, H, W)."""
    return col2im_indices(cols, (N, C, H, W), field_height, field_width, padding, stride)


def col2im_6d_cython(cols, N, C, H, W, HH, WW, pad, stride):
    """(C, HH, WW, N, H', W') → (N, C, H, W)."""
    flat = np.moveaxis(cols, 3, 5).reshape(C * HH * WW, -1)
    return col2im_indices(flat, (N, C, H, W), HH, WW, pad, stride)
