# %% setup
# %% forward
# %% attack
half = chr(0xD800)
print(half, "printed", half)
"".join([half, "shown"])
# %% attack
assert False, half + "soft"
get_ipython().system("cat " + half)
get_ipython().run_line_magic(half, "")
open(half + ".txt", "w")
# %% attack
raise ValueError(half)
# %% attack
globals()["d" + half] = torch.zeros(3)
# %% backward
