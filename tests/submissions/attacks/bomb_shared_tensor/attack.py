# %% setup
# %% forward
# %% attack
x = []
for _ in range(40):
    x.append(torch.ones(1 << 20).share_memory_())
# %% backward
