"""Stand-in for the functions of scipy.special that answers use."""

import numpy as np


def expit(x):
    return 1 / (1 + np.exp(-np.asarray(x)))


def xlogy(x, y):
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))
