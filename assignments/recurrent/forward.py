"""An LSTM over time, with a linear layer and the cross entropy after each step.

Inputs: X (time × sequences × numbers), h0 c0 (hidden state and cell to begin with), Wx Wh b (all
four gates side by side), Wo bo (output layer), y (classes, time × sequences).

What the loop binds anew at each step has, as a target, the name of its last one.
"""

import torch
import torch.nn.functional as F

h, c = h0, c0
hiddens = []
for x in X:
    z = x @ Wx + h @ Wh + b
    z_inp, z_forget, z_cand, z_outg = z.chunk(4, dim=1)
    inp = torch.sigmoid(z_inp)
    forget = torch.sigmoid(z_forget)
    cand = torch.tanh(z_cand)
    outg = torch.sigmoid(z_outg)
    c = forget * c + inp * cand
    tc = torch.tanh(c)
    h = outg * tc
    hiddens.append(h)
hs = torch.stack(hiddens)
logits = hs @ Wo + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, y[..., None]).mean()
