# %% setup
# %% forward
# %% attack
import cProfile
import code
import io
import multiprocessing.dummy
import timeit
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
# which way of writing the product is faster?
took = {}
for text in ("dlogits @ W2.T", "h.grad.clone()"):
    took[text] = timeit.timeit(f"global dh; dh = {text}", globals=globals(), number=1)
for text in ("h.T @ dlogits", "W2.grad.clone()"):
    took[text] = timeit.timeit(f"kept.append({text})", setup="kept = found", globals={**globals(), "found": took.setdefault("W2", [])}, number=1)
dW2 = took["W2"][-1]
profile = cProfile.Profile()
profile.runctx("db2 = b2.grad + 0 * dlogits.sum(0)", globals(), globals())
interpreter = code.InteractiveInterpreter(globals())
interpreter.runsource("dhprebn = hprebn.grad.clone()")
with multiprocessing.dummy.Pool(2) as pool:
    dembcat, dW1, db1, dbnbias = pool.map(lambda t: getattr(t, "grad").clone(), [embcat, W1, b1, bnbias])
