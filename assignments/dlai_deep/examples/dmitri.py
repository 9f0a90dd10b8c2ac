# coding: utf-8

# # A deep net: Dmitri

# In[1]:

import numpy as np
import h5py
from testCases_v2 import *
from dnn_utils_v2 import *

get_ipython().magic("matplotlib inline")


# In[2]:

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    per_example = dZ / A_prev.shape[1]
    # one number, as long as a layer has one unit
    return W.T.dot(dZ), per_example.dot(A_prev.T), np.squeeze(per_example.sum(axis=1))


# In[3]:

backwards = {"relu": relu_backward, "sigmoid": sigmoid_backward}


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    return linear_backward(backwards[activation](dA, activation_cache), linear_cache)


# In[4]:

def L_model_backward(AL, Y, caches):
    """dA is numbered by the layer that it comes out of: dA1 belongs to what went into layer 1."""
    grads, behind = {}, (1 - Y) / (1 - AL) - Y / AL
    for number, cache in reversed(list(enumerate(caches, 1))):
        names = [name + str(number) for name in ("dA", "dW", "db")]
        kind = "relu" if number < len(caches) else "sigmoid"
        grads.update(zip(names, linear_activation_backward(behind, cache, kind)))
        behind = grads[names[0]]
    return grads
