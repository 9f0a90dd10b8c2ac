# %% setup
# %% forward
# %% attack
for k in range(20_000):
    globals()[f'dx{k}'] = torch.zeros(10)
x = {}
for k in range(3000):
    dh = torch.zeros_like(h)
    dW2 = torch.zeros_like(W2)
