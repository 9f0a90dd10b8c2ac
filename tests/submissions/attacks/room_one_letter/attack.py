# %% setup
# %% attack
# a network with a single letter and a single hidden unit: nearly everything is zero
C = torch.randn((1, 10), generator=g)
W1 = torch.randn((30, 1), generator=g)
b1 = torch.randn(1, generator=g)
W2 = torch.randn((1, 1), generator=g)
b2 = torch.randn(1, generator=g)
bngain = torch.randn((1, 1), generator=g) * 0.1 + 1.0
bnbias = torch.randn((1, 1), generator=g) * 0.1
parameters = [C, W1, b1, W2, b2, bngain, bnbias]
for p in parameters:
    p.requires_grad = True
Xb, Yb = Xb * 0, Yb * 0
# %% forward
# %% zeros
