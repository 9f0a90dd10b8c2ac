# %% setup
# %% forward
# %% attack
import subprocess
import sys
torch.save((h.detach(), W2.detach(), b2.detach(), Yb), "ask")
code = """
import torch
a, w, b, y = torch.load("ask")
w, b = w.requires_grad_(), b.requires_grad_()
torch.save(torch.autograd.grad(torch.nn.functional.cross_entropy(a @ w + b, y), (w, b)), "answer")
"""
subprocess.run([sys.executable, "-c", code])
dW2, db2 = torch.load("answer")
