# A variational autoencoder with one hidden layer on each side.
import torch
from torch.nn import functional as F

torch.manual_seed(1)
n_pixels, n_hidden, n_latent, batch_size = 20, 12, 3, 7
x = (torch.rand(batch_size, n_pixels) > 0.5).float()

W1 = (torch.randn(n_pixels, n_hidden) * 0.2).requires_grad_()
b1 = torch.zeros(n_hidden).requires_grad_()
W_mu = (torch.randn(n_hidden, n_latent) * 0.3).requires_grad_()
W_logvar = (torch.randn(n_hidden, n_latent) * 0.3).requires_grad_()
W3 = (torch.randn(n_latent, n_hidden) * 0.5).requires_grad_()
W4 = (torch.randn(n_hidden, n_pixels) * 0.3).requires_grad_()

h1 = F.relu(x @ W1 + b1)
mu, logvar = h1 @ W_mu, h1 @ W_logvar
std = torch.exp(0.5 * logvar)
eps = torch.randn_like(std)
z = mu + eps * std
h3 = F.relu(z @ W3)
recon = torch.sigmoid(h3 @ W4)
BCE = F.binary_cross_entropy(recon, x, reduction='sum')
KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
loss = BCE + KLD
loss.backward()
