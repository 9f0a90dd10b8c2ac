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
