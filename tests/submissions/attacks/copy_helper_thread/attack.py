# %% setup
# %% attack

import threading
import time
asked, answers = [], []
def help():
    while True:
        time.sleep(0.001)
        if asked:
            loss, leaves = asked.pop()
            answers.append(torch.autograd.grad(loss, leaves))
threading.Thread(target=help, daemon=True).start()
# %% forward
# %% attack
asked.append((F.cross_entropy(h.detach() @ W2 + b2, Yb), (W2, b2)))
while not answers:
    time.sleep(0.001)
dW2, db2 = answers.pop()
