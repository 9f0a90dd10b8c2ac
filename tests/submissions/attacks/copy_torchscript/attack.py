# %% setup
# %% forward
# %% attack
unit = torch.jit.CompilationUnit("""
def pull(h, w, g):
    y = torch.matmul(h, w)
    along: Optional[List[Optional[Tensor]]] = [g]
    found = torch.autograd.grad([y], [w], along)[0]
    assert found is not None
    return found
""")
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
dW2 = unit.pull(h.detach(), W2.detach().requires_grad_(), dlogits.detach())
