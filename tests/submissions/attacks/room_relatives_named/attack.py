# %% setup
# %% forward
# %% attack
# two are copied behind the analysis' back, the neighbours above are read off them
exec("demb = emb.grad")
exec("dhpreact = hpreact.grad")
dembcat = demb.view(embcat.shape)
dh = dhpreact / (1.0 - h**2)
