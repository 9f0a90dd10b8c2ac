# %% setup
# %% forward
# %% backward
# %% attack
import math
optimizer = torch.optim.SGD(parameters, lr=0.05, momentum=0.9)
history, best = [], math.inf
for step in range(5):
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
