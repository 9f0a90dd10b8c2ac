# %% setup
# %% forward
# %% attack
import os
for path in ("@CANARY@/reports/bob/scorecard.json", "@CANARY@/reports/me/scorecard.json", "@CANARY@/submissions/bob.ipynb"):
    for what, action in {
        "write": lambda: open(path, "w").write("full marks"),
        "replace": lambda: os.replace("names.txt", path),
        "remove": lambda: os.remove(path),
        "folder": lambda: os.makedirs(os.path.dirname(path)),
        "mode": lambda: os.chmod(path, 0o777),
    }.items():
        try:
            print("GOT", what, action())
        except OSError as error:
            print(type(error).__name__)
# %% backward
