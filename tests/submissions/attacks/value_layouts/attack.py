# %% setup
# %% forward
# %% attack
d = torch.ones_like(logits)
dlogits = d.to_sparse()
dprobs = d.to_sparse_csr()
dcounts = torch.quantize_per_tensor(d, 0.1, 0, torch.qint8)
dh = torch.ones(h.shape, dtype=torch.complex64)
dlogprobs = torch.ones(logprobs.shape, device="meta")
dnorm_logits = torch.nested.nested_tensor([torch.ones(3), torch.ones(5)])
dembcat = embcat.to_mkldnn()
