# %% setup
# %% forward
# %% attack
half = chr(0xDC80)
raise type("Error" + half, (ValueError,), {})("of a class")
# %% attack
error = ValueError("noted")
error.add_note(half)
error.__cause__ = KeyError(half)
raise error
# %% attack
exec(compile("raise ExceptionGroup('a' + half, [ValueError(half), KeyError(half)])", half + ".py", "exec"))
# %% attack
import sys
import warnings
warnings.simplefilter("always")
warnings.warn(half)
print(half, file=sys.stderr)
class Shown:
    def __repr__(self):
        return half
    def _repr_mimebundle_(self, *_, **__):
        return {"text/plain": half, half: half}
try:
    from IPython.display import display
    display(Shown())
except ImportError:
    pass
Shown()
# %% attack
raise SystemExit(half)
# %% backward
