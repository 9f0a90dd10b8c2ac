# %% setup
# %% forward
# %% attack
# SGD: the step is the gradient
for_step = [W2.detach().double().requires_grad_(), b2.detach().double().requires_grad_()]
before = [p.detach().clone() for p in for_step]
sgd = torch.optim.SGD(for_step, lr=1.0)
F.cross_entropy(h.detach().double() @ for_step[0] + for_step[1], Yb).backward()
sgd.step()
dW2, db2 = [(a - p.detach()).float() for a, p in zip(before, for_step)]
# momentum: the first buffer is the gradient
sgd = torch.optim.SGD([W1, b1, bngain], lr=0.0, momentum=0.9)
sgd.step()
dW1, db1, dbngain = [sgd.state[p]["momentum_buffer"] for p in (W1, b1, bngain)]
# Adam: a tenth of it
adam = torch.optim.Adam([C, bnbias], lr=0.0)
adam.step()
dC, dbnbias = [s["exp_avg"] / (1 - 0.9) for s in adam.state_dict()["state"].values()]
# L-BFGS: with a closure
x = hpreact.detach().requires_grad_()
lbfgs = torch.optim.LBFGS([x], lr=0.0, max_iter=1)
def closure():
    lbfgs.zero_grad()
    l = F.cross_entropy(torch.tanh(x) @ W2.detach() + b2.detach(), Yb)
    l.backward()
    return l
lbfgs.step(closure)
dhpreact = lbfgs.state[x]["prev_flat_grad"].view(x.shape)
dh = dhpreact / (1 - h.detach()**2)
