# %% setup
# %% forward
# %% attack
text = "".join(map(chr, range(32))) + "\x7f\x85\x9b31m\u2028\u2029\u202e\u2066\ufeff\ufffe\uffff\U0010ffff"
text += "\x1b]0;title\x07\x1b[2J\x1b[31m\r\n::error::x\n::add-mask::26\n</script><script>alert(1)</script>"
print(text, text.encode(), text[::-1])
assert not text, text
# %% attack
raise ValueError(text)
# %% attack
{}[text * 1000]
# %% attack
class Shown:
    def __repr__(self):
        return text
    def _repr_html_(self):
        return text
Shown()
# %% backward
