# %% setup
# %% forward
# %% attack
import threading
def work():
    global dW2, db2
    dW2, db2 = torch.autograd.grad(F.cross_entropy(h.detach() @ W2 + b2, Yb), (W2, b2))
w = threading.Thread(target=work)
w.start()
w.join()
