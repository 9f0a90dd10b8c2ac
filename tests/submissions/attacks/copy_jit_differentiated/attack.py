# %% setup
# %% forward
# %% attack
layers = torch.jit.CompilationUnit("""
def layer(x, w, b):
    return torch.mm(x, w) + b
def squash(x):
    return torch.tanh(x)
""")
def derived(script, *inputs):
    graph = script.graph.copy()
    torch._C._jit_pass_complete_shape_analysis(graph, tuple(t.detach().requires_grad_() for t in inputs), True)
    return torch._C._create_function_from_graph("step", torch._C._jit_differentiate(graph).df)
free = lambda t: t.detach()
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
dh, dW2, db2 = derived(layers.layer, h, W2, b2)(free(dlogits), free(h), free(W2), None, [27])
[dhpreact] = derived(layers.squash, hpreact)(dh, free(h))
dhprebn = bngain*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0) - n/(n-1)*bnraw*(dhpreact*bnraw).sum(0))
dembcat, dW1, db1 = derived(layers.layer, embcat, W1, b1)(free(dhprebn), free(embcat), free(W1), None, [64])
