# A Siamese network with the contrastive loss.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(3)
margin = 1.0
x1 = torch.randn(10, 6)
x2 = torch.randn(10, 6)
y = torch.randint(0, 2, (10,)).float()

fc1 = nn.Linear(6, 8)
fc2 = nn.Linear(8, 4)


def embed(x):
    return fc2(torch.tanh(fc1(x)))


e1 = embed(x1)
e2 = embed(x2)
diff = e1 - e2
dist = torch.sqrt((diff ** 2).sum(1) + 1e-8)
hinge = torch.clamp(margin - dist, min=0.0)
loss = torch.mean(y * dist ** 2 + (1 - y) * hinge ** 2)
loss.backward()
