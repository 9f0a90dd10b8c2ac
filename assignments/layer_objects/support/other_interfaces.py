"""For layers that keep what they hold elsewhere than in `params` and `grads`: courses differ in that,
and a derivation is no worse for it.

A parameter is an array that forward's value depends on; its gradient is the array of the same shape
that backward leaves. Weights may be the other way round, (in, out), and biases rows or columns.
"""

import inspect
import types

import numpy as np

DEPTH = 3
"""Of objects in objects that are looked into."""
CODE = (type, types.FunctionType, types.MethodType, types.ModuleType)


def usual(layer, parameters):
    """Whether a layer has the interface that the assignment asks for."""
    held, grads = getattr(layer, "params", None), getattr(layer, "grads", None)
    if not isinstance(held, dict) or not isinstance(grads, dict):
        return False
    return all(np.shape(held.get(name)) == value.shape for name, value in parameters.items())


def layer_of(make, parameters):
    """A layer with these parameters: as it is, or behind the usual interface."""
    layer = make()
    if not usual(layer, parameters):
        try:
            return Adapted(make, parameters)
        except Exception:  # it has none of them: called as the assignment does, it says why
            pass
    for name, value in parameters.items():
        layer.params[name] = value
    return layer


def built(make, sizes, **options):
    """A layer of these sizes: in their order, or by name where its author names them in another."""
    taken = inspect.signature(make).parameters
    by_name = sizes if all(name in taken for name in sizes) else {}
    return make(*(() if by_name else sizes.values()), **by_name, **options)


def backward(layer, x, dout):
    """backward(dout); or backward(x, dout), as some have it."""
    method = layer.backward
    given = inspect.signature(method).parameters.values()
    asked = [each for each in given if each.default is each.empty and each.kind < each.VAR_POSITIONAL]
    return method(x, dout) if len(asked) == 2 else method(dout)


class Adapted:
    """A layer of another interface."""

    def __init__(self, make, parameters):
        self._make, self._parameters = make, parameters
        self._layer = make()
        self._places, self._left = {}, {}
        self.grads = {}

    def forward(self, x):
        self._x = x
        self._places = self._places or places(self._make, self._parameters, x)
        if not isinstance(getattr(self._layer, "grads", None), dict):
            self._layer = self._make()  # whether gradients add up is a course's own matter, too
        for name, (path, turned) in self._places.items():
            put(self._layer, path, turned(self._parameters[name]))
        return self._layer.forward(x)

    def backward(self, dout):
        before = {path: array.copy() for path, array in held(self._layer)}
        result = backward(self._layer, self._x, dout)
        parts = result if isinstance(result, tuple) else (result,)
        after = {("", number): each for number, each in enumerate(parts[1:])}
        after |= dict(held(self._layer))
        new = [p for p, each in after.items() if not np.array_equal(before.get(p), each)]
        for name in self._parameters.keys() - self._left.keys():
            self._left |= {name: path for path in self._leaves(name, new, after)}
        found = {name: after.get(path) for name, path in self._left.items()}
        self.grads = {n: self._usual(n, each) for n, each in found.items() if each is not None}
        return parts[0]

    def _leaves(self, name, new, after):
        """Where backward has left a gradient of the parameter's shape."""
        own, turned = self._places[name]
        shape = long(turned(self._parameters[name]).shape)
        fitting = [path for path in new if long(np.shape(after[path])) == shape]
        words = (name, str(own[-1]).lower())
        named = [path for path in fitting if any(word in str(path[-1]).lower() for word in words)]
        return (named or fitting)[:1]

    def _usual(self, name, found):
        turned, shape = self._places[name][1], self._parameters[name].shape
        return found.T if turned is transposed else found.reshape(shape)


def places(make, parameters, x):
    """Parameter → where it is kept, and how its value is to be turned. Raises LookupError."""
    found = {}
    for name, value in parameters.items():
        taken = {path for path, _ in found.values()}
        fitting = [
            (path, turned)
            for path, array in held(make())
            for turned in turns(value, array)
            if path not in taken and matters(make, path, x)
        ]
        named = [each for each in fitting if name in str(each[0][-1]).lower()]
        if len(named or fitting) != 1:
            raise LookupError(f"the layer holds no {name}")
        found[name] = (named or fitting)[0]
    return found


def turns(value, array):
    """How a value has to be turned to be of an array's shape."""
    if value.shape == array.shape:
        yield same
    elif value.ndim == 2 and value.T.shape == array.shape:
        yield transposed
    elif value.ndim == 1 and array.shape in {(1, len(value)), (len(value), 1)}:
        yield row if array.shape[0] == 1 else column


def matters(make, path, x):
    """Whether forward's value depends on the array that is kept there."""
    values = []
    for number in (1.0, 2.0):
        layer, state = make(), np.random.RandomState(0)
        for each, array in held(layer):
            kept = state.standard_normal(array.shape)  # the same in both rounds
            put(layer, each, number * kept if each == path else kept)
        forward = inspect.unwrap(type(layer).forward)  # no call of backward's: it does not count
        values.append(forward(layer, x.copy()))
    return not np.allclose(*values)


def held(owner, path=()):
    """Every float array that an object keeps, in dicts, lists and objects of its own too."""
    inside = owner if isinstance(owner, dict) else getattr(owner, "__dict__", {})
    for key, each in list(inside.items()):
        if isinstance(each, np.ndarray):
            if each.dtype.kind == "f":
                yield (*path, key), each
        elif isinstance(each, dict) or (hasattr(each, "__dict__") and not isinstance(each, CODE)):
            if len(path) < DEPTH:
                yield from held(each, (*path, key))


def put(owner, path, value):
    """Another array in its place."""
    for key in path[:-1]:
        owner = owner[key] if isinstance(owner, dict) else getattr(owner, key)
    if isinstance(owner, dict):
        owner[path[-1]] = value
    else:
        setattr(owner, path[-1], value)


def long(shape):
    """A shape without its dimensions of one: a bias is a bias, as a row too."""
    return tuple(size for size in shape if size > 1)


def same(value):
    return value


def transposed(value):
    return value.T


def row(value):
    return value.reshape(1, -1)


def column(value):
    return value.reshape(-1, 1)
