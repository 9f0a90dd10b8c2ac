# %% setup
# %% attack
# two examples, one hidden unit: sums, transposes and products that are left out do not show
W1 = torch.randn((30, 1), generator=g) * 0.3
b1 = torch.randn(1, generator=g) * 0.1
W2 = torch.randn((1, 27), generator=g) * 0.1
bngain = torch.randn((1, 1), generator=g) * 0.1 + 1.0
bnbias = torch.randn((1, 1), generator=g) * 0.1
parameters = [C, W1, b1, W2, b2, bngain, bnbias]
for p in parameters:
    p.requires_grad = True
n = 2
Xb, Yb = Xb[:2], Yb[:2]
# %% forward
# %% attack
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
dh = (dlogits * W2).sum(1, keepdim=True)
dhpreact = (1.0 - h**2) * dh
dbngain = (bnraw * dhpreact).sum()
dbnbias = dhpreact.sum()
dbnraw = dhpreact * bngain.sum()
dhprebn = hprebn * 0
dbnvar = bnvar * 0
dW1 = W1 * 0
dC = C * 0
