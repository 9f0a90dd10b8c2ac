"""Two layers, a ReLU and the mean squared error: the first network to differentiate.

Inputs: X Y (examples and what the network should say of them), W1 b1 W2 b2 (parameters).
"""

pre = X @ W1 + b1
hid = pre.relu()
pred = hid @ W2 + b2
err = pred - Y
sq = err**2
loss = sq.mean()
