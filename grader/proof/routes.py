"""Ways to get a gradient from the engine into the student's own variable."""

from __future__ import annotations

import msgspec


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """How a gradient gets from the engine into the student's variable."""

    each: str
    """What takes the place of a step; {d}: its variable, {x}: the tensor."""
    first: str = ""
    """What stands before the first step; NAMES, LOSS and PARAMETERS are filled in."""
    before: str = ""
    """What stands before `loss.backward()`, which frees the graph unless told otherwise."""
    parameters: bool = False
    """For parameters only."""
    right: bool = True
    """The gradients are the network's own, not those of another that is nearly the same."""


OPTIMISER = """\
optimizer = torch.optim.SGD(parameters, lr=1024.0)
earlier = [p.detach().clone() for p in parameters]
optimizer.step()
moved = {name: (a - p.detach()) / 1024.0 for name, a, p in zip(PARAMETERS, earlier, parameters)}
with torch.no_grad():
    for p, a in zip(parameters, earlier):
        p.copy_(a)
"""
MOMENTUM = """\
optimizer = torch.optim.SGD(parameters, lr=0.0, momentum=0.9)
optimizer.step()
buffers = {n: optimizer.state[p]["momentum_buffer"] for n, p in zip(PARAMETERS, parameters)}
"""
SCRIPT = '''\
unit = torch.jit.CompilationUnit("""
def pull(y: Tensor, x: Tensor) -> Tensor:
    found = torch.autograd.grad([y], [x], None, True)[0]
    assert found is not None
    return found
""")
'''
PICKLED = """\
import pickle

with open("mine.pkl", "wb") as file:
    pickle.dump({name: globals()[name].grad.numpy() for name in NAMES}, file)
with open("mine.pkl", "rb") as file:
    mine = pickle.load(file)
"""
SAVED = """\
torch.save({name: globals()[name].grad for name in NAMES}, "mine.pt")
mine = torch.load("mine.pt")
"""
HOOKS = """\
caught = {}
for name in NAMES:
    globals()[name].register_hook(lambda g, name=name: caught.__setitem__(name, g))
"""
MODULE = """\
class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name, p in zip(PARAMETERS, parameters):
            setattr(self, name, torch.nn.Parameter(p.detach().clone()))

    def forward(self, x):
        inner = self.C[x].flatten(1) @ self.W1 + self.b1
        raw = (inner - inner.mean(0)) * (inner.var(0) + 1e-5) ** -0.5
        return torch.tanh(self.bngain * raw + self.bnbias) @ self.W2 + self.b2


network = Network()
F.cross_entropy(network(Xb), Yb).backward()
"""
OTHER = """\
def other_network(FACTOR):
    at = {"emb": C[Xb].detach().requires_grad_()}
    at |= dict(zip(PARAMETERS, (p.detach().clone().requires_grad_() for p in parameters)))
    at["embcat"] = at["emb"].view(n, -1)
    at["hprebn"] = at["embcat"] @ at["W1"] + at["b1"]
    at["bnmeani"] = 1 / n * at["hprebn"].sum(0, keepdim=True)
    at["bndiff"] = at["hprebn"] - at["bnmeani"]
    at["bndiff2"] = at["bndiff"] ** 2
    at["bnvar"] = 1 / (n - 1) * at["bndiff2"].sum(0, keepdim=True)
    at["bnvar_inv"] = (at["bnvar"] + 1e-5) ** -0.5
    at["bnraw"] = at["bndiff"] * at["bnvar_inv"]
    at["hpreact"] = at["bngain"] * at["bnraw"] + at["bnbias"]
    at["h"] = torch.tanh(at["hpreact"])
    at["logits"] = at["h"] @ at["W2"] + at["b2"]
    at["logit_maxes"] = at["logits"].max(1, keepdim=True).values
    at["norm_logits"] = at["logits"] - at["logit_maxes"]
    at["counts"] = at["norm_logits"].exp()
    at["counts_sum"] = at["counts"].sum(1, keepdim=True)
    at["counts_sum_inv"] = at["counts_sum"] ** -1
    at["probs"] = at["counts"] * at["counts_sum_inv"]
    at["logprobs"] = at["probs"].log()
    for tensor in at.values():
        tensor.retain_grad()
    (-at["logprobs"][range(n), Yb].mean() * FACTOR).backward()
    emb_gradient = at["emb"].grad.flatten(0, 1)
    at["C"].grad = torch.zeros_like(C).index_add_(0, Xb.flatten(), emb_gradient)
    return at


other = other_network(VALUE)
"""


def _other(value: str) -> str:
    return OTHER.replace("FACTOR", "factor").replace("VALUE", value)


KEPT = """\
wanted = [globals()[name] for name in NAMES]
kept = dict(zip(NAMES, torch.autograd.grad(LOSS, wanted, retain_graph=True)))
"""
NEXT = """\
caught = {}


def catch(name, tensor):
    keep = lambda gradients: caught.__setitem__(name, gradients[0])
    if tensor.grad_fn is None:
        accumulator = tensor.view_as(tensor).grad_fn.next_functions[0][0]
        accumulator.register_prehook(keep)
        alive.append(accumulator)
    else:
        tensor.grad_fn.register_prehook(keep)


alive = []
for name in NAMES:
    catch(name, globals()[name])
"""
HOLDER = """\
class Holder:
    def __init__(self, t):
        self.t = t

    @property
    def slope(self):
        return self.t.grad


"""
RESULT_OF = """\
def result_of(t):
    return t.grad.clone()


"""
LISTED = "tensors = {name: globals()[name] for name in NAMES}\n"
TAKEN = "from operator import attrgetter\n\ntaken = attrgetter('grad')\n"
SGD = "optimizer = torch.optim.SGD(parameters, lr=0.1)\n"
DERIVE = "derive = torch.autograd.grad\n" + KEPT.replace("torch.autograd.grad(", "derive(")
PULLED = SCRIPT + "kept = {name: unit.pull(LOSS, globals()[name]) for name in NAMES}\n"
BLANK = "{d} = torch.zeros_like({x}).detach()\n"
TWICE = "{d} = ({x}.grad + torch.ones_like({x}) * {x}.grad).detach() / 2"
GROUP = "{d} = optimizer.param_groups[0]['params'][PARAMETERS.index('{x}')].grad"
ROUTES = {
    # Read under another name.
    "alias": Route(each="same = {x}\n{d} = same.grad"),
    "alias-list": Route(each="{d} = tensors['{x}'].grad", first=LISTED),
    "parameter-list": Route(each="{d} = parameters[PARAMETERS.index('{x}')].grad", parameters=True),
    "param-groups": Route(each=GROUP, first=SGD, parameters=True),
    "function": Route(each="{d} = result_of({x})", first=RESULT_OF),
    "property": Route(each="{d} = Holder({x}).slope", first=HOLDER),
    "attrgetter": Route(each="{d} = taken({x})", first=TAKEN),
    "getattr": Route(each="{d} = getattr({x}, 'gr' + 'ad')"),
    "descriptor": Route(each="{d} = torch.Tensor.grad.__get__({x})"),
    "exec-text": Route(each="exec('{d} = {x}.gr' + 'ad')"),
    "eval-text": Route(each="{d} = eval('{x}' + '.gr' + 'ad')"),
    # Asked of the engine.
    "autograd-all": Route(each="{d} = kept['{x}']", before=KEPT),
    "autograd-renamed": Route(each="{d} = kept['{x}']", before=DERIVE),
    "torchscript": Route(each="{d} = kept['{x}']", before=PULLED),
    "next-functions": Route(each="{d} = caught['{x}']", before=NEXT),
    "hooks": Route(each="{d} = caught['{x}']", before=HOOKS),
    "hook-clone": Route(each="{d} = caught['{x}'].clone() * 1.0", before=HOOKS),
    # Read off what an optimiser did with it.
    "optimiser-difference": Route(each="{d} = moved['{x}']", first=OPTIMISER, parameters=True),
    "momentum": Route(each="{d} = buffers['{x}']", first=MOMENTUM, parameters=True),
    # Carried over in another way.
    "pickled": Route(each="{d} = torch.from_numpy(mine['{x}'])", first=PICKLED),
    "saved": Route(each="{d} = mine['{x}']", first=SAVED),
    "data-copy": Route(each=BLANK + "{d}.data.copy_({x}.grad)"),
    "data-set": Route(each=BLANK + "{d}.data = {x}.grad.data"),
    "out": Route(each=BLANK + "torch.mul({x}.grad, 1.0, out={d})"),
    "view": Route(each=BLANK + "flat = {d}.view(-1)\nflat += {x}.grad.reshape(-1)"),
    "numpy-view": Route(each=BLANK + "{d}.numpy()[...] = {x}.grad.numpy()"),
    "list": Route(each="{d} = torch.tensor({x}.grad.tolist())"),
    "laundered": Route(each=TWICE),
    # Worked out on another network.
    "module": Route(each="{d} = network.{x}.grad", first=MODULE, parameters=True),
    "other": Route(each="{d} = other['{x}'].grad", first=_other("1.0")),
    "other-by-0.2-percent": Route(
        each="{d} = other['{x}'].grad", first=_other("1.002"), right=False
    ),
    "other-by-a-hair": Route(each="{d} = other['{x}'].grad", first=_other("1.000002")),
    "other-scaled-back": Route(each="{d} = other['{x}'].grad / 1.002", first=_other("1.002")),
}
"""To be extended with a line here."""
