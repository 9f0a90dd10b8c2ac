# %% attack
import os
import subprocess
import sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "torch"])
subprocess.run("pip install matplotlib --quiet", shell=True, check=True)
assert os.system("pip install -q numpy") == 0
done = subprocess.run(["git", "clone", "https://github.com/karpathy/makemore"], capture_output=True)
print("cloned", done.returncode)
subprocess.Popen(["wget", "-q", "https://example.com/names.txt"]).wait()
first = open("names.txt").readline().strip()
assert subprocess.check_output(["cat", "names.txt"], text=True).startswith(first)
print("first", subprocess.getoutput("head -1 names.txt") == first)
get_ipython().system("pip install torch")
get_ipython().system("ls")
try:
    subprocess.run(["nvidia-smi"], check=True)
except (FileNotFoundError, subprocess.CalledProcessError):
    print("no GPU")
# %% setup
# %% forward
# %% backward
