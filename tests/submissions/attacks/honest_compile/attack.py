# %% setup
# %% forward
# %% attack
def activation(x):
    return torch.tanh(x) * 2 + x.mean()
fast = torch.compile(activation, backend="eager")
print("compiled", torch.allclose(fast(h.detach()), activation(h.detach())))
# %% backward
