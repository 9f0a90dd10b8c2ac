# %% setup
# %% attack
import configparser
import importlib.metadata as metadata
import logging.config
import mimetypes
import os
import pkgutil
import zoneinfo
print(metadata.version("torch")[:2], len(metadata.entry_points()) >= 0)
print(metadata.distribution("torch").read_text("not_there.txt"))
print(configparser.ConfigParser().read(["setup.cfg", "names.cfg"]))
mimetypes.guess_type("names.txt")
try:
    pkgutil.get_data("torch", "names_of_torch.txt")
except OSError:
    print("no file of a library's")
try:
    zoneinfo.ZoneInfo("Europe/Nowhere")
except Exception as error:
    print(type(error).__name__)
# %% forward
# %% backward
# %% attack
kept = None
if os.path.exists("checkpoint.pt"):
    kept = torch.load("checkpoint.pt")
for name in ("losses.npy", "best.json", "log.csv"):
    try:
        with open(name) as file:
            kept = float(file.readline())
    except FileNotFoundError:
        pass
print("none was kept" if kept is None else kept)
