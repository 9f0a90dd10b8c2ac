"""Where a window's maximum stands: the derivative of the maximum with respect to the window."""

import numpy as np


def inputs(draw):
    height, width = draw.sizes(2)
    return {"x": draw.distinct(height, width)}


def forward(x):
    return x.max()


def student(x):
    return {"x": create_mask_from_window(x)}


def reference(x):
    return x == np.max(x)
