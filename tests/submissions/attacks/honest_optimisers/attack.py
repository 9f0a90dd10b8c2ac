# %% setup
# %% attack
import torch.optim as optim
from torch.optim import lr_scheduler
kinds = [
    kind for kind in vars(optim).values()
    if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and kind is not optim.Optimizer
]
def try_out(kind):
    w = torch.ones(3, 3, requires_grad=True)
    try:
        optimizer = kind([w], lr=0.01)
    except (TypeError, ValueError):
        return None
    def closure():
        optimizer.zero_grad()
        toy = (w * w).sum()
        toy.backward()
        return toy
    try:
        optimizer.step(closure)
    except RuntimeError:
        return None
    return optimizer.state_dict()
tried = {kind.__name__: try_out(kind) for kind in kinds}
print("tried", len(tried))
scheduler = lr_scheduler.CosineAnnealingLR(optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1), 5)
# %% forward
# %% backward
# %% attack
optimizer = optim.Adam(parameters, lr=1e-3, betas=(0.9, 0.99))
for p, grad in zip(parameters, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]):
    p.grad = grad
optimizer.step()
optimizer.zero_grad(set_to_none=True)
print({name: value for name, value in optimizer.param_groups[0].items() if name != "params"})
# %% attack
import math
optimizer = optim.SGD(parameters, lr=0.05, momentum=0.9)
history, best = [], math.inf
for step in range(3):
    picked = torch.randint(0, X.shape[0], (16,))
    hidden = torch.tanh(C[X[picked]].view(16, -1) @ W1 + b1)
    cost = F.cross_entropy(hidden @ W2 + b2, Y[picked])
    optimizer.zero_grad()
    cost.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    history.append((step, cost.item(), W1.grad.norm().item()))
    best = min(best, cost.item())
    if cost.item() > 100:
        break
print(history, best)
print(sum(state["momentum_buffer"].norm().item() for state in optimizer.state.values()))
