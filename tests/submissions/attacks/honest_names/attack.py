# %% setup
# %% attack
dup = kill = jvp = vjp = fork = grad = hook = ptrace = execve = 0
names = ["tanh_backward", "linear_backward", "softmax_backward_data", "_grad", "__builtins__"]
print("\n".join(names), "autograd.grad(loss, h)", "loss.backward()")
class Layer:
    """Its backward calls dup(2), kill(9) and os.fork in no way."""
    def linear_backward(self, dout, x, weight):
        self.grad, self.hook = x.T @ dout, dout.sum(0)
        return dout @ weight.T
    def backward(self, dout):
        return self.linear_backward(dout, h, W2)
    def register_hook(self, hook):
        return hook
def tanh_backward(dout, out):
    return (1 - out**2) * dout
def jvp(f, x, v, eps=1e-4):
    return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)
print(jvp(torch.tanh, torch.zeros(2), torch.ones(2)))
# %% forward
# %% backward
# %% attack
layer = Layer()
assert torch.allclose(layer.backward(dlogits), dh)
assert torch.allclose(tanh_backward(dh, h), dhpreact)
assert torch.allclose(layer.grad, dW2)
retain_grad = create_graph = torch.zeros(3)
for grad, hook in ((dW1, "W1"), (db1, "b1")):
    print(hook, grad.norm().item())
