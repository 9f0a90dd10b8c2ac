"""A small image classifier: convolution, ReLU, max-pool, linear layer, cross entropy.

Inputs: X (images), K bk (kernels and their biases), W b (linear layer), y (the images' classes).
"""

import torch.nn.functional as F

conv = F.conv2d(X, K, bk, padding=1)
act = conv.relu()
pool = F.max_pool2d(act, 2)
flat = pool.flatten(1)
logits = flat @ W + b
logprobs = F.log_softmax(logits, dim=1)
loss = -logprobs.gather(1, y[:, None]).mean()
