# %% setup
# %% forward
# %% backward, first half
# %% attack
import threading
a, b = threading.Lock(), threading.Lock()
def work(first, second):
    with first:
        ready.wait()
        with second:
            pass
ready = threading.Barrier(2)
threads = [threading.Thread(target=work, args=pair) for pair in ((a, b), (b, a))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# %% backward, second half
