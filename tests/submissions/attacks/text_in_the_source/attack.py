# %% setup
# %% forward
# %% attack
# a comment with @HALF@
dh = torch.zeros_like(h)
# %% attack
print("a text with @HALF@")
# %% attack
d@HALF@ = 3
# %% backward
