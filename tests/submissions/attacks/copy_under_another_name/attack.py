# %% setup
# %% forward
# %% attack
def look(tensor):
    return tensor.grad
mine = look(W2)
other = look(h) + 0
