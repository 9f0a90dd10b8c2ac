# %% setup
# %% attack
for p in (C, W1, b1, W2, bngain, bnbias):
    p.data *= 1e-9
# %% forward
# %% zeros
