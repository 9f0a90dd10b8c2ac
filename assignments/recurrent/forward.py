"""An LSTM over three steps of time, with a linear layer and the cross entropy after each.

Inputs: X (time × sequences × numbers), h0 c0 (hidden state and cell to begin with), Wx Wh b (all
four gates side by side), Wo bo (output layer), y (classes, time × sequences).

The last step's tensors have names of their own, since they are asked for one by one.
"""

import torch
import torch.nn.functional as F

z1 = X[0] @ Wx + h0 @ Wh + b
c1 = z1.chunk(4, 1)[1].sigmoid() * c0 + z1.chunk(4, 1)[0].sigmoid() * z1.chunk(4, 1)[2].tanh()
h1 = z1.chunk(4, 1)[3].sigmoid() * c1.tanh()
z2 = X[1] @ Wx + h1 @ Wh + b
c2 = z2.chunk(4, 1)[1].sigmoid() * c1 + z2.chunk(4, 1)[0].sigmoid() * z2.chunk(4, 1)[2].tanh()
h2 = z2.chunk(4, 1)[3].sigmoid() * c2.tanh()
z = X[2] @ Wx + h2 @ Wh + b
inp = torch.sigmoid(z.chunk(4, 1)[0])
forget = torch.sigmoid(z.chunk(4, 1)[1])
cand = torch.tanh(z.chunk(4, 1)[2])
outg = torch.sigmoid(z.chunk(4, 1)[3])
c = forget * c2 + inp * cand
tc = torch.tanh(c)
h = outg * tc
hs = torch.stack([h1, h2, h])
logits = hs @ Wo + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, y[..., None]).mean()
