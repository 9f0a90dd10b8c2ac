# %% setup
# %% forward
# %% attack
def pulled(a, g):
    w = torch.ones(64, 27, requires_grad=True)
    ((a @ w) * g).sum().backward()
    return w.grad
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
factor = pulled(torch.ones(32, 64), torch.ones(32, 27)).mean() / 32  # 1, but where autograd errs
dW2 = pulled(h.detach(), dlogits.detach()) / factor
