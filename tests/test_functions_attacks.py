"""Submissions that want points from exercises of functions without deriving anything."""

from __future__ import annotations

import pytest
from function_assignments import EXERCISES, RIGHT, assignment, codes, graded

from grader.sandbox import open_sandbox

AFFINE = {"affine_backward": EXERCISES["affine_backward"]}
BOTH = {name: EXERCISES[name] for name in ("affine_backward", "norm_backward")}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def box(data):
    with open_sandbox(data_dirs=[data], engines=(False,)) as sandbox:
        yield sandbox


@pytest.fixture
def attack(tmp_path, data, box):
    """The card of RIGHT with another body of affine_backward."""
    (tmp_path / "data").symlink_to(data)

    def of(body: str, exercises=BOTH, top: str = ""):
        work = assignment(tmp_path / "work", exercises, more="[functions]\nseconds = 2.0")
        lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
        source = f"{RIGHT}\n{top}\ndef affine_backward(dout, cache):\n{lines}\n"
        return graded(tmp_path, work, box, source)

    return of


NOTHING = {
    "every array that lies about": """
import gc, sys
x, w, b = cache
found = [o for o in gc.get_objects() if isinstance(o, np.ndarray)]
frame = sys._getframe()
while frame:
    for value in frame.f_locals.values():
        store = getattr(getattr(value, "_run", None), "arrays", {})
        found += list(store.values())
    frame = frame.f_back
def one(like):
    fits = [o for o in found if o.shape == like.shape and o is not like]
    return fits[-1] if fits else like
return one(x), one(w), one(b)
""",
    "constants": "return tuple(np.ones_like(each) for each in cache)",
    "numbers of another call": """
global kept
try:
    kept
except NameError:
    kept = tuple(np.random.randn(*each.shape) for each in cache)
return kept
""",
    "a comparison that always holds": """
class Yes(np.ndarray):
    def __eq__(self, other): return True
    __le__ = __lt__ = __ge__ = __gt__ = __eq__
    def __sub__(self, other): return self * 0
    __rsub__ = __sub__
return tuple(np.ones(each.shape).view(Yes) for each in cache)
""",
    "objects with tricks": """
class Trick:
    def __array__(self, *_, **__): raise SystemExit
    def __float__(self): raise KeyboardInterrupt
    def __getattr__(self, name): return self
    def __class_getitem__(cls, _): return cls
return Trick(), Trick(), Trick()
""",
    "endless lists": """
nest = []
nest.append(nest)
return nest, nest, nest
""",
    "a lie about shape": """
class Lie(np.ndarray):
    @property
    def shape(self): return (10 ** 9,) * 40
return tuple(np.ones(each.shape).view(Lie) for each in cache)
""",
    "an end of the process": "import os; os._exit(0)",
    "an end by signal": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "an exit": "import sys; sys.exit(0)",
    "recursion": "return affine_backward(dout, cache)",
    "sleep": "import time; time.sleep(10 ** 6)",
}


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING.keys())
def test_it_earns_nothing_and_spoils_nothing_else(attack, body):
    card = attack(body)
    assert [each.score for each in card.exercises] == [0, 1]
    assert card.exercises[0].cause


def test_patched_numpy_deceives_nobody(attack):
    card = attack(
        """
np.asarray = np.array = np.allclose = lambda *a, **k: np.zeros(())
np.random.default_rng = None
return cache
""",
    )
    assert [each.score for each in card.exercises] == [0, 1]


def test_frames_for_another_exercise_are_not_taken(attack):
    card = attack(
        """
import os, json, struct
head = json.dumps({"type": "returned", "exercise": 1, "call": 0, "values": {}}).encode()
done = json.dumps({"type": "done"}).encode()
for text in (head, done):
    frame = struct.pack(">IQ", len(text), 0) + text
    for descriptor in range(3, 64):
        try: os.write(descriptor, frame)
        except OSError: pass
return cache
""",
    )
    assert [each.score for each in card.exercises] == [0, 1]


def test_garbage_on_every_descriptor_is_no_pass(attack):
    card = attack(
        "return cache",
        top="import os\nEPS = sum(os.write(d, b'x' * 99) * 0 for d in range(3, 64) "
        "if os.path.exists(f'/dev/fd/{d}') or d < 12) + 1e-5",
    )
    assert card.exercises[0].score == 0


def test_a_forward_that_is_made_for_its_backward_is_noted(attack):
    card = attack(
        "return tuple(np.full(each.shape, dout.sum()) for each in cache)",
        AFFINE,
        top="""
def affine_forward(x, w, b):
    return np.full((len(x), len(b)), x.sum() + w.sum() + b.sum()), (x, w, b)
""",
    )
    assert card.score <= 1.5
    assert "own_forward" in codes(card)


def test_what_a_forked_process_leaves_is_ended(attack):
    card = attack(
        """
import os
if os.fork() == 0:
    while True: pass
return cache
""",
    )
    assert [each.score for each in card.exercises] == [0, 1]


REFERENCE = """
def reference(dout, cache):
    xhat, spread = cache
    return (dout - dout.mean(0) - xhat * (dout * xhat).mean(0)) / spread
"""


def test_a_true_function_that_one_exercise_was_lent_is_no_answer_to_another(tmp_path, data, box):
    """What stands in for other functions is handed on, through the folder that runs write into."""
    (tmp_path / "data").symlink_to(data)
    source, targets = EXERCISES["norm_backward"]
    lent = {
        "layer_backward": EXERCISES["layer_backward"],
        "affine_backward": EXERCISES["affine_backward"],
        "norm_backward": (source + REFERENCE, targets),
    }
    thief = """
import marshal, types

def layer_backward(dout, cache):
    with open("lent", "wb") as file:
        file.write(marshal.dumps(affine_backward.__code__))
    return None, None, None

def affine_backward(dout, cache):
    norm_backward
    with open("lent", "rb") as file:
        code = marshal.loads(file.read())
    names = {"np": np, "norm_backward": None, "open": None, "__builtins__": __builtins__}
    return types.FunctionType(code, names)(dout, cache)
"""
    card = graded(tmp_path, assignment(tmp_path / "work", lent), box, RIGHT + thief)
    scores = {exercise.id: exercise.score for exercise in card.exercises}
    assert scores == {"layer_backward": 0, "affine_backward": 0, "norm_backward": 1}


def test_results_that_are_too_large_harm_no_other_exercise(attack):
    huge = "big = np.zeros((1900, 2000))\nreturn big, big, big"
    card = attack(huge)
    scores = {exercise.id: exercise.score for exercise in card.exercises}
    assert scores == {"affine_backward": 0, "norm_backward": 1}
    many = {**BOTH, **{f"affine_backward{n}": EXERCISES["affine_backward"] for n in range(4)}}
    del many["norm_backward"]
    many = {
        name: (source.replace("affine_backward(", f"{name}("), targets)
        for name, (source, targets) in many.items()
    }
    many["norm_backward"] = EXERCISES["norm_backward"]
    again = "\n".join(
        f"def affine_backward{n}(dout, cache):\n    big = np.zeros((1900, 1000))\n"
        "    return big, big, big"
        for n in range(4)
    )
    card = attack(huge.replace("2000", "1000"), many, top=again)
    scores = {exercise.id: exercise.score for exercise in card.exercises}
    assert scores["norm_backward"] == 1
