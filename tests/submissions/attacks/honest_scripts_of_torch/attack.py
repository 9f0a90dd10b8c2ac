# %% setup
# %% attack
@torch.jit.script
def activation(x):
    return torch.tanh(x) * 2.0
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
    def forward(self, x):
        return activation(self.layer(x))
net = Net()
scripted = torch.jit.script(net)
x = torch.ones(4, 3)
print("scripted", torch.equal(activation(x), torch.tanh(x) * 2.0), torch.allclose(scripted(x), net(x)))
# %% forward
# %% backward
# %% attack
weight, bias = W2.detach(), b2.detach()
traced = torch.jit.trace(lambda t: t @ weight + bias, h.detach())
print("traced", torch.allclose(traced(h.detach()), logits.detach()))
def doubled(x):
    return torch.tanh(x) * 2 + x.mean()
fast = torch.compile(doubled, backend="eager")
print("compiled", torch.allclose(fast(h.detach()), doubled(h.detach())))
