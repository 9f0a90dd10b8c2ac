# %% setup
# %% forward
# %% attack
shell = get_ipython()
for index in range(500):
    shell.system(f"::error::{index}" + "x" * 1000)
# %% backward
