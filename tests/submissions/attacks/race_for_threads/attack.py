# %% setup
# %% forward
# %% attack
import sys
import threading
going, out = True, sys.stdout
def race(number):
    while going:
        globals()[f"dother{number}"] = torch.zeros(3)
        sys.modules[f"mine{number}"] = sys
        globals().pop(f"dother{number}", None)
        sys.modules.pop(f"mine{number}", None)
racers = [threading.Thread(target=race, args=[number], daemon=True) for number in range(3)]
for each in racers:
    each.start()
# %% backward
# %% attack
going = False
for each in racers:
    each.join()
