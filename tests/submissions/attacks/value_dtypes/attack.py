# %% setup
# %% forward
# %% attack

dlogprobs = torch.zeros_like(logprobs, dtype=torch.float64)
dlogprobs[range(n), Yb] = -1.0/n
dlogprobs = dlogprobs.requires_grad_()
dprobs = ((1.0 / probs) * dlogprobs).to(torch.bfloat16)
dcounts_sum_inv = (counts * dprobs.float()).sum(1, keepdim=True).to(torch.int64)
dlogits = ((torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n).t().contiguous().t()
dh = (dlogits @ W2.T)[:, ::2].repeat_interleave(2, 1)
dW2 = (h.T @ dlogits).detach().numpy()
db2 = dlogits.sum(0).detach().numpy()[::-1][::-1]
