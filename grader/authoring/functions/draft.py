"""What is found out about the functions of a module by calling them: plain data."""

from __future__ import annotations

import msgspec


class CallArgument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument of a forward function."""

    name: str
    kind: str
    """"array" of floats, "index" of integers, "value" for anything plain, "unknown"."""
    shape: list[int] = []
    sizes: list[str] = []
    """How the docstring writes it, `["D", "3 * H"]`."""
    literal: str = ""
    """How a plain value is written."""
    high: int = 0
    """Above the greatest integer of an index."""


class FunctionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One pair, as far as it is understood."""

    stem: str
    title: str
    forward: str
    backward: str
    arguments: list[CallArgument]
    shapes_from: str
    """What told the shapes: "its call", "its docstring", both, "trial"; empty where nothing did."""
    free: bool = False
    """Other sizes than these do as well."""
    letters: list[str] = []
    """Sizes that are drawn where its docstring names them."""
    one: bool = False
    """A batch of one does, too."""
    cached: bool = True
    """The forward function returns its value and a cache, which the backward one takes."""
    gradients: list[str] = []
    """Arguments whose gradients come back, in their order; an empty name is not known."""
    single: bool = False
    """They come back as one array, no tuple."""
    kinked: bool = False
    """Its derivative jumps somewhere: arguments keep away from zero and from one another."""
    oracle: str = ""
    """Its definition in PyTorch, found to give the same values; empty where it was not."""
    notes: list[str] = []


class ModuleDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A module."""

    engine: str
    """"torch" or "numpy"."""
    functions: list[FunctionDraft]
    notes: list[str] = []
