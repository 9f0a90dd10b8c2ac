# coding: utf-8

# # Recurrent nets and LSTMs: Dmitri

# In[1]:


import numpy as np
import rnn_utils


# In[2]:


class Collected(dict):
    """Gradients that add up."""

    def __iadd__(self, other):
        for name, values in other.items():
            self[name] = self.get(name, 0) + values
        return self


# In[3]:


def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    # [Waa Wax ba] times [a_prev; xt; 1], all at once
    together = np.hstack([parameters["Waa"], parameters["Wax"], parameters["ba"]])
    entered = np.vstack([a_prev, xt, np.ones((1, xt.shape[1]))])
    before = da_next - da_next * a_next * a_next
    n_a = len(a_prev)
    down, weights = together.T @ before, before @ entered.T
    return dict(
        da_prev=down[:n_a], dxt=down[n_a:-1], dWaa=weights[:, :n_a], dWax=weights[:, n_a:-1], dba=weights[:, -1:]
    )


def rnn_backward(da, caches):
    steps, x = caches
    total, inputs, carried = Collected(), [], 0
    for t in range(da.shape[2] - 1, -1, -1):
        step = rnn_cell_backward(da[..., t] + carried, steps[t])
        carried = step.pop("da_prev")
        inputs.insert(0, step.pop("dxt"))
        total += step
    return {"dx": np.stack(inputs, axis=-1), "da0": carried, **total}


# In[4]:


def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    shown = np.tanh(c_next)
    dc = dc_next + ot * da_next / np.cosh(c_next) ** 2
    behind = dict(f=dc * c_prev, i=dc * cct, c=dc * it, o=da_next * shown)
    slopes = dict(f=ft - ft**2, i=it - it**2, c=1 - cct**2, o=ot - ot**2)
    entered = np.r_[a_prev, xt]
    gradients, down = {}, np.zeros(entered.shape)
    for gate in "fico":
        before = behind[gate] * slopes[gate]
        gradients["dW" + gate] = before @ entered.T
        gradients["db" + gate] = before.sum(1, keepdims=True)
        down += parameters["W" + gate].T @ before
    gradients["da_prev"], gradients["dxt"] = np.split(down, [len(a_prev)])
    gradients["dc_prev"] = ft * dc
    return gradients


def lstm_backward(da, caches):
    steps, x = caches
    total, inputs, carried, cell = Collected(), [], 0, np.zeros(da.shape[:2])
    for t in range(da.shape[2] - 1, -1, -1):
        step = lstm_cell_backward(da[..., t] + carried, cell, steps[t])
        carried, cell = step.pop("da_prev"), step.pop("dc_prev")
        inputs.insert(0, step.pop("dxt"))
        total += step
    return {"dx": np.stack(inputs, axis=-1), "da0": carried, **total}
