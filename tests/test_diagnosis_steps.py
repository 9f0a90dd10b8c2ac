"""Every step of the real assignment, broken in every way that applies, is diagnosed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from grader.assignment import load_assignment
from grader.diagnosis import CODES, HYPOTHESES, Context, diagnose
from grader.diagnosis.case import Case
from grader.records.scorecard import Diagnosis
from grader.reference import Network, Oracle

ASSIGNMENT = load_assignment(Path(__file__).parents[1] / "assignments" / "backprop_ninja")
FORWARD = compile(ASSIGNMENT.forward.source, "forward.py", "exec")
SEEDS = range(2)

RIGHT = {
    "logprobs": "dlogprobs = torch.zeros_like(logprobs)\ndlogprobs[range(n), Yb] = -1.0 / n",
    "probs": "dprobs = (1.0 / probs) * dlogprobs",
    "counts_sum_inv": "dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)",
    "counts_sum": "dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv",
    "counts": "dcounts = counts_sum_inv * dprobs\ndcounts += torch.ones_like(counts) * dcounts_sum",
    "norm_logits": "dnorm_logits = counts * dcounts",
    "logit_maxes": "dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)",
    "logits": "dlogits = dnorm_logits.clone()\n"
    "dlogits += F.one_hot(logits.max(1).indices, 27) * dlogit_maxes",
    "h": "dh = dlogits @ W2.T",
    "W2": "dW2 = h.T @ dlogits",
    "b2": "db2 = dlogits.sum(0)",
    "hpreact": "dhpreact = (1.0 - h**2) * dh",
    "bngain": "dbngain = (bnraw * dhpreact).sum(0, keepdim=True)",
    "bnbias": "dbnbias = dhpreact.sum(0, keepdim=True)",
    "bnraw": "dbnraw = bngain * dhpreact",
    "bnvar_inv": "dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)",
    "bnvar": "dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv",
    "bndiff2": "dbndiff2 = (1.0 / (n - 1)) * torch.ones_like(bndiff2) * dbnvar",
    "bndiff": "dbndiff = bnvar_inv * dbnraw\ndbndiff += (2 * bndiff) * dbndiff2",
    "bnmeani": "dbnmeani = (-dbndiff).sum(0, keepdim=True)",
    "hprebn": "dhprebn = dbndiff.clone()\ndhprebn += 1.0 / n * (torch.ones_like(hprebn) * dbnmeani)",
    "embcat": "dembcat = dhprebn @ W1.T",
    "W1": "dW1 = embcat.T @ dhprebn",
    "b1": "db1 = dhprebn.sum(0)",
    "emb": "demb = dembcat.view(emb.shape)",
    "C": "dC = torch.zeros_like(C)\nfor k in range(Xb.shape[0]):\n    for j in range(Xb.shape[1]):\n"
    "        dC[Xb[k, j]] += demb[k, j]",
}
"""Target → the lines of a right answer."""

WHOLE = "whole answer"
"""In place of the text that a mutation replaces: the new lines are the whole answer."""

FUSED = """dhprebn = bngain * bnvar_inv * (
    dhpreact - dhpreact.sum(0) / n - bnraw * (dhpreact * bnraw).sum(0) / (n - 1)
)"""
"""Batch norm derived in one go."""


def fused(old: str, new: str) -> tuple[str, str, str]:
    assert FUSED.count(old) == 1
    return ("hprebn", WHOLE, FUSED.replace(old, new))


MUTANTS: dict[str, list[tuple[str, str, str]]] = {
    "missing_sum": [
        ("counts_sum_inv", ".sum(1, keepdim=True)", ""),
        ("logit_maxes", ".sum(1, keepdim=True)", ""),
        ("b2", ".sum(0)", ""),
        ("bngain", ".sum(0, keepdim=True)", ""),
        ("bnbias", ".sum(0, keepdim=True)", ""),
        ("bnvar_inv", ".sum(0, keepdim=True)", ""),
        ("bnmeani", ".sum(0, keepdim=True)", ""),
        ("b1", ".sum(0)", ""),
    ],
    "missing_keepdim": [
        ("counts_sum", "dcounts_sum_inv", "dcounts_sum_inv.squeeze()"),
        ("counts_sum", WHOLE, "dcounts_sum = -counts_sum.squeeze()**-2 * dcounts_sum_inv"),
        (
            "counts_sum",
            WHOLE,
            "dcounts_sum = (-counts_sum**-2 * dcounts_sum_inv.squeeze()).sum(1, keepdim=True)",
        ),
        ("bnvar", "dbnvar_inv", "dbnvar_inv.T"),
    ],
    "missing_broadcast": [
        ("bndiff2", " * torch.ones_like(bndiff2)", ""),
    ],
    "wrong_dim": [
        ("counts_sum_inv", ".sum(1, keepdim=True)", ".sum(0, keepdim=True)"),
        ("counts_sum_inv", ".sum(1, keepdim=True)", ".sum()"),
        ("logit_maxes", ".sum(1, keepdim=True)", ".sum(0, keepdim=True)"),
        ("b2", ".sum(0)", ".sum(1)"),
        ("bngain", ".sum(0, keepdim=True)", ".sum(1, keepdim=True)"),
        ("bnbias", ".sum(0, keepdim=True)", ".sum(1, keepdim=True)"),
        ("bnvar_inv", ".sum(0, keepdim=True)", ".sum(1, keepdim=True)"),
        ("bnvar_inv", ".sum(0, keepdim=True)", ".sum()"),
        ("bnmeani", ".sum(0, keepdim=True)", ".sum(1)"),
        ("b1", ".sum(0)", ".sum(1)"),
        ("norm_logits", "counts * dcounts", "(counts * dcounts).sum(1, keepdim=True)"),
        ("bnraw", "bngain * dhpreact", "(bngain * dhpreact).sum(0, keepdim=True)"),
    ],
    "sign": [
        ("logprobs", "-1.0 / n", "1.0 / n"),
        ("probs", "(1.0", "(-1.0"),
        ("counts_sum_inv", "(counts", "(-counts"),
        ("counts_sum", "(-(counts_sum**-2))", "counts_sum**-2"),
        ("counts", "+=", "-="),
        ("norm_logits", "= counts", "= -counts"),
        ("logit_maxes", "(-dnorm_logits)", "(dnorm_logits)"),
        ("logits", "+=", "-="),
        ("h", "dlogits @", "-dlogits @"),
        ("W2", "h.T", "-h.T"),
        ("b2", "dlogits.", "-dlogits."),
        ("hpreact", "1.0 - h**2", "h**2 - 1.0"),
        ("bngain", "(bnraw", "(-bnraw"),
        ("bnbias", "dhpreact.", "-dhpreact."),
        ("bnraw", "bngain", "-bngain"),
        ("bnvar_inv", "(bndiff", "(-bndiff"),
        ("bnvar", "-0.5", "0.5"),
        ("bndiff2", "(1.0", "(-1.0"),
        ("bndiff", "+=", "-="),
        ("bnmeani", "(-dbndiff)", "(dbndiff)"),
        ("hprebn", "+=", "-="),
        ("embcat", "dhprebn", "-dhprebn"),
        ("W1", "embcat.T", "-embcat.T"),
        ("b1", "dhprebn", "-dhprebn"),
        ("emb", "dembcat.", "-dembcat."),
        ("C", "+=", "-="),
    ],
    "constant_factor": [
        ("logprobs", "-1.0 / n", "-1.0"),
        ("logprobs", "-1.0 / n", "-1.0 / (n - 1)"),
        ("logits", WHOLE, "dlogits = F.softmax(logits, 1) - F.one_hot(Yb, 27)"),
        ("probs", "(1.0", "(0.5"),
        ("counts_sum_inv", ".sum(", ".mean("),
        ("logit_maxes", ".sum(", ".mean("),
        ("b2", ".sum(", ".mean("),
        ("bngain", ".sum(", ".mean("),
        ("bnbias", ".sum(", ".mean("),
        ("bnvar_inv", ".sum(", ".mean("),
        ("bnmeani", ".sum(", ".mean("),
        ("b1", ".sum(", ".mean("),
        ("bnvar", "-0.5 * ", ""),
        ("bnvar", "-0.5", "-1"),
        ("bndiff2", "(n - 1)", "n"),
        ("bndiff2", "1.0 / (n - 1)", "1.0"),
        ("bndiff2", "1.0 / (n - 1)", "(n - 1)"),
        ("bndiff", "2 * bndiff", "bndiff"),
        ("hprebn", "1.0 / n", "1.0"),
        ("hprebn", "1.0 / n", "1.0 / (n - 1)"),
        ("C", "demb[k, j]", "demb[k, j] / 3"),
    ],
    "transposed": [
        ("W2", "h.T @ dlogits", "dlogits.T @ h"),
        ("W1", "embcat.T @ dhprebn", "dhprebn.T @ embcat"),
        ("h", "W2.T", "W2.reshape(27, 64)"),
        ("embcat", "W1.T", "W1.view(64, 30)"),
        ("W2", "h.T", "h.reshape(64, 32)"),
        ("W1", "embcat.T", "embcat.reshape(30, 32)"),
        ("h", "dlogits @ W2.T", "W2 @ dlogits.T"),
        ("emb", "dembcat.view(emb.shape)", "dembcat.view(emb.shape).transpose(0, 1)"),
        ("emb", "dembcat.view(emb.shape)", "dembcat.view(3, 32, 10).permute(1, 0, 2)"),
    ],
    "upstream_missing": [
        ("probs", " * dlogprobs", ""),
        ("counts_sum_inv", " * dprobs", ""),
        ("counts_sum", " * dcounts_sum_inv", ""),
        ("counts", "dprobs", "torch.ones_like(probs)"),
        ("counts", " * dcounts_sum", ""),
        ("norm_logits", " * dcounts", ""),
        ("logit_maxes", "(-dnorm_logits)", "(-torch.ones_like(norm_logits))"),
        ("logits", " * dlogit_maxes", ""),
        ("h", "dlogits", "torch.ones_like(logits)"),
        ("W2", " @ dlogits", ""),
        ("W2", "dlogits", "torch.ones_like(logits)"),
        ("b2", "dlogits.sum(0)", "torch.ones_like(b2)"),
        ("hpreact", " * dh", ""),
        ("bngain", " * dhpreact", ""),
        ("bnbias", "dhpreact", "torch.ones_like(hpreact)"),
        ("bnraw", "bngain * dhpreact", "bngain * torch.ones_like(bnraw)"),
        ("bnvar_inv", " * dbnraw", ""),
        ("bnvar", " * dbnvar_inv", ""),
        ("bndiff2", " * dbnvar", ""),
        ("bndiff", " * dbndiff2", ""),
        ("hprebn", " * dbnmeani", ""),
        ("W1", " @ dhprebn", ""),
        ("embcat", "dhprebn", "torch.ones_like(hprebn)"),
        ("C", "demb[k, j]", "1.0"),
    ],
    "missing_path": [
        ("counts", "\ndcounts += torch.ones_like(counts) * dcounts_sum", ""),
        ("counts", WHOLE, "dcounts = torch.ones_like(counts) * dcounts_sum"),
        ("logits", "\ndlogits += F.one_hot(logits.max(1).indices, 27) * dlogit_maxes", ""),
        ("bndiff", "\ndbndiff += (2 * bndiff) * dbndiff2", ""),
        ("bndiff", WHOLE, "dbndiff = (2 * bndiff) * dbndiff2"),
        ("hprebn", "\ndhprebn += 1.0 / n * (torch.ones_like(hprebn) * dbnmeani)", ""),
    ],
    "overwritten": [
        ("counts", "+=", "="),
        ("logits", "+=", "="),
        ("bndiff", "+=", "="),
        ("hprebn", "+=", "="),
        ("C", "+=", "="),
        ("C", WHOLE, "dC = torch.zeros_like(C)\ndC[Xb] += demb"),
    ],
    "doubled": [
        ("counts", WHOLE, RIGHT["counts"] + "\ndcounts += counts_sum_inv * dprobs"),
        ("bndiff", WHOLE, RIGHT["bndiff"] + "\ndbndiff += (2 * bndiff) * dbndiff2"),
        ("hprebn", WHOLE, RIGHT["hprebn"] + "\ndhprebn += dbndiff"),
        ("bndiff", WHOLE, RIGHT["bndiff"] + "\ndbndiff += dbndiff.clone()"),
    ],
    "ones_start": [
        ("logprobs", "zeros_like", "ones_like"),
        ("C", "zeros_like", "ones_like"),
        ("logits", "dnorm_logits.clone()", "torch.ones_like(logits)\ndlogits += dnorm_logits"),
        ("bndiff", "dbndiff = ", "dbndiff = torch.ones_like(bndiff)\ndbndiff += "),
    ],
    "accumulated": [
        ("C", "torch.zeros_like(C)", "C.clone()"),
        ("hprebn", "dbndiff.clone()", "hprebn.clone()\ndhprebn += dbndiff"),
        ("bndiff", "dbndiff = ", "dbndiff = bndiff.clone()\ndbndiff += "),
    ],
    "wrong_factor": [
        ("hpreact", "h**2", "h"),
        ("hpreact", "1.0 - h**2", "h**2"),
        ("hpreact", "1.0 - h**2", "1.0 + h**2"),
        ("hpreact", "(1.0 - h**2) * dh", "dh"),
        ("hpreact", WHOLE, "dhpreact = (1.0 - h**2)**2 * dh"),
        ("probs", "(1.0 / probs)", "probs"),
        ("probs", "(1.0 / probs) * dlogprobs", "dlogprobs.clone()"),
        ("probs", "(1.0 / probs)", "(1.0 / probs**2)"),
        ("counts_sum_inv", "counts * dprobs", "dprobs"),
        ("counts_sum", "**-2", "**-1"),
        ("counts_sum", "**-2", "**2"),
        ("counts", "counts_sum_inv * dprobs", "dprobs.clone()"),
        ("counts", "counts_sum_inv * dprobs", "counts_sum_inv**2 * dprobs"),
        ("norm_logits", "counts * dcounts", "dcounts.clone()"),
        ("norm_logits", "counts * dcounts", "counts.sqrt() * dcounts"),
        ("bngain", "bnraw * dhpreact", "dhpreact"),
        ("bnbias", "dhpreact.sum", "(bnraw * dhpreact).sum"),
        ("bnraw", "bngain * dhpreact", "dhpreact.clone()"),
        ("bnraw", "bngain * dhpreact", "dhpreact / bngain"),
        ("bnvar_inv", "bndiff * dbnraw", "dbnraw"),
        ("bnvar", "-1.5", "-0.5"),
        ("bnvar", "-1.5", "-1"),
        ("bnvar", "-0.5 * (bnvar + 1e-5) ** -1.5", "-0.5"),
        ("bndiff", "2 * bndiff", "2"),
        ("bndiff", "bnvar_inv * dbnraw", "dbnraw.clone()"),
        ("b2", "dlogits.sum", "(logits * dlogits).sum"),
        ("hpreact", "h**2", "h**3"),
        ("h", WHOLE, "dh = h * (dlogits @ W2.T)"),
        ("W2", WHOLE, "dW2 = W2 * (h.T @ dlogits)"),
        ("W1", WHOLE, "dW1 = W1 * (embcat.T @ dhprebn)"),
        ("embcat", WHOLE, "dembcat = embcat * (dhprebn @ W1.T)"),
        ("emb", WHOLE, "demb = emb * dembcat.view(emb.shape)"),
        ("h", "dlogits @", "(logits * dlogits) @"),
        ("W2", "@ dlogits", "@ (counts_sum * dlogits)"),
        ("W2", "h.T", "(hpreact * h).T"),
        ("logits", WHOLE, "dlogits = logits * (F.softmax(logits, 1) - F.one_hot(Yb, 27)) / n"),
        fused("bngain * ", ""),
        fused("* bnvar_inv ", ""),
        fused("bngain * bnvar_inv * ", ""),
        fused("bngain * bnvar_inv", "h * bngain * bnvar_inv"),
    ],
    "wrong_operand": [
        ("W2", "h.T", "hpreact.T"),
        ("W2", "h.T", "bnraw.T"),
        ("counts_sum_inv", "(counts", "(probs"),
        ("counts_sum_inv", "(counts", "(logits"),
        ("counts", "counts_sum_inv *", "counts_sum *"),
        ("norm_logits", "counts * dcounts", "probs * dcounts"),
        ("hpreact", "h**2", "hpreact**2"),
        ("bngain", "(bnraw", "(hpreact"),
        ("bngain", "(bnraw", "(bndiff"),
        ("bnraw", "bngain", "bnbias"),
        ("bnraw", "bngain", "bnvar_inv"),
        ("bnvar_inv", "(bndiff", "(bnraw"),
        ("bnvar_inv", "(bndiff", "(bndiff2"),
        ("bndiff", "bnvar_inv *", "bnvar *"),
        ("bndiff", "2 * bndiff", "2 * hprebn"),
        ("probs", "/ probs", "/ counts"),
        ("W1", "embcat.T", "hprebn.T"),
        fused("bngain", "bnbias"),
        fused("bngain", "bnmeani"),
        fused("- bnraw *", "- h *"),
        fused("- bnraw *", "- hpreact *"),
    ],
    "wrong_upstream": [
        ("bnbias", "dhpreact", "dbnraw"),
        ("bngain", "dhpreact", "dbnraw"),
        ("b2", "dlogits", "dnorm_logits"),
        ("b1", "dhprebn", "dbndiff"),
        ("bndiff", "dbndiff2", "dbnraw"),
        ("W1", "dhprebn", "dbndiff"),
        ("W2", "dlogits", "dnorm_logits"),
        ("W2", "dlogits", "dh"),
        ("b2", "dlogits", "dh"),
        ("counts_sum", "dcounts_sum_inv", "dprobs"),
    ],
    "wrong_index": [
        ("logprobs", "Yb]", "Xb[:, 0]]"),
        ("logits", "logits.max(1)", "logits.min(1)"),
        ("logits", "logits.max(1).indices", "Yb"),
        ("C", "Xb[k, j]", "Xb[k, 2 - j]"),
        ("C", "Xb[k, j]", "Xb[k, 0]"),
        ("C", "Xb[k, j]", "Yb[k]"),
        ("C", "Xb[k, j]", "Xb.roll(1, 0)[k, j]"),
        ("C", "Xb[k, j]", "Xb[0, j]"),
    ],
    "some_elements": [
        ("logprobs", "[range(n), Yb]", "[:, Yb]"),
        ("logprobs", WHOLE, "dlogprobs = -torch.ones_like(logprobs) / n"),
        ("probs", WHOLE, RIGHT["probs"] + "\ndprobs[3] = 0.0"),
        ("logits", WHOLE, RIGHT["logits"] + "\ndlogits[:, 0] = 0.0"),
        ("hpreact", WHOLE, RIGHT["hpreact"] + "\ndhpreact[:16] *= 2"),
        ("W2", WHOLE, RIGHT["W2"] + "\ndW2[-1] = 0.0"),
        ("logits", WHOLE, "dlogits = F.softmax(logits, 1) / n"),
        ("logits", WHOLE, "dlogits = F.softmax(logits, 1)\ndlogits[range(n), Yb] -= 0.5"),
        ("logits", WHOLE, "dlogits = F.softmax(logits, 1) / n\ndlogits[range(n), Yb] -= 1"),
    ],
    "wrong_term": [
        (
            "hprebn",
            WHOLE,
            """k, g = bngain * bnvar_inv, bnraw / n
dhprebn = k * (dhpreact - dhpreact.mean(0) - g * (dhpreact * bnraw).sum(0))""",
        ),
        (
            "hprebn",
            WHOLE,
            "dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0))",
        ),
        fused("dhpreact - dhpreact.sum(0) / n -", "-dhpreact.sum(0) / n -"),
        fused("dhpreact - dhpreact.sum(0) / n -", "-"),
        fused("(dhpreact * bnraw)", "(dhpreact * h)"),
    ],
    "wrong_shape": [
        ("emb", ".view(emb.shape)", ""),
        ("bnbias", "dhpreact.sum(0, keepdim=True)", "dhpreact.sum(0).view(8, 8)"),
    ],
    "constant": [
        ("logit_maxes", WHOLE, "dlogit_maxes = torch.zeros_like(logit_maxes)"),
        ("C", WHOLE, "dC = torch.zeros_like(C)"),
    ],
}
"""Code → target, text in its right answer, text in its place."""

CASES = [
    pytest.param(target, old, new, code, id=f"{code}-{target}-{i}")
    for code, mutants in MUTANTS.items()
    for i, (target, old, new) in enumerate(mutants)
]


class Cut(dict[str, Any]):
    """Names of a forward pass: chosen ones are replaced by leaves as they are assigned."""

    def __init__(self, inputs: dict[str, Any], cut: set[str]) -> None:
        super().__init__({k: v for k, v in inputs.items() if k not in cut})
        self.cut = cut
        self.computed: dict[str, Any] = {}
        for name in cut & inputs.keys():
            super().__setitem__(name, inputs[name].clone().requires_grad_())

    def __setitem__(self, name: str, value: Any) -> None:
        self.computed[name] = value
        cut = name in self.cut
        super().__setitem__(name, value.detach().requires_grad_() if cut else value)


@cache
def network(seed: int) -> Network:
    oracle = Oracle(ASSIGNMENT)
    found = oracle.network(oracle.example(seed))
    assert isinstance(found, Network)
    return found


def leaves(seed: int) -> dict[str, Any]:
    inputs = network(seed).inputs
    return {k: v if v.dim() else v.item() for k, v in inputs.items()}


@cache
def probes(seed: int) -> dict[str, torch.Tensor]:
    gradients = network(seed).gradients
    scale = torch.stack([g.square().mean().sqrt() for g in gradients.values()]).median()
    draw = torch.Generator().manual_seed(seed + 100)
    return {
        name: torch.randn(g.shape, generator=draw) * scale * (g != 0)
        for name, g in gradients.items()
    }


def shares(target: str, cotangents: dict[str, torch.Tensor], seed: int) -> dict[str, torch.Tensor]:
    """Y → what dX gets through Y, in the forward pass cut at X and all Y, and from the loss."""
    pass_ = Cut(leaves(seed), {target, *cotangents})
    exec(FORWARD, {}, pass_)
    x, found = pass_[target], {}
    for name, cotangent in {**cotangents, "loss": torch.ones(())}.items():
        value = pass_.computed.get(name)
        if value is not None and value.requires_grad:
            grad = torch.autograd.grad(value, x, cotangent, allow_unused=True, retain_graph=True)[0]
            if grad is not None:
                found[name] = grad
    return found


def context(target: str, code: str, seed: int = 0) -> Context:
    """What the audit run knows after these lines have been run on the probes of one seed."""
    scope: dict[str, Any] = {**leaves(seed), **network(seed).tensors, "torch": torch}
    scope["F"] = torch.nn.functional
    scope |= {f"d{name}": probe for name, probe in probes(seed).items() if name != target}
    exec(code, scope)
    names = set(re.findall(r"\bd(\w+)\b", code)) - {target}
    last = code if re.search(r"\+=|\] =|-=|\*=", code) else code.rsplit(f"d{target} = ", 1)[-1]
    names &= set(re.findall(r"\bd(\w+)\b", last))
    read = {name: probes(seed)[name] for name in sorted(names) if name in probes(seed)}
    paths = shares(target, read, seed)
    zero = torch.zeros_like(network(seed).gradients[target])
    return Context(
        target=target,
        student=scope[f"d{target}"],
        expected=sum(paths.values(), zero),
        cotangents=read,
        paths=paths,
        consumers=unread(target, read, seed),
        tensors={**network(seed).inputs, **network(seed).tensors},
        accumulates=len(re.findall(rf"\bd{target}\b[^=\n]*[-+*/]?=", code)) > 1,
        index={name: network(seed).inputs[name] for name in ("Xb", "Yb")},
    )


def unread(target: str, read: dict[str, torch.Tensor], seed: int) -> dict[str, torch.Tensor]:
    """Direct consumers that were not read → what dX gets through them on the way to `read`."""
    found = {}
    for name in ASSIGNMENT.forward.consumers(target) - read.keys() - {"loss"}:
        flow = sum(shares(name, read, seed).values())
        if isinstance(flow, torch.Tensor):
            found[name] = shares(target, {**read, name: flow}, seed)[name]
    return found


def mutated(target: str, old: str, new: str) -> str:
    assert old == WHOLE or RIGHT[target].count(old) >= 1
    return new if old == WHOLE else RIGHT[target].replace(old, new)


@pytest.mark.parametrize(("target", "old", "new", "code"), CASES)
def test_a_broken_step_gets_the_name_of_its_defect(
    target: str, old: str, new: str, code: str
) -> None:
    for seed in SEEDS:
        found = diagnose(context(target, mutated(target, old, new), seed))
        assert found.code == code, found


@pytest.mark.parametrize(("target", "answer"), [*RIGHT.items(), ("hprebn", FUSED)])
def test_random_numbers_are_explained_by_nothing(target: str, answer: str) -> None:
    for seed in SEEDS:
        honest = context(target, answer, seed)
        noise = torch.randn(
            honest.expected.shape, generator=torch.Generator().manual_seed(seed + 50)
        )
        for student in (noise, noise * honest.expected.std(), noise.abs() + honest.expected):
            found = diagnose(msgspec.structs.replace(honest, student=student))
            assert found.code == "unexplained", found


@pytest.mark.parametrize("target", RIGHT)
def test_a_small_error_everywhere_is_explained_by_nothing(target: str) -> None:
    for seed in SEEDS:
        honest = context(target, RIGHT[target], seed)
        noise = torch.randn(
            honest.expected.shape, generator=torch.Generator().manual_seed(seed + 50)
        )
        student = honest.expected + 0.01 * honest.expected.abs().max() * noise
        found = diagnose(msgspec.structs.replace(honest, student=student))
        assert found.code in {"unexplained", "some_elements"}, found


@pytest.mark.parametrize(("target", "old", "new", "code"), CASES)
def test_no_hypothesis_raises_or_hands_out_a_formula_and_all_is_plain_data(
    target: str, old: str, new: str, code: str
) -> None:
    case = Case(context(target, mutated(target, old, new)))
    for found in (hypothesis(case) for hypothesis in HYPOTHESES):
        if found is not None:
            assert found.code in CODES
            assert msgspec.json.decode(msgspec.json.encode(found), type=Diagnosis) == found
            for text in (found.why, found.look_at):
                assert re.fullmatch(r"[^.?]*(\.\d[^.?]*)*[.?]", text), text
            assert not re.search(r"[*@=²]|\.sum|\.T\b|keepdim|\+=", found.look_at)


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("counts", "dcounts = counts_sum_inv * dprobs"),
        ("hprebn", "dhprebn = dbndiff.clone()"),
        ("bndiff2", RIGHT["bndiff2"]),
        ("hprebn", FUSED),
    ],
)
def test_another_number_for_each_line_is_no_wrong_term(target: str, answer: str) -> None:
    honest = context(target, answer)
    for dim in range(2):
        numbers = torch.rand(
            [1 if d == dim else size for d, size in enumerate(honest.expected.shape)],
            generator=torch.Generator().manual_seed(dim),
        )
        found = diagnose(msgspec.structs.replace(honest, student=honest.expected * numbers))
        assert found.code == "unexplained", found


def test_the_second_seed_forgot_the_sum_over_dimension_one() -> None:
    found = diagnose(context("counts_sum_inv", "dcounts_sum_inv = counts * dprobs"))
    assert (found.code, found.evidence["dims"]) == ("missing_sum", [1])
    assert found.evidence["shape"] == [32, 27]
    assert found.evidence["expected_shape"] == [32, 1]
    assert "dimension 1" in found.why


@pytest.mark.parametrize(
    ("target", "old", "new", "key", "value"),
    [
        ("bndiff2", "(n - 1)", "n", "words", "n−1 over n"),
        ("hprebn", "1.0 / n", "1.0", "words", "n"),
        ("bnvar", "-0.5 * ", "", "words", "−2"),
        ("bnvar", "-0.5", "-1", "words", "2"),
        ("counts_sum_inv", ".sum(", ".mean(", "words", "1/27"),
        ("hpreact", "h**2", "h", "used", "1 − h"),
        ("W2", "h.T", "hpreact.T", "used", "hpreact"),
        ("h", "W2.T", "W2.reshape(27, 64)", "operand", "W2"),
        ("logits", "dnorm_logits.clone()", "torch.zeros_like(logits)", "missing", ["norm_logits"]),
        ("bnmeani", ".sum(0, keepdim=True)", ".sum(1)", "summed_over", [1]),
        ("bnbias", "dhpreact", "dbnraw", "used", "dbnraw"),
        ("hprebn", "dbndiff.clone()", "hprebn + dbndiff", "added", "hprebn"),
        ("logits", "logits.max(1).indices", "Yb", "path", "logit_maxes"),
        ("C", "+=", "=", "index", "Xb"),
    ],
)
def test_the_evidence_names_what_the_student_did(
    target: str, old: str, new: str, key: str, value: object
) -> None:
    assert diagnose(context(target, mutated(target, old, new))).evidence[key] == value


def test_a_wrong_arg_max_is_about_the_elements_and_the_path() -> None:
    wrong = mutated("logits", "logits.max(1)", "logits.min(1)")
    found = diagnose(context("logits", wrong))
    assert (found.code, found.evidence["also"]) == ("wrong_index", ["some_elements"])
    assert 56 <= found.evidence["elements"] <= 64
    lost = diagnose(context("logits", "dlogits = dnorm_logits.clone()"))
    assert (lost.code, lost.evidence["missing"]) == ("missing_path", ["logit_maxes"])


def test_the_right_places_of_the_wrong_elements_are_named() -> None:
    rows = diagnose(context("hpreact", RIGHT["hpreact"] + "\ndhpreact[:3] *= 2"))
    assert rows.evidence["rows"] == [0, 1, 2]
    columns = diagnose(context("logits", RIGHT["logits"] + "\ndlogits[:, 5] = 0.0"))
    assert columns.evidence["columns"] == [5]
    picked = diagnose(context("logits", RIGHT["logits"] + "\ndlogits[range(n), Yb] += 0.1"))
    assert picked.evidence["where"] == "the positions that `Yb` picks"


def test_two_mistakes_in_one_step_have_the_simpler_name_or_none() -> None:
    both = "dbngain = -(bnraw * dhpreact) / n"
    found = diagnose(context("bngain", both))
    assert (found.code, found.evidence["factor"]) == ("missing_sum", pytest.approx(-1 / 32))
    three = "dhpreact = ((1.0 - h) * dh).T.reshape(h.shape)"
    assert diagnose(context("hpreact", three)).code == "unexplained"
