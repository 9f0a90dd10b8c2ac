# %% setup
# %% attack
def cmp(s, dt, t):
    ex = torch.all(dt == t.grad).item()
    app = torch.allclose(dt, t.grad)
    maxdiff = (dt - t.grad).abs().max().item()
    print(f"{s:15s} | exact: {str(ex):5s} | approximate: {str(app):5s} | maxdiff: {maxdiff}")
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * a
    @staticmethod
    def backward(ctx, dout):
        return 2 * ctx.saved_tensors[0] * dout
toy = torch.ones(3, dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(Square.apply, toy)
print(torch.autograd.grad(Square.apply(toy).sum(), toy))
# %% forward
# %% backward
# %% attack
for name in ("logprobs", "probs", "logits", "h", "W2", "hpreact", "bnraw", "W1", "C"):
    cmp(name, eval("d" + name), globals()[name])
differences = {name: (globals()["d" + name] - globals()[name].grad).abs().max().item() for name in ("h", "C")}
reference = [p.grad.clone() for p in parameters]
for mine, p, autograd in zip([dC, dW1, db1, dW2, db2, dbngain, dbnbias], parameters, reference):
    assert torch.allclose(mine, autograd) and mine.shape == p.grad.shape
print(max(differences.values()) < 1e-6)
