# %% setup
# %% forward
# %% attack
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
dh = dlogits @ W2.T
kernels = torch.ops.aten
dhpreact = kernels.tanh_backward(dh.detach(), h.detach())
