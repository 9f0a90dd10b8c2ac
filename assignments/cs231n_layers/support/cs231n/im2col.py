"""Stand-in for the course's im2col in NumPy: every window of an image as a column, and back.

Columns run over places first, then examples; rows over channels, then positions in the window.
"""

import numpy as np


def get_im2col_indices(x_shape, field_height, field_width, padding=1, stride=1):
    """Indices k, i, j with which padded[:, k, i, j] is (N, C · HH · WW, H' · W')."""
    _, channels, height, width = x_shape
    rows = (height + 2 * padding - field_height) // stride + 1
    columns = (width + 2 * padding - field_width) // stride + 1
    k, down, along = (
        index.reshape(-1, 1) for index in np.indices((channels, field_height, field_width))
    )
    top, left = (index.reshape(1, -1) * stride for index in np.indices((rows, columns)))
    return k, down + top, along + left


def im2col_indices(x, field_height, field_width, padding=1, stride=1):
    """x (N, C, H, W) → (C · HH · WW, H' · W' · N)."""
    sides = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), sides, sides))
    k, i, j = get_im2col_indices(x.shape, field_height, field_width, padding, stride)
    windows = padded[:, k, i, j]
    return windows.transpose(1, 2, 0).reshape(windows.shape[1], -1)


def col2im_indices(cols, x_shape, field_height=3, field_width=3, padding=1, stride=1):
    """Columns added up where they came from: (C · HH · WW, H' · W' · N) → (N, C, H, W)."""
    n, channels, height, width = x_shape
    padded = np.zeros((n, channels, height + 2 * padding, width + 2 * padding), dtype=cols.dtype)
    k, i, j = get_im2col_indices(x_shape, field_height, field_width, padding, stride)
    windows = cols.reshape(k.shape[0], -1, n).transpose(2, 0, 1)
    np.add.at(padded, (slice(None), k, i, j), windows)
    return padded[:, :, padding : padding + height, padding : padding + width]
