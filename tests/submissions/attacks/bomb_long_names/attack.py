# %% setup
# %% forward
# %% attack
import os
made = kept = 0
name = os.path.abspath("x" * 200)
try:
    open("holder", "w").close()
    while made < 2_000:
        os.setxattr("holder", f"user.{made}", bytes(60_000))
        kept += 60_000
        made += 1
except OSError as error:
    print("attributes:", error.strerror)
try:
    while made < 12_000:
        os.symlink("y" * 4_000, f"{name}{made}")
        made += 1
except OSError as error:
    print("links:", error.strerror)
print("fewer than 10,000:", made < 10_000)
print("MB of attributes", kept >> 20)
# %% backward
