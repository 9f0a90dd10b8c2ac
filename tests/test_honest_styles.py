"""Right gradients among what students do around them: full marks, no note, no remark."""

from __future__ import annotations

import pytest
from conftest import BACKWARD, FORWARD, SETUP, Grade, exercise

from grader.records.scorecard import Scorecard

LOSSES_TO_COME = """
best = {"loss": float("inf"), "state": None}
history = {"loss": [], "probs": [], "C": 3}
class Log: pass
log = Log()
log.loss = 0.0
log.h = []"""
BEFORE = {
    "optimizer beside": """
optimizer = torch.optim.AdamW(parameters, lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=100)
kill = jvp = vjp = grad = hooks = None""",
    "threads and toys": """
import threading, time, concurrent.futures
stop = threading.Event()
def beat():
    while not stop.is_set():
        time.sleep(0.05)
threading.Thread(target=beat, daemon=True).start()
pool = concurrent.futures.ThreadPoolExecutor(2)
waiting = pool.submit(time.sleep, 1)
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * a
    @staticmethod
    def backward(ctx, dout):
        (a,) = ctx.saved_tensors
        return 2 * a * dout
x = torch.tensor(4.0, requires_grad=True)
Square.apply(x).backward()""",
    "copies": """
import copy, gc, importlib, io, pickle, random
importlib.reload(random)
start = copy.deepcopy([p.detach() for p in parameters])
again = pickle.loads(pickle.dumps(start))
memory = io.BytesIO()
torch.save(again, memory)
gc.collect()""",
}
AFTER = {
    "fields of a dataclass": """
from dataclasses import dataclass, make_dataclass
from typing import NamedTuple
@dataclass
class Grads:
    dC: torch.Tensor
    dW1: torch.Tensor
    dh: int = 0
class First(NamedTuple):
    dlogits: torch.Tensor
    db1: torch.Tensor = None
kept = Grads(dC=dC, dW1=dW1)
first = make_dataclass("Made", ["dlogits", "dh"])(dlogits, dh)""",
    "variables of comprehensions": """
print([dC.norm().item() for dC in [dC, dW1]], {k: dh for k, dh in enumerate("ab")})
print([(name, eval("d" + name).shape) for name in ("h", "W2", "b2")])
print({k: v.shape for k, v in globals().items() if k.startswith("d") and torch.is_tensor(v)})""",
    "own layers": """
class Linear:
    def linear_backward(self, dout, x, W):
        return dout @ W.T, x.T @ dout, dout.sum(0)
    def backward(self, dout):
        self.__dict__.update(zip(("dx", "dW", "db"), self.linear_backward(dout, h, W2)))
        return self.dx
layer = Linear()
assert torch.allclose(layer.backward(dlogits), dh)
for what in ("mean", "std"):
    print(getattr(dh, what)().item())""",
}


def _full(card: Scorecard) -> None:
    targets = exercise(card, "exercise-1").targets
    assert {(t.verdict in {"exact", "close"}, t.step, t.basis) for t in targets} == {
        (True, "right", "value")
    }
    assert not card.integrity
    assert not card.notes


@pytest.mark.parametrize("style", BEFORE.values(), ids=BEFORE.keys())
def test_what_stands_before_the_network(grade: Grade, style: str) -> None:
    _full(grade(SETUP, style, FORWARD, BACKWARD))


@pytest.mark.parametrize("style", AFTER.values(), ids=AFTER.keys())
def test_what_stands_after_the_gradients(grade: Grade, style: str) -> None:
    _full(grade(SETUP, FORWARD, BACKWARD, style))


def test_what_waits_for_losses_is_no_forward_pass(grade: Grade) -> None:
    _full(grade(LOSSES_TO_COME, SETUP, FORWARD, BACKWARD))
