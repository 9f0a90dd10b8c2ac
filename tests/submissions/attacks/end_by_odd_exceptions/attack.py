# %% setup
# %% forward
# %% attack
class Raises(Exception):
    def __str__(self):
        raise SystemExit("from __str__")
    __repr__ = __str__
raise Raises
# %% attack
class Long(Exception):
    def __str__(self):
        return "::error::" + "x" * (1 << 26)
raise Long
# %% attack
class Number(Exception):
    def __str__(self):
        return 5
raise Number
# %% attack
Fake = type("Fake\n::error file=x::\x1b[2J", (Exception,), {})
raise Fake("a\n::set-output name=x::y\r\x1b]0;title\x07")
# %% attack
error = None
for _ in range(100_000):
    new = Exception("deep")
    new.__cause__ = new.__context__ = error
    error = new
raise error
# %% backward
